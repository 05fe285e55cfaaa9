/* test_policy_properties.c - what must hold between policies, on random strings, through the
 * whole machine; the tests of the policies (string_runs.h) have more strings and no machine.
 *
 *   segmented-fifo with primary = c is fifo, with primary = 1 it is lru
 *   windows-ws with one process is clock
 *   ws and vmin with the same window fault at the same references
 *   nobody faults less often than opt
 *   with lru, opt, mru and lfu-perfect, what is in c frames is also in c + 1 (inclusion)
 *   lru does not care which numbers the pages have
 *   a process that sleeps changes nothing for another one
 */
#include "reference.h"

#define STRINGS   400
#define PAGES     16
#define LENGTH    60
#define FRAMES_TO 6

/* What a run did: all that two runs can be compared by. */
typedef struct Run {
    bool faulted[LENGTH];
    uint32_t memory[LENGTH]; /* bit p: page p is in memory after reference t */
    uint64_t faults, writebacks;
} Run;

/* What the machine's first process does, which makes the references of the string. */
static Run run_machine(Fixture fixture, const GArray *string) {
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

static Run run_string(const char *policy, const char *settings, uint64_t frames,
                      const GArray *string) {
    g_autofree char *count = g_strdup_printf("%" G_GUINT64_FORMAT, frames);
    return run_machine(reference_machine(policy, settings, count, string), string);
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
        g_autoptr(GArray) string = string_random(&rng, PAGES, LENGTH);
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

/* ---- an idle process ----------------------------------------------------------------------- */

#define SLEEPERS                                                                                   \
    ",{\"name\":\"asleep\",\"program\":[{\"op\":\"sleep\",\"time\":\"1s\"}]},"                     \
    "{\"name\":\"dozes\",\"copies\":2,\"program\":[{\"op\":\"sleep\",\"time\":\"1us\"}]}"

/* The workload of a string, and three processes that only sleep. */
static Run run_among_sleepers(const char *policy, uint64_t frames, const GArray *string) {
    g_autofree char *count = g_strdup_printf("%" G_GUINT64_FORMAT, frames);
    g_autofree char *alone = reference_workload(policy, "-", count, string);
    g_assert_true(g_str_has_suffix(alone, "]}"));
    g_autofree char *json = g_strdup_printf("%.*s" SLEEPERS "]}", (int)(strlen(alone) - 2), alone);
    Fixture fixture = fixture_make(json);
    fixture.machine->check = (CheckPlan){.at_end = true};
    return run_machine(fixture, string);
}

/* Of all policies but those that look ahead, which want a single process. */
static void check_idle(const GArray *string, uint64_t frames, Rng *rng) {
    const ComponentInfo *const *infos = registry_vocabulary()->policies;
    unsigned every = 4, skip = (unsigned)rng_below(rng, every);
    for (unsigned i = 0; infos[i] != NULL; i++) {
        const PolicyOps *ops = registry_policy_named(infos[i]->name);
        if (i % every == skip && (ops->needs & POLICY_NEEDS_FUTURE) == 0) {
            Run alone = run_string(infos[i]->name, "-", frames, string);
            Run among = run_among_sleepers(infos[i]->name, frames, string);
            assert_same(&alone, &among);
        }
    }
}

static void test_idle(void) { for_strings(check_idle); }

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/properties/segmented-fifo", test_segmented);
    g_test_add_func("/properties/windows-ws-alone", test_alone);
    g_test_add_func("/properties/windows", test_windows);
    g_test_add_func("/properties/opt-is-least", test_opt);
    g_test_add_func("/properties/inclusion", test_inclusion);
    g_test_add_func("/properties/renumbered", test_renumbered);
    g_test_add_func("/properties/idle", test_idle);
    return g_test_run();
}
