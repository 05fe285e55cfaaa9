/* test_scheduler.c - who gets the CPU when, and where every nanosecond goes. */
#include "fixture.h"
#include "scheduler.h"

/* No memory is touched by these programs, so that times are round. */
#define QUIET "'frames': 8, 'zero_pool': 'on-demand', 'quantum': '1ms'"

/* What happened: one letter an event, then the pid. */
static void tell(void *host, const Event *event) {
    static const char letters[EVENT_COUNT] = {
        [EVENT_dispatch] = 'd', [EVENT_start] = 's', [EVENT_exit] = 'x', [EVENT_block] = 'b'};
    g_string_append_printf(host, "%c%u ", letters[event->kind], event->pid);
}

static void assert_story(Fixture *fixture, const char *expected) {
    g_autoptr(GString) story = g_string_new("");
    EventSink sink = {.mask = EVENT_BIT(EVENT_dispatch) | EVENT_BIT(EVENT_start) |
                              EVENT_BIT(EVENT_exit) | EVENT_BIT(EVENT_block),
                      .emit = tell,
                      .host = story};
    machine_subscribe(fixture->machine, &sink);
    fixture_run(fixture);
    g_assert_cmpstr(g_strchomp(story->str), ==, expected);
}

/* Two processes of 2.5 quanta each take turns; the switches are charged, the first dispatch not. */
static void test_round_robin(void) {
    Fixture f = fixture_of(QUIET, "{'name':'a','program':[{'op':'compute','cpu':'2500us'}]},"
                                  "{'name':'b','program':[{'op':'compute','cpu':'2500us'}]}");
    assert_story(&f, "s1 s2 d1 d2 d1 d2 d1 x1 d2 x2");
    g_assert_cmpuint(f.machine->counters.context_switches, ==, 5);
    g_assert_cmpuint(f.machine->counters.switch_ns, ==, 5 * 2000);
    g_assert_cmpuint(f.machine->counters.idle_ns, ==, 0);
    g_assert_cmpuint(f.machine->clock.now, ==, 5000000 + 5 * 2000);
    g_assert_cmpuint(counters_of(&f, 0).preemptions, ==, 2);
    g_assert_cmpuint(counters_of(&f, 1).preemptions, ==, 2);
    g_assert_cmpuint(counters_of(&f, 0).compute_ns, ==, 2500000);
    /* a waits for two quanta of b and four switches */
    g_assert_cmpuint(counters_of(&f, 0).ready_ns, ==, 2000000 + 4 * 2000);
    g_assert_cmpuint(process_of(&f, 0)->ended, ==, 4500000 + 4 * 2000);
    fixture_clear(&f);
}

/* Alone, a process is never pre-empted, however many quanta go by. */
static void test_alone(void) {
    Fixture f = fixture_of(QUIET, "{'program':[{'op':'compute','cpu':'1s'}]}");
    assert_story(&f, "s1 d1 x1");
    g_assert_cmpuint(counters_of(&f, 0).preemptions, ==, 0);
    g_assert_cmpuint(f.machine->clock.now, ==, 1000000000);
    fixture_clear(&f);
}

/* b wakes in the middle of a's third quantum and waits for its end. */
static void test_wakes_within_quantum(void) {
    Fixture f = fixture_of(QUIET, "{'name':'a','program':[{'op':'compute','cpu':'5ms'}]},"
                                  "{'name':'b','start':'2300us',"
                                  "'program':[{'op':'compute','cpu':'100us'}]}");
    fixture_run(&f);
    g_assert_cmpuint(process_of(&f, 1)->started, ==, 2300000);
    g_assert_cmpuint(counters_of(&f, 1).ready_ns, ==, 700000 + 2000);
    g_assert_cmpuint(counters_of(&f, 0).preemptions, ==, 1);
    g_assert_cmpuint(process_of(&f, 0)->ended, ==, 5100000 + 2 * 2000);
    fixture_clear(&f);
}

/* Sleepers leave the CPU; a process that is its own successor costs no switch. */
static void test_sleep(void) {
    Fixture f = fixture_of(QUIET, "{'start':'1ms','program':[{'op':'sleep','time':'3ms'},"
                                  "{'op':'compute','cpu':'1ms'},{'op':'sleep','time':'2ms'}]}");
    fixture_run(&f);
    g_assert_cmpuint(counters_of(&f, 0).sleep_ns, ==, 5000000);
    g_assert_cmpuint(counters_of(&f, 0).ready_ns, ==, 0);
    g_assert_cmpuint(f.machine->counters.idle_ns, ==, 6000000);
    g_assert_cmpuint(f.machine->counters.context_switches, ==, 0);
    g_assert_cmpuint(f.machine->clock.now, ==, 7000000);
    fixture_clear(&f);
}

/* The alarm goes off in the middle of a fault of the other: the sleep is over then all the same. */
static void test_wakes_late(void) {
    Fixture f = fixture_of("'frames': 64",
                           "{'name':'b','program':[{'op':'sleep','time':7777}]},"
                           "{'name':'a','program':[{'op':'mmap','id':'r','length':'100KiB'},"
                           "{'op':'touch','id':'r'}]}");
    fixture_run(&f);
    g_assert_cmpuint(counters_of(&f, 0).sleep_ns, ==, 7777);
    g_assert_cmpuint(counters_of(&f, 0).ready_ns, >, 0);
    fixture_clear(&f);
}

static void test_yield(void) {
    Fixture f = fixture_of(QUIET, "{'name':'a','program':[{'op':'yield'},{'op':'yield'}]},"
                                  "{'name':'b','program':[{'op':'yield'}]}");
    assert_story(&f, "s1 s2 d1 d2 d1 d2 x2 d1 x1");
    g_assert_cmpuint(counters_of(&f, 0).preemptions, ==, 0);
    fixture_clear(&f);
}

/* Equal instants: in the order of definition, copies included. */
static void test_start_order(void) {
    Fixture f = fixture_of(QUIET, "{'name':'a','start':5,'program':[]},"
                                  "{'name':'b','copies':2,'start':5,'program':[]},"
                                  "{'name':'c','start':4,'program':[]}");
    assert_story(&f, "s4 d4 x4 s1 s2 s3 d1 x1 d2 x2 d3 x3");
    g_assert_cmpstr(process_of(&f, 1)->name, ==, "b");
    g_assert_cmpstr(process_of(&f, 2)->name, ==, "b#2");
    fixture_clear(&f);
}

/* A page-in from a file blocks for exactly the device's time; another computes meanwhile. */
static void test_io_overlaps_compute(void) {
    Fixture f = fixture_of(QUIET ",'costs':'textbook'",
                           "{'name':'reader','program':[{'op':'access','pattern':'pages',"
                           "'pages':'0 1'}]},"
                           "{'name':'worker','program':[{'op':'compute','cpu':'20ms'}]}");
    fixture_run(&f);
    g_assert_cmpuint(counters_of(&f, 0).majflt, ==, 2);
    g_assert_cmpuint(counters_of(&f, 0).io_wait_ns, ==, 2 * 7999800);
    g_assert_cmpuint(counters_of(&f, 1).io_wait_ns, ==, 0);
    g_assert_cmpuint(counters_of(&f, 1).compute_ns, ==, 20000000);
    g_assert_cmpuint(f.machine->counters.idle_ns, ==, 0);
    g_assert_cmpuint(process_of(&f, 1)->ended, ==, 20000000 + 2 * 200);
    fixture_clear(&f);
}

/* Two readers at once: the second one's request waits for the first one's, and meanwhile the CPU
 * has nothing to do but to wait for the device. */
static void test_io_wait_is_idle(void) {
    Fixture f = fixture_of(QUIET ",'costs':'textbook'",
                           "{'name':'a','program':[{'op':'access','pattern':'pages','pages':'0'}]},"
                           "{'name':'b','program':[{'op':'access','pattern':'pages','pages':'0'},"
                           "{'op':'sleep','time':'1ms'}]}");
    fixture_run(&f);
    const Counters *c = &f.machine->counters;
    g_assert_cmpuint(c->io_busy_ns, ==, 2 * 7999800);
    g_assert_cmpuint(c->io_queue_ns, ==, 7999800);
    g_assert_cmpuint(c->iowait_ns, ==, 2 * 7999800 - 200); /* a's reference in between */
    g_assert_cmpuint(c->idle_ns, ==, c->iowait_ns + 1000000);
    g_assert_cmpuint(f.machine->clock.now, ==, c->idle_ns + 2 * 200);
    fixture_clear(&f);
}

typedef struct Samples {
    GArray *times;
} Samples;

static void take_sample(void *host, Machine *machine) {
    Samples *samples = host;
    g_array_append_val(samples->times, machine->clock.now);
}

static const char *const BUSY =
    "{'name':'a','copies':3,'program':[{'op':'mmap','id':'r','length':'64KiB'},"
    "{'op':'repeat','times':3,'do':[{'op':'fill','id':'r','seed':3},"
    "{'op':'sleep','time':'40us'},{'op':'verify','id':'r','seed':3}]}]},"
    "{'name':'b','program':[{'op':'compute','cpu':'3ms'},{'op':'churn','operations':300,"
    "'live_bytes':'20KiB','sizes':{'min':16,'max':2000}}]}";

/* Watching, however closely, changes nothing; nor does checking. */
static void test_watching_changes_nothing(void) {
    static const Tick intervals[] = {0, 1000000, 777, 50};
    Counters first = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(intervals); i++) {
        Fixture f = fixture_of("'frames': 24, 'quantum': '100us'", BUSY);
        Samples samples = {g_array_new(FALSE, FALSE, sizeof(Tick))};
        f.machine->watcher =
            (MachineWatcher){.sample_every = intervals[i], .sample = take_sample, .host = &samples};
        f.machine->check = (CheckPlan){.every = i % 2, .at_end = true};
        fixture_run(&f);
        Counters counters = machine_counters(f.machine);
        first = i == 0 ? counters : first;
        g_assert_cmpmem(&counters, sizeof counters, &first, sizeof first);
        g_assert_cmpuint(counters.verify_errors, ==, 0);
        g_assert_cmpuint(samples.times->len > 0, ==, intervals[i] > 0);
        for (guint k = 1; k < samples.times->len; k++) {
            g_assert_cmpuint(g_array_index(samples.times, Tick, k), >,
                             g_array_index(samples.times, Tick, k - 1));
        }
        g_array_unref(samples.times);
        fixture_clear(&f);
    }
    g_assert_cmpuint(first.pswpin, >, 0);
    g_assert_cmpuint(first.zeroed_in_background, >, 0);
    g_assert_cmpuint(first.preemptions, >, 0);
}

/* Only whole pages are zeroed: a gap of 1,100 ns is time for five pages of 200 ns. */
static void test_idle_zeroes_whole_pages(void) {
    Fixture f =
        fixture_of("'frames': 60, 'zero_pool': {'start': 1, 'stop': 1}",
                   "{'program':[{'op':'mmap','id':'r','length':'80KiB'},{'op':'touch','id':'r'},"
                   "{'op':'munmap','id':'r'},{'op':'sleep','time':1100}]}");
    fixture_run(&f);
    g_assert_cmpuint(f.machine->counters.zeroed_in_background, ==, 5);
    g_assert_cmpuint(f.machine->counters.zeroing_ns, ==, 1000);
    g_assert_cmpuint(f.machine->counters.idle_ns, ==, 1100);
    fixture_clear(&f);
}

/* 11 days are one step, and the windows of the working set end when they should all the same. */
static void test_time_leaps(void) {
    static const char *const ways[] = {"'op':'sleep','time'", "'op':'compute','cpu'"};
    static const uint64_t expected[] = {4, 0, 2, 0, 0};
    for (size_t way = 0; way < G_N_ELEMENTS(ways); way++) {
        g_autofree char *process = g_strdup_printf(
            "{'program':[{'op':'mmap','id':'r','length':'16KiB'},{'op':'touch','id':'r'},"
            "{%1$s:'12ms'},{'op':'phase','name':'a'},{%1$s:'10ms'},{'op':'phase','name':'b'},"
            "{%1$s:'1000000s'},{'op':'touch','id':'r','length':8000},"
            "{%1$s:'10ms'},{'op':'phase','name':'c'},{%1$s:'50ms'},{'op':'phase','name':'d'},"
            "{'op':'touch','id':'r','length':1},{%1$s:'25ms'},{'op':'phase','name':'e'}]}",
            ways[way]);
        Fixture f = fixture_of("'frames': 8, 'working_set': {'window': '10ms'}", process);
        fixture_run(&f);
        GArray *phases = process_of(&f, 0)->phases;
        g_assert_cmpuint(f.machine->clock.now, >, UINT64_C(1000000107000000));
        for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
            g_assert_cmpuint(g_array_index(phases, PhaseRecord, i).now.working_set, ==,
                             expected[i]);
        }
        fixture_clear(&f);
    }
}

static void test_end_of_time(void) {
    Fixture f = fixture_of(QUIET, "{'program':[{'op':'repeat','times':100000,'do':["
                                  "{'op':'compute','cpu':'10s'}]}]}");
    g_autoptr(GError) error = NULL;
    f.machine->check = (CheckPlan){0};
    f.machine->config.working_set_window = TICK_MAX / 2;
    f.machine->clock.now = TICK_MAX - 1; /* late already */
    g_assert_false(machine_run(f.machine, &error));
    g_assert_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/scheduler/round_robin", test_round_robin);
    g_test_add_func("/sim/scheduler/alone", test_alone);
    g_test_add_func("/sim/scheduler/wakes_within_quantum", test_wakes_within_quantum);
    g_test_add_func("/sim/scheduler/sleep", test_sleep);
    g_test_add_func("/sim/scheduler/wakes_late", test_wakes_late);
    g_test_add_func("/sim/scheduler/yield", test_yield);
    g_test_add_func("/sim/scheduler/start_order", test_start_order);
    g_test_add_func("/sim/scheduler/io_overlaps_compute", test_io_overlaps_compute);
    g_test_add_func("/sim/scheduler/io_wait_is_idle", test_io_wait_is_idle);
    g_test_add_func("/sim/scheduler/watching_changes_nothing", test_watching_changes_nothing);
    g_test_add_func("/sim/scheduler/idle_zeroes_whole_pages", test_idle_zeroes_whole_pages);
    g_test_add_func("/sim/scheduler/time_leaps", test_time_leaps);
    g_test_add_func("/sim/scheduler/end_of_time", test_end_of_time);
    return g_test_run();
}
