/* test_company.c - laws of many processes in one memory: what their number, their order and their
 * coming and going may change, and what not.
 */
#include "fixture.h"

#include "stats.h"

#define MACHINE                                                                                    \
    "'frames': 48, 'swap': {'size':'4MiB'}, 'costs': {'context_switch': 0}, 'load_control': "      \
    "{'criterion':'l=s','interval':'1ms','residence':'2ms'}"

/* Memory of its own, some of it twice, some waiting in between. */
#define PROGRAM                                                                                    \
    "'program':[{'op':'mmap','id':'m','length':'64KiB'},{'op':'fill','id':'m','seed':7},"          \
    "{'op':'sleep','time':'300us'},{'op':'malloc','id':'a','size':9000},{'op':'touch','id':'a'},"  \
    "{'op':'access','pattern':'zipf','over':'m','count':400,'write':0.2},"                         \
    "{'op':'compute','cpu':'2ms'},{'op':'free','id':'a'}]"

static Stats *stats_of(const char *processes) {
    Fixture f = fixture_of(MACHINE, processes);
    f.machine->check = (CheckPlan){.every = 97, .at_end = true};
    fixture_run(&f);
    Stats *stats = stats_collect(f.machine);
    stats->workload = NULL; /* gone with the fixture */
    fixture_clear(&f);
    return stats;
}

static void same_counters(const Counters *one, const Counters *other) {
    for (unsigned i = 0; i < COUNTERS_COUNT; i++) {
        if (counters_at(one, i) != counters_at(other, i)) {
            g_error("%s: %d against %d", counter_names[i], (int)counters_at(one, i),
                    (int)counters_at(other, i));
        }
    }
}

/* Six copies are six copies, whatever they are called and however they are written down. */
static void test_order_of_definition(void) {
    g_autoptr(Stats) copies = stats_of("{'name':'x','copies':6," PROGRAM "}");
    g_assert_cmpuint(copies->counters.majflt, >, 0);
    g_assert_cmpuint(copies->counters.suspensions, >, 0);
    static const char *const orders[] = {
        "{'name':'a','copies':1," PROGRAM "},{'name':'b','copies':2," PROGRAM
        "},{'name':'c','copies':3," PROGRAM "}",
        "{'name':'c','copies':3," PROGRAM "},{'name':'a','copies':1," PROGRAM
        "},{'name':'b','copies':2," PROGRAM "}",
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(orders); i++) {
        g_autoptr(Stats) other = stats_of(orders[i]);
        same_counters(&copies->counters, &other->counters);
        g_assert_cmpuint(copies->time, ==, other->time);
    }
}

/* Where a switch costs nothing, a process that sleeps all the time is not noticed by the others. */
static void test_idle_process(void) {
    g_autoptr(Stats) without = stats_of("{'name':'x','copies':6," PROGRAM "}");
    g_autoptr(Stats) with = stats_of("{'name':'x','copies':6," PROGRAM
                                     "},{'name':'idler','program':[{'op':'sleep','time':'2s'}]}");
    for (unsigned i = 0; i < 6; i++) {
        const StatsProcess *one = stats_process(without, i), *other = stats_process(with, i);
        same_counters(&one->counters, &other->counters);
        g_assert_cmpuint(one->start, ==, other->start);
        g_assert_cmpuint(one->end, ==, other->end);
        g_assert_cmpmem(&one->memory, sizeof one->memory, &other->memory, sizeof other->memory);
    }
    const Counters *idler = &stats_process(with, 6)->counters;
    g_assert_cmpuint(idler->pgfault + idler->evictions, ==, 0);
    g_assert_cmpuint(idler->sleep_ns, ==, 2000000000);
}

/* 10,000 processes, a hundred at a time and more memory than there is, leave
 * nothing behind. */
static void test_coming_and_going(void) {
    GString *processes = g_string_new(NULL);
    for (unsigned i = 0; i < 100; i++) {
        g_string_append_printf(processes,
                               "%s{'copies':100,'start':'%uus','program':["
                               "{'op':'malloc','id':'a','size':%u},{'op':'touch','id':'a'},"
                               "{'op':'sleep','time':'3ms'},{'op':'touch','id':'a'}]}",
                               i == 0 ? "" : ",", 20000 * i, 4096 * (1 + i % 3));
    }
    Fixture f =
        fixture_of("'frames': 256, 'swap': {'size':'8MiB','device':'zram'}", processes->str);
    f.machine->check = (CheckPlan){.at_end = true};
    fixture_run(&f);
    FrameCensus census = memory_census(f.machine->memory);
    g_assert_cmpuint(census.free + census.zeroed + census.in_transit, ==, 256);
    g_assert_cmpuint(census.swap_used, ==, 0);
    g_assert_cmpuint(f.machine->process_count, ==, 10000);
    Counters c = machine_counters(f.machine);
    g_assert_cmpuint(c.pswpin, >, 100);
    g_assert_cmpuint(c.oom_kills, ==, 0);
    for (uint32_t i = 0; i < 10000; i++) {
        g_assert_cmpint(process_of(&f, i)->status, ==, PROCESS_EXITED);
    }
    fixture_clear(&f);
    g_string_free(processes, TRUE);
}

/* What the idle task's pool is worth: the same program with it and without.  It sleeps now and then,
 * and gives memory back, so there is time to zero, and something to. */
static void test_zero_pool(void) {
    static const char *const program =
        "{'program':[{'op':'repeat','times':50,'do':[{'op':'mmap','id':'m','length':'256KiB'},"
        "{'op':'touch','id':'m'},{'op':'munmap','id':'m'},{'op':'sleep','time':'1ms'}]}]}";
#define POOL(pool) "'frames': 96, 'shared_zero_page': false, 'zero_pool': " pool
    Fixture with = fixture_of(POOL("{'start':0.9,'stop':1}"), program);
    Fixture without = fixture_of(POOL("'on-demand'"), program);
    with.machine->check.every = without.machine->check.every = 50;
    fixture_run(&with);
    fixture_run(&without);
    Counters a = machine_counters(with.machine), b = machine_counters(without.machine);
    g_assert_cmpuint(a.zfod, ==, 50 * 64);
    g_assert_cmpuint(a.ozfod, ==, a.zfod);
    g_assert_cmpuint(b.ozfod, ==, 0);
    /* It saves the zeroing, and no more: 200 of 1,000 ns a fault. */
    g_assert_cmpuint(b.fault_ns - a.fault_ns, ==, a.ozfod * 200);
    g_assert_cmpuint(a.zeroing_ns, ==, a.zeroed_in_background * 200);
    g_assert_cmpuint(a.fault_ns * 5, ==, b.fault_ns * 4);
    fixture_clear(&with);
    fixture_clear(&without);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/company/order-of-definition", test_order_of_definition);
    g_test_add_func("/sim/company/idle-process", test_idle_process);
    g_test_add_func("/sim/company/coming-and-going", test_coming_and_going);
    g_test_add_func("/sim/company/zero-pool", test_zero_pool);
    return g_test_run();
}
