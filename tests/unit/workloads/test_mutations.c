/* test_mutations.c - damaged workloads: never a crash, always a workload or an error with a place.
 *
 * Each of the labs, and one file with every op, is damaged at random (bits flipped, pieces cut out,
 * doubled, or overwritten by a piece of JSON) and read.  Seeded: the same damage each time.
 */
#include <stdio.h>
#include <string.h>

#include "vocabulary.h"

#define ROUNDS 1500

static const char everything[] =
    "{\"machine\": {\"mmu\": {\"page_size\": 4096, \"levels\": [9, 9]}, \"frames\": 9, \"tlb\": "
    "[{\"entries\": 8, \"ways\": 2, \"replacement\": \"plru\"}], \"replacement\": {\"policy\": "
    "\"wsclock\", \"window\": \"1ms\"}, \"swap\": {\"size\": \"1MiB\", \"device\": \"ssd\"}, "
    "\"zero_pool\": {\"start\": 0.1, \"stop\": 0.5}, \"costs\": {\"preset\": \"hdd\", "
    "\"zero_page\": 7}, \"working_set\": {\"window\": \"1ms\"}}, \"processes\": [{\"name\": \"a\", "
    "\"copies\": 2, \"allocator\": {\"model\": \"explicit\", \"fit\": \"best\"}, \"limits\": "
    "{\"data\": \"1MiB\"}, \"program\": [{\"op\": \"repeat\", \"times\": 3, \"as\": \"i\", \"do\": "
    "[{\"op\": \"malloc\", \"id\": \"a[$i][2]\", \"size\": 16}, {\"op\": \"fill\", \"id\": "
    "\"a[$i][1]\", \"seed\": 3}]}, {\"op\": \"copy\", \"from_address\": \"0x1000\", \"id\": "
    "\"a[0][2]\", \"length\": 4}, {\"op\": \"access\", \"pattern\": \"phases\", \"length\": 9, "
    "\"phases\": [{\"pattern\": \"matrix\", \"rows\": 3, \"columns\": 4}, {\"pattern\": \"pages\", "
    "\"pages\": \"1 2w 3\"}, {\"pattern\": \"stride\", \"stride\": -8}]}, {\"op\": \"churn\", "
    "\"operations\": 9, \"sizes\": {\"min\": 3, \"max\": 9}}, {\"op\": \"mmap\", \"id\": \"r\", "
    "\"length\": \"1MiB\", \"prot\": \"rx\", \"flags\": [\"populate\"]}, {\"op\": \"mremap\", "
    "\"id\": \"r\", \"new_length\": 5}, {\"op\": \"sbrk\", \"increment\": -9}, {\"op\": \"exit\"}"
    "]}], \"expect\": {\"a.b\": 4, \"c\": {\"min\": 3}, \"d\": \"e\"}}";

static void damage(GString *text, GRand *rand) {
    static const char *const pieces[] = {"{",
                                         "}",
                                         "[",
                                         "]",
                                         ",",
                                         ":",
                                         "\"",
                                         "null",
                                         "-1",
                                         "1.5",
                                         "1e400",
                                         "\"\"",
                                         "[]",
                                         "{}",
                                         "true",
                                         "\\u0000",
                                         "/*",
                                         "//",
                                         "\xFF",
                                         "\"$i\"",
                                         "[$i]",
                                         "99999999999999999999",
                                         "\"18446744073709551615\"",
                                         "\"0xffffffffffffffff\""};
    gsize at = (gsize)g_rand_int_range(rand, 0, (int)text->len);
    gsize wanted = (gsize)g_rand_int_range(rand, 1, 40);
    gsize length = MIN(text->len - at, wanted);
    g_autofree char *piece = NULL;
    switch (g_rand_int_range(rand, 0, 5)) {
    case 0:
        text->str[at] = (char)(text->str[at] ^ (1 << g_rand_int_range(rand, 0, 8)));
        break;
    case 1:
        g_string_erase(text, (gssize)at, (gssize)length);
        break;
    case 2:
        piece = g_strndup(text->str + at, length);
        g_string_insert(text, g_rand_int_range(rand, 0, (int)text->len), piece);
        break;
    case 3:
        g_string_insert(text, (gssize)at, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
        break;
    default: /* a whole value: from a ':' to the next ',' */
        while (at < text->len && text->str[at] != ':') {
            at++;
        }
        if (at < text->len) {
            length = strcspn(text->str + at + 1, ",}]");
            g_string_erase(text, (gssize)at + 1, (gssize)length);
            g_string_insert(text, (gssize)at + 1,
                            pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
        }
    }
}

/* "t.json:LINE:COLUMN: something". */
static void assert_has_place(const char *message) {
    unsigned line = 0, column = 0;
    int end = 0;
    g_assert_cmpint(sscanf(message, "t.json:%u:%u: %n", &line, &column, &end), ==, 2);
    g_assert_cmpint(end, >, 0);
    g_assert_cmpuint(line, >=, 1);
    g_assert_cmpuint(column, >=, 1);
    g_assert_cmpuint(strlen(message), >, (size_t)end);
    g_assert_true(g_utf8_validate(message, -1, NULL));
}

static void mutate(const char *original, guint32 seed) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    unsigned good = 0;
    for (int round = 0; round < ROUNDS; round++) {
        g_autoptr(GString) text = g_string_new(original);
        for (int times = g_rand_int_range(rand, 1, 4); times > 0 && text->len > 0; times--) {
            damage(text, rand);
        }
        g_autoptr(GError) error = NULL;
        g_autoptr(Workload) w =
            workload_parse("t.json", text->str, text->len, NULL, test_vocabulary(), &error);
        g_assert_true((w == NULL) == (error != NULL));
        if (error != NULL) {
            assert_has_place(error->message);
        } else {
            good++;
            g_assert_true(g_utf8_validate(w->resolved, -1, NULL));
        }
    }
    g_test_message("%u of %d damaged files were still workloads", good, ROUNDS);
    g_assert_cmpuint(good, <, ROUNDS);
}

static void test_lab(gconstpointer data) {
    g_autofree char *path =
        g_strdup_printf(SOURCE_DIR "/workloads/labs/%s.json", (const char *)data);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    mutate(text, g_str_hash(data));
}

static void test_everything(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Workload) w =
        workload_parse("t.json", everything, strlen(everything), NULL, test_vocabulary(), &error);
    g_assert_no_error(error);
    for (guint32 seed = 0; seed < 4; seed++) {
        mutate(everything, seed);
    }
}

/* Every beginning of a file is an error with a place. */
static void test_cuts(void) {
    for (size_t length = 0; length < strlen(everything); length++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Workload) w =
            workload_parse("t.json", everything, length, NULL, test_vocabulary(), &error);
        g_assert_null(w);
        assert_has_place(error->message);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    static const char *const labs[] = {"first-touch",          "belady-fifo", "silberschatz",
                                       "two-list-walkthrough", "zero-pool",   "swapping"};
    for (size_t i = 0; i < G_N_ELEMENTS(labs); i++) {
        g_autofree char *path = g_strdup_printf("/mutations/%s", labs[i]);
        g_test_add_data_func(path, labs[i], test_lab);
    }
    g_test_add_func("/mutations/everything", test_everything);
    g_test_add_func("/mutations/cuts", test_cuts);
    return g_test_run();
}
