/* test_allocator_lessons.c - three experiments of docs/allocators.md: what they show must come out,
 * whatever the numbers are.
 */
#include "fixture.h"
#include "stats.h"

typedef struct Outcomes {
    Counters counters, bookkeeping;
    Gauges memory;
} Outcomes;

/* One process with this allocator (JSON) runs the ops. */
static Outcomes run(const char *machine, const char *allocator, const char *ops) {
    g_autofree char *process =
        g_strdup_printf("{'name':'p','allocator':%s,'program':[%s]}", allocator, ops);
    Fixture f = fixture_of(machine, process);
    f.machine->check = (CheckPlan){.at_end = true};
    fixture_run(&f);
    g_autoptr(Stats) stats = stats_collect(f.machine);
    const StatsProcess *p = stats_process(stats, 0);
    g_assert_cmpint(p->over, ==, PROCESS_EXITED);
    Outcomes outcomes = {p->counters, p->bookkeeping, p->memory};
    fixture_clear(&f);
    return outcomes;
}

/* ---- 1: where the book-keeping lies ---- */

/* Percent of the pages held at most that the allocator alone touched; the program touches none. */
static uint64_t pages_touched(const char *allocator) {
    Outcomes o = run("'frames':4096", allocator,
                     "{'op':'churn','operations':5000,'live_bytes':'1MiB',"
                     "'sizes':{'min':16,'max':256},'touch':false}");
    g_assert_cmpuint(o.memory.peak_rss, ==, o.bookkeeping.minflt);
    return o.memory.peak_rss * 4096 * 100 / o.memory.peak_heap_bytes;
}

static void test_in_band_or_out_of_band(void) {
    g_assert_cmpuint(pages_touched("'gnu'"), >=, 90);
    g_assert_cmpuint(pages_touched("'explicit'"), >=, 90);
    g_assert_cmpuint(pages_touched("{'model':'two-list','lists':'inside'}"), >=, 90);
    g_assert_cmpuint(pages_touched("{'model':'two-list','lists':'outside'}"), <=, 20);
    g_assert_cmpuint(pages_touched("{'model':'slab','free':'links'}"), >=, 50);
    g_assert_cmpuint(pages_touched("'slab'"), <=, 5);
}

/* ---- 2: walking lists where memory is short ---- */

/* A recorded program whose payload nobody touches, 64 frames, FIFO: from the allocator that looks
 * at every block to those that look at none. */
static void test_list_walks(void) {
    static const char *const order[] = {"'linked'",     "{'model':'explicit','list':'all'}",
                                        "'kr'",         "'explicit'",
                                        "'segregated'", "'buddy'"};
    g_autofree char *ops = g_strdup_printf(
        "{'op':'trace','file':'%s/workloads/traces/gitlog.rep.gz','touch':false}", SOURCE_DIR);
    uint64_t before = UINT64_MAX;
    for (unsigned i = 0; i < G_N_ELEMENTS(order); i++) {
        uint64_t faults = run("'frames':64,'replacement':'fifo'", order[i], ops).counters.pgfault;
        g_assert_cmpuint(faults, <, before);
        before = faults;
    }
    g_assert_cmpuint(before, <, 5000);
}

/* ---- 3: giving back or keeping ---- */

/* Ten times 200 blocks of 8 KiB come, are written, and go. */
static Outcomes run_rounds(const char *dirty) {
    g_autofree char *allocator = g_strdup_printf("{'model':'decay','dirty':%s}", dirty);
    return run(
        "'frames':4096", allocator,
        "{'op':'repeat','times':10,'do':["
        "{'op':'repeat','times':200,'as':'i','do':[{'op':'malloc','id':'b[$i]','size':'8KiB'},"
        "{'op':'write','id':'b[$i]'}]},"
        "{'op':'repeat','times':200,'as':'i','do':[{'op':'free','id':'b[$i]'}]}]}");
}

static void test_give_back_or_keep(void) {
    Outcomes gives = run_rounds("0"), keeps = run_rounds("-1");
    g_assert_cmpuint(gives.memory.rss * 5, <, keeps.memory.rss);
    g_assert_cmpuint(gives.counters.minflt, >, 5 * keeps.counters.minflt);
    g_assert_cmpuint(gives.counters.madvise_calls, >, 1000);
    g_assert_cmpuint(keeps.counters.madvise_calls, ==, 0);
    g_assert_cmpuint(keeps.memory.rss, >=, 200 * 2);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lessons/in-band-or-out-of-band", test_in_band_or_out_of_band);
    g_test_add_func("/lessons/list-walks", test_list_walks);
    g_test_add_func("/lessons/give-back-or-keep", test_give_back_or_keep);
    return g_test_run();
}
