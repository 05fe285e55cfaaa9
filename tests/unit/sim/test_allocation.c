/* test_allocation.c - how frames are divided among processes that replace only their own pages. */
#include "fixture.h"

#include "allocation.h"

#define MACHINE(frames, more)                                                                      \
    "'frames': " frames ", 'zero_pool': 'on-demand', 'replacement': {'policy':'lru','scope':"      \
    "'local','allocation_interval':'100us'," more "}"

/* A process that maps and touches so many pages, then walks over some of them for a while. */
#define WALKER(name, mapped, walked, rounds)                                                       \
    "{'name':'" name "','program':[{'op':'mmap','id':'m','length':'" mapped "'},"                  \
    "{'op':'touch','id':'m'},{'op':'repeat','times':" rounds ",'do':["                             \
    "{'op':'access','pattern':'sequential','over':'m','length':'" walked "'}]}]}"

/* The quotas as they were just before the first process ended. */
typedef struct Quotas {
    uint64_t of[4];
    bool seen;
} Quotas;

static void on_sample(void *host, Machine *machine) { (void)host, (void)machine; }

static void on_ending(void *host, Machine *machine) {
    Quotas *quotas = host;
    for (uint32_t i = 0; !quotas->seen && i < machine->process_count; i++) {
        const Process *process = machine->processes[i];
        quotas->of[i] = process->space == NULL ? 0 : process->space->quota;
    }
    quotas->seen = true;
}

static Quotas quotas_of(const char *machine, const char *processes) {
    Quotas quotas = {0};
    Fixture f = fixture_of(machine, processes);
    f.machine->watcher =
        (MachineWatcher){.sample = on_sample, .ending = on_ending, .host = &quotas};
    fixture_run(&f);
    fixture_clear(&f);
    return quotas;
}

static void test_equal(void) {
    Quotas q = quotas_of(MACHINE("40", "'allocation':'equal'"),
                         WALKER("a", "20KiB", "20KiB", "3") "," WALKER("b", "80KiB", "80KiB", "3"));
    g_assert_cmpuint(q.of[0], ==, 20);
    g_assert_cmpuint(q.of[1], ==, 20);
}

/* 9 pages (and a page of stack) against 29 and one: 40 frames as 10 to 30. */
static void test_proportional(void) {
    Quotas q =
        quotas_of(MACHINE("40", "'allocation':'proportional'"),
                  WALKER("a", "36KiB", "36KiB", "9") "," WALKER("b", "116KiB", "116KiB", "9"));
    g_assert_cmpuint(q.of[0], ==, 10);
    g_assert_cmpuint(q.of[1], ==, 30);
}

/* One needs 24 pages again and again, the other 4: equal shares of 16 would let the first one fault
 * at every page; frames go to where the faults are. */
static void test_page_fault_frequency(void) {
    const char *both =
        WALKER("many", "96KiB", "96KiB", "60") "," WALKER("few", "16KiB", "16KiB", "900");
    Quotas q = quotas_of(MACHINE("32", "'allocation':'pff'"), both);
    g_assert_cmpuint(q.of[0], >=, 24);
    g_assert_cmpuint(q.of[1], <=, 8);
    g_assert_cmpuint(q.of[0] + q.of[1], <=, 32);
    Fixture fixed = fixture_of(MACHINE("32", "'allocation':'equal'"), both);
    Fixture moving = fixture_of(MACHINE("32", "'allocation':'pff'"), both);
    fixed.machine->check = moving.machine->check = (CheckPlan){.every = 100};
    fixture_run(&fixed);
    fixture_run(&moving);
    g_assert_cmpuint(counters_of(&moving, 0).majflt * 4, <, counters_of(&fixed, 0).majflt);
    fixture_clear(&fixed);
    fixture_clear(&moving);
}

/* A quota that shrinks takes pages away at once. */
static void test_trims(void) {
    Fixture f = fixture_of(
        MACHINE("40", "'allocation':'proportional'"),
        WALKER("a", "120KiB", "4KiB",
               "2000") ","
                       "{'name':'b','start':'3ms','program':["
                       "{'op':'mmap','id':'m','length':'360KiB'},{'op':'touch','id':'m'}]}");
    f.machine->check = (CheckPlan){.every = 10, .at_end = true};
    fixture_run(&f);
    g_assert_cmpuint(counters_of(&f, 0).evictions, >=, 19);
    g_assert_cmpuint(process_of(&f, 0)->last.peak_rss, ==, 30);
    fixture_clear(&f);
}

/* Ticks are needed only while somebody faults: long silence costs nothing. */
static void test_silence(void) {
    Fixture f = fixture_of(MACHINE("8", "'allocation':'pff'"),
                           "{'program':[{'op':'compute','cpu':'1000000s'}]}");
    fixture_run(&f);
    g_assert_cmpuint(f.machine->clock.now, ==, UINT64_C(1000000000000000));
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/allocation/equal", test_equal);
    g_test_add_func("/sim/allocation/proportional", test_proportional);
    g_test_add_func("/sim/allocation/page-fault-frequency", test_page_fault_frequency);
    g_test_add_func("/sim/allocation/trims", test_trims);
    g_test_add_func("/sim/allocation/silence", test_silence);
    return g_test_run();
}
