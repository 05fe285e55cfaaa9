/* nearest.c - "did you mean": the known word nearest to a mistyped one.
 *
 * Idea: edit distance with transpositions (optimal string alignment), upper and lower case
 * taken as equal.  A word is near if at most a third of its letters, and at least one, may be
 * wrong; of equally near words the first known one wins.
 */
#include <string.h>

#include "workload.h"

#define WORD_MAX 48

static unsigned min3(unsigned a, unsigned b, unsigned c) { return MIN(a, MIN(b, c)); }

static bool same_letter(char a, char b) { return g_ascii_tolower(a) == g_ascii_tolower(b); }

/* How many insertions, deletions, changes and swaps of neighbours turn `a` into `b`. */
static unsigned edit_distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    unsigned d[WORD_MAX + 1][WORD_MAX + 1];
    for (unsigned i = 0; i <= a_length; i++) {
        d[i][0] = i;
    }
    for (unsigned j = 0; j <= b_length; j++) {
        d[0][j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        for (size_t j = 1; j <= b_length; j++) {
            unsigned change = same_letter(a[i - 1], b[j - 1]) ? 0 : 1;
            d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                same_letter(a[i - 2], b[j - 1])) {
                d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
    }
    return d[a_length][b_length];
}

const char *nearest_word(const char *word, const char *const *known) {
    size_t length = strlen(word);
    if (length == 0 || length > WORD_MAX) {
        return NULL;
    }
    unsigned limit = MAX(1, (unsigned)length / 3);
    const char *nearest = NULL;
    for (; *known != NULL; known++) {
        size_t known_length = strlen(*known);
        if (known_length == 0 || known_length > WORD_MAX) {
            continue;
        }
        unsigned distance = edit_distance(word, length, *known, known_length);
        if (distance <= limit && distance < MAX(length, known_length)) {
            nearest = *known;
            limit = distance == 0 ? 0 : distance - 1;
            if (distance == 0) {
                break;
            }
        }
    }
    return nearest;
}
