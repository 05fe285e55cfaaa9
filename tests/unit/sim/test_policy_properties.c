/* test_policy_properties.c - what must hold between policies, on thousands of random strings,
 * through the whole machine.
 *
 *   segmented-fifo with primary = c is fifo, with primary = 1 it is lru
 *   windows-ws with one process is clock
 *   ws and vmin with the same window fault at the same references
 *   nobody faults less often than opt
 *   with lru, opt, mru and lfu-perfect, what is in c frames is also in c + 1 (inclusion)
 *   lru does not care which numbers the pages have
 */
#include "reference.h"

#define STRINGS   1000
#define PAGES     16
#define LENGTH    60
#define FRAMES_TO 6

/* Half of the strings wander between neighbours, the others jump. */
static GArray *random_string(Rng *rng) {
    GArray *string = g_array_new(FALSE, FALSE, sizeof(Reference));
    uint64_t pages = 2 + rng_below(rng, PAGES - 1), length = 1 + rng_below(rng, LENGTH);
    uint64_t reach = rng_below(rng, 2) == 0 ? pages : 3, page = 0;
    for (uint64_t t = 0; t < length; t++) {
        page = (page + rng_below(rng, reach)) % pages;
        string_add(string, page, percent(rng, 30));
    }
    return string;
}

/* What a run did: all that two runs can be compared by. */
typedef struct Run {
    bool faulted[LENGTH];
    uint32_t memory[LENGTH]; /* bit p: page p is in memory after reference t */
    uint64_t faults, writebacks;
} Run;

static Run run_string(const char *policy, const char *settings, uint64_t frames,
                      const GArray *string) {
    g_autofree char *count = g_strdup_printf("%" G_GUINT64_FORMAT, frames);
    Fixture fixture = reference_machine(policy, settings, count, string);
    History history = history_of_run(&fixture, string->len);
    Run run = {.faults = faults_of(fixture.machine),
               .writebacks = machine_counters(fixture.machine).writebacks};
    uint32_t memory = 0;
    for (guint t = 0; t < string->len; t++) {
        const GArray *left = history_left(&history, t);
        for (guint i = 0; i < left->len; i++) {
            memory &= ~(UINT32_C(1) << g_array_index(left, uint64_t, i));
        }
        memory |= UINT32_C(1) << g_array_index(string, Reference, t).page;
        run.memory[t] = memory;
        run.faulted[t] = history_faulted(&history, t);
    }
    history_clear(&history);
    fixture_clear(&fixture);
    return run;
}

static void assert_same(const Run *a, const Run *b) {
    g_assert_cmpmem(a->faulted, sizeof a->faulted, b->faulted, sizeof b->faulted);
    g_assert_cmpmem(a->memory, sizeof a->memory, b->memory, sizeof b->memory);
    g_assert_cmpuint(a->faults, ==, b->faults);
    g_assert_cmpuint(a->writebacks, ==, b->writebacks);
}

/* Call `check` with random strings and some number of frames. */
static void for_strings(void (*check)(const GArray *string, uint64_t frames, Rng *rng)) {
    for (uint64_t seed = 1; seed <= STRINGS; seed++) {
        Rng rng = {seed};
        g_autoptr(GArray) string = random_string(&rng);
        g_test_message("seed %" G_GUINT64_FORMAT, seed);
        check(string, 1 + rng_below(&rng, FRAMES_TO), &rng);
    }
}

/* ---- two policies that are one ----------------------------------------------------------- */

static void check_segmented(const GArray *string, uint64_t frames, Rng *rng) {
    (void)rng;
    g_autofree char *all = g_strdup_printf("primary=%" G_GUINT64_FORMAT, frames);
    Run mapped = run_string("segmented-fifo", all, frames, string);
    Run fifo = run_string("fifo", "-", frames, string);
    assert_same(&mapped, &fifo);
    Run standby = run_string("segmented-fifo", "primary=1", frames, string);
    Run lru = run_string("lru", "-", frames, string);
    assert_same(&standby, &lru);
}

static void test_segmented(void) { for_strings(check_segmented); }

static void check_alone(const GArray *string, uint64_t frames, Rng *rng) {
    (void)rng;
    Run windows = run_string("windows-ws", "-", frames, string);
    Run clock = run_string("clock", "-", frames, string);
    assert_same(&windows, &clock);
}

static void test_alone(void) { for_strings(check_alone); }

static void check_windows(const GArray *string, uint64_t frames, Rng *rng) {
    (void)frames;
    g_autofree char *window = g_strdup_printf("window=%" G_GUINT64_FORMAT, 1 + rng_below(rng, 20));
    Run ws = run_string("ws", window, PAGES, string);
    Run vmin = run_string("vmin", window, PAGES, string);
    g_assert_cmpmem(ws.faulted, sizeof ws.faulted, vmin.faulted, sizeof vmin.faulted);
    g_assert_cmpuint(ws.faults, ==, vmin.faults);
    for (guint t = 0; t < string->len; t++) {
        /* ... and vmin never holds what ws does not. */
        g_assert_cmphex(vmin.memory[t] & ~ws.memory[t], ==, 0);
    }
}

static void test_windows(void) { for_strings(check_windows); }

/* ---- the bound --------------------------------------------------------------------------- */

static void check_opt(const GArray *string, uint64_t frames, Rng *rng) {
    (void)rng;
    uint64_t least = run_string("opt", "-", frames, string).faults;
    const ComponentInfo *const *infos = registry_vocabulary()->policies;
    for (; *infos != NULL; infos++) {
        g_assert_cmpuint(run_string((*infos)->name, "-", frames, string).faults, >=, least);
    }
}

static void test_opt(void) { for_strings(check_opt); }

/* ---- inclusion --------------------------------------------------------------------------- */

static void check_inclusion(const GArray *string, uint64_t frames, Rng *rng) {
    static const char *const stacks[] = {"lru", "opt", "mru", "lfu-perfect"};
    (void)rng;
    for (unsigned i = 0; i < G_N_ELEMENTS(stacks); i++) {
        Run less = run_string(stacks[i], "-", frames, string);
        Run more = run_string(stacks[i], "-", frames + 1, string);
        g_assert_cmpuint(more.faults, <=, less.faults);
        for (guint t = 0; t < string->len; t++) {
            g_assert_cmphex(less.memory[t] & ~more.memory[t], ==, 0);
        }
    }
}

static void test_inclusion(void) { for_strings(check_inclusion); }

/* ---- numbers are only names -------------------------------------------------------------- */

static void check_renumbered(const GArray *string, uint64_t frames, Rng *rng) {
    uint64_t names[PAGES + 1];
    shuffle(rng, names, PAGES + 1);
    g_autoptr(GArray) renamed = g_array_new(FALSE, FALSE, sizeof(Reference));
    for (guint t = 0; t < string->len; t++) {
        const Reference *r = &g_array_index(string, Reference, t);
        string_add(renamed, names[r->page], r->write);
    }
    Run old = run_string("lru", "-", frames, string);
    Run new = run_string("lru", "-", frames, renamed);
    g_assert_cmpmem(old.faulted, sizeof old.faulted, new.faulted, sizeof new.faulted);
    g_assert_cmpuint(old.writebacks, ==, new.writebacks);
}

static void test_renumbered(void) { for_strings(check_renumbered); }

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/properties/segmented-fifo", test_segmented);
    g_test_add_func("/properties/windows-ws-alone", test_alone);
    g_test_add_func("/properties/windows", test_windows);
    g_test_add_func("/properties/opt-is-least", test_opt);
    g_test_add_func("/properties/inclusion", test_inclusion);
    g_test_add_func("/properties/renumbered", test_renumbered);
    return g_test_run();
}
