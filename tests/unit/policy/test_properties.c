/* test_properties.c - what must hold between policies that are related, at every size.
 *
 *   segmented-fifo with primary = c is fifo, with primary = 1 it is lru
 *   ws and vmin with the same window fault at the same references, and vmin never holds more
 *   with lru, opt, mru and lfu-perfect, what is in c frames is also in c + 1 (inclusion)
 *
 * test_policy_properties.c has the same on fewer strings, through the whole machine.
 */
#include "string_runs.h"

/* ---- two policies that are one ----------------------------------------------------------- */

static void check_segmented(const String *string, Rng *rng) {
    (void)rng;
    for (uint32_t frames = 1; frames <= FRAMES_TO; frames++) {
        g_autofree char *all = g_strdup_printf("segmented-fifo:primary=%u", frames);
        Run mapped = run_string(all, frames, string), fifo = run_string("fifo", frames, string);
        assert_same(&mapped, &fifo);
        Run standby = run_string("segmented-fifo:primary=1", frames, string);
        Run lru = run_string("lru", frames, string);
        assert_same(&standby, &lru);
    }
}

static void test_segmented(void) { for_strings(check_segmented); }

/* Beyond the length of the string no window is different; up to there, every fourth or so. */
static void check_windows(const String *string, Rng *rng) {
    for (uint64_t window = 1; window <= LENGTH + 1; window += 1 + rng_below(rng, 7)) {
        g_autofree char *ws = g_strdup_printf("ws:window=%" G_GUINT64_FORMAT, window);
        g_autofree char *vmin = g_strdup_printf("vmin:window=%" G_GUINT64_FORMAT, window);
        Run past = run_string(ws, NAMES, string), ahead = run_string(vmin, NAMES, string);
        assert_same_faults(&past, &ahead);
        for (guint t = 0; t < string->references->len; t++) {
            g_assert_cmphex(ahead.memory[t] & ~past.memory[t], ==, 0);
        }
    }
}

static void test_windows(void) { for_strings(check_windows); }

/* ---- inclusion --------------------------------------------------------------------------- */

/* At all sizes up to the one that holds every page. */
static void check_inclusion(const String *string, Rng *rng) {
    static const char *const stacks[] = {"lru", "opt", "mru", "lfu-perfect"};
    (void)rng;
    for (unsigned i = 0; i < G_N_ELEMENTS(stacks); i++) {
        Run less = run_string(stacks[i], 1, string);
        for (uint32_t frames = 2; frames <= string->pages; frames++) {
            Run more = run_string(stacks[i], frames, string);
            g_assert_cmpuint(more.faults, <=, less.faults);
            for (guint t = 0; t < string->references->len; t++) {
                g_assert_cmphex(less.memory[t] & ~more.memory[t], ==, 0);
            }
            less = more;
        }
        g_assert_cmpuint(less.faults, ==, string->pages);
    }
}

static void test_inclusion(void) { for_strings(check_inclusion); }

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/properties/segmented-fifo", test_segmented);
    g_test_add_func("/properties/windows", test_windows);
    g_test_add_func("/properties/inclusion", test_inclusion);
    return g_test_run();
}
