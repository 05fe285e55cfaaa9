/* test_cpus.c - laws of several CPUs: what they make faster, what stays the same, who may run. */
#include "fixture.h"

#include "output/stats_json.h"
#include "scheduler.h"
#include "stats.h"

/* Memory enough for all, and nothing shared but the processors. */
#define ROOM "'frames': 4096, 'zero_pool': 'on-demand', 'shared_zero_page': false, 'swap': 'none'"
#define WORK                                                                                       \
    "'program':[{'op':'mmap','id':'m','length':'128KiB'},{'op':'fill','id':'m','seed':7},"         \
    "{'op':'compute','cpu':'300us'},{'op':'access','pattern':'zipf','over':'m','count':500,"       \
    "'write':0.2},{'op':'munmap','id':'m'}]"

static Fixture run_on(unsigned cpus, const char *machine, const char *processes) {
    g_autofree char *all = g_strdup_printf("'cpus': %u, %s", cpus, machine);
    Fixture f = fixture_of(all, processes);
    f.machine->check = (CheckPlan){.every = 41, .at_end = true};
    fixture_run(&f);
    return f;
}

/* n processes on n CPUs take as long as one on one. */
static void test_independent(void) {
    Fixture one = run_on(1, ROOM, "{" WORK "}");
    Tick time = one.machine->clock.now;
    for (unsigned n = 2; n <= 4; n++) {
        g_autofree char *processes = g_strdup_printf("{'copies':%u," WORK "}", n);
        Fixture f = run_on(n, ROOM, processes);
        g_assert_cmpuint(f.machine->clock.now, ==, time);
        g_assert_cmpuint(f.machine->counters.idle_ns, ==, 0);
        g_assert_cmpuint(f.machine->counters.context_switches, ==, 0);
        for (unsigned i = 0; i < n; i++) {
            Counters c = counters_of(&f, i);
            g_assert_cmpuint(c.ready_ns + c.shootdown_ns, ==, 0);
            g_assert_cmpuint(process_of(&f, i)->ended, ==, time);
        }
        fixture_clear(&f);
    }
    fixture_clear(&one);
}

/* More processes than CPUs: no CPU is idle while somebody waits, and the work is the same. */
static void test_work_is_kept(void) {
    Fixture one = run_on(1, ROOM ",'costs':{'context_switch':0}", "{'copies':6," WORK "}");
    Counters alone = machine_counters(one.machine);
    Fixture f = run_on(3, ROOM ",'costs':{'context_switch':0}", "{'copies':6," WORK "}");
    Counters c = machine_counters(f.machine);
    g_assert_cmpuint(c.loads, ==, alone.loads);
    g_assert_cmpuint(c.compute_ns, ==, alone.compute_ns);
    g_assert_cmpuint(c.fault_ns, ==, alone.fault_ns);
    g_assert_cmpuint(f.machine->clock.now * 3, <, one.machine->clock.now * 11 / 10);
    g_assert_cmpuint(f.machine->clock.now * 3, >=, c.compute_ns + c.fault_ns);
    fixture_clear(&f);
    fixture_clear(&one);
}

/* Threads that swap, sleep and unmap on 1 to 4 CPUs: every run twice, to the byte. */
static void test_same_bytes(void) {
    static const char *const threads =
        "{'name':'t','program':[{'op':'mmap','id':'m','length':'96KiB'},"
        "{'op':'thread','program':[{'op':'fill','id':'m','seed':1},{'op':'sleep','time':'70us'},"
        "{'op':'touch','id':'m'}]},"
        "{'op':'thread','program':[{'op':'repeat','times':5,'do':[{'op':'mmap','id':'n','length':"
        "'16KiB'},{'op':'touch','id':'n'},{'op':'munmap','id':'n'}]}]},"
        "{'op':'fork','child':[{'op':'touch','id':'m'}]},"
        "{'op':'mprotect','id':'m','length':4096,'prot':'r'},{'op':'wait','for':'threads'},"
        "{'op':'wait','for':'children'}]},{'copies':3," WORK "}";
    for (unsigned cpus = 1; cpus <= 4; cpus++) {
        g_autofree char *first = NULL;
        for (unsigned run = 0; run < 2; run++) {
            Fixture f = run_on(cpus, "'frames': 40, 'swap': {'size': '2MiB'}", threads);
            g_autoptr(Stats) stats = stats_collect(f.machine);
            char *bytes = stats_json(stats);
            Counters c = machine_counters(f.machine);
            g_assert_cmpuint(c.ipis_sent > 0, ==, cpus > 1);
            g_assert_cmpuint(c.ipis_sent, ==, c.ipis_received);
            g_assert_cmpuint(c.pswpin, >, 0);
            if (run > 0) {
                g_assert_cmpstr(bytes, ==, first);
                g_free(bytes);
            } else {
                first = bytes;
            }
            fixture_clear(&f);
        }
    }
}

/* The two most important run; the third takes the CPU from the lowest at once. */
static void test_priorities(void) {
    Fixture f = run_on(2, ROOM,
                       "{'name':'low','priority':1,'program':[{'op':'compute','cpu':'5ms'}]},"
                       "{'name':'high','priority':3,'program':[{'op':'compute','cpu':'5ms'}]},"
                       "{'name':'mid','priority':2,'start':'1234us','program':["
                       "{'op':'compute','cpu':'1ms'}]}");
    g_assert_cmpuint(counters_of(&f, 0).preemptions, ==, 1);
    g_assert_cmpuint(counters_of(&f, 0).ready_ns, ==, 1000000 + 2 * 2000);
    g_assert_cmpuint(counters_of(&f, 1).ready_ns, ==, 0);
    g_assert_cmpuint(counters_of(&f, 2).ready_ns, ==, 2000);
    g_assert_cmpuint(process_of(&f, 2)->ended, ==, 1234000 + 2000 + 1000000);
    fixture_clear(&f);
}

/* A CPU that has nothing to do zeroes pages while the other one runs, page by page. */
static void test_idle_cpu_zeroes(void) {
    static const char *const program =
        "{'program':[{'op':'mmap','id':'r','length':'80KiB'},{'op':'touch','id':'r'},"
        "{'op':'munmap','id':'r'},{'op':'compute','cpu':1100},{'op':'note','text':'now'}]}";
    Fixture f = run_on(2, "'frames': 60, 'zero_pool': {'start': 1, 'stop': 1}", program);
    g_assert_cmpuint(f.machine->counters.zeroed_in_background, ==, 5);
    g_assert_cmpuint(f.machine->scheduler->cpus[1].figures.zeroing_ns, ==, 1000);
    g_assert_cmpuint(f.machine->scheduler->cpus[0].figures.idle_ns, ==, 0);
    fixture_clear(&f);
}

/* The main thread ends while another one computes on the other CPU: both are over. */
static void test_end_of_others(void) {
    Fixture f = run_on(2, ROOM,
                       "{'program':[{'op':'thread','program':[{'op':'compute','cpu':'9ms'}]},"
                       "{'op':'compute','cpu':'1ms'}]}");
    g_assert_cmpuint(f.machine->clock.now, ==, 1000000 + 10150);
    g_assert_cmpuint(counters_of(&f, 0).compute_ns, ==, 2000000);
    fixture_clear(&f);
}

/* Without address-space numbers a CPU forgets all at a switch, and is not interrupted for a process
 * that it has left. */
static void test_without_asids(void) {
    static const char *const processes = "{'copies':4," WORK "}";
    Fixture with = run_on(2, ROOM ",'quantum':'20us'", processes);
    Fixture without = run_on(2, ROOM ",'quantum':'20us','asids':false", processes);
    Counters a = machine_counters(with.machine), b = machine_counters(without.machine);
    g_assert_cmpuint(a.ipis_sent, >, 0); /* the processes have been on both */
    g_assert_cmpuint(b.ipis_sent, ==, 0);
    g_assert_cmpuint(b.tlb_misses, >, a.tlb_misses);
    fixture_clear(&with);
    fixture_clear(&without);
}

/* Making an image counts no event of the program's, but an interrupt that it sent or got meanwhile is
 * in somebody else's books, too. */
static void test_interrupts_of_image(void) {
    Fixture f = run_on(8, "'groups':[{'name':'g','memory':'20KiB'}]",
                       "{'program':[],'group':'g','image':'static'},"
                       "{'group':'g','program':[{'op':'mmap','id':'a','length':'16KiB'},"
                       "{'op':'touch','id':'a'}]}");
    Counters all = machine_counters(f.machine);
    g_assert_cmpuint(all.ipis_sent, >, 0);
    g_assert_cmpuint(all.ipis_sent, ==, all.ipis_received);
    g_assert_cmpuint(counters_of(&f, 0).minflt, ==, 0);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/cpus/independent", test_independent);
    g_test_add_func("/sim/cpus/work_is_kept", test_work_is_kept);
    g_test_add_func("/sim/cpus/same_bytes", test_same_bytes);
    g_test_add_func("/sim/cpus/priorities", test_priorities);
    g_test_add_func("/sim/cpus/idle_cpu_zeroes", test_idle_cpu_zeroes);
    g_test_add_func("/sim/cpus/end_of_others", test_end_of_others);
    g_test_add_func("/sim/cpus/interrupts_of_image", test_interrupts_of_image);
    g_test_add_func("/sim/cpus/without_asids", test_without_asids);
    return g_test_run();
}
