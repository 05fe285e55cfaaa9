/* test_reclaim.c - background work on memory in a whole machine: where its time goes, and that
 * looking at a run does not change it.
 */
#include "fixture.h"

#define MARKS "'frames':64,'watermarks':{'min':4,'low':8,'high':32},'costs':{'page_scan':40}"
#define BIG   "{'op':'malloc','id':'x','size':'256KiB'}"

/* One with a limit, two others with a guarantee; they wait, sleep and compete. */
#define CROWD                                                                                      \
    "{'name':'a','limits':{'rss':'64KiB'},'program':[" BIG                                         \
    ",{'op':'access','pattern':'random','over':'x','count':500,'write':0.5}"                       \
    ",{'op':'sleep','time':'3ms'}"                                                                 \
    ",{'op':'access','pattern':'zipf','over':'x','count':500,'write':0.3}]},"                      \
    "{'name':'b','copies':2,'limits':{'rss_min':'32KiB'},'program':[" BIG                          \
    ",{'op':'access','pattern':'sequential','over':'x','count':9000,'write':0.5}"                  \
    ",{'op':'access','pattern':'random','over':'x','count':500,'write':0.1}]}"

/* It never waits for a device, so whatever it did not do itself the background reclaimer did. */
static void test_time_is_taken_from_the_running(void) {
    Fixture f = fixture_of(MARKS, "{'program':[{'op':'mmap','id':'m','length':'240KiB'},"
                                  "{'op':'touch','id':'m'}]}");
    fixture_run(&f);
    Counters c = machine_counters(f.machine);
    g_assert_cmpuint(c.pageoutrun, >=, 1);
    g_assert_cmpuint(c.pgsteal_kswapd, >=, 24);
    g_assert_cmpuint(c.allocstall + c.io_wait_ns, ==, 0);
    g_assert_cmpuint(c.reclaim_ns, ==, 40 * c.pgscan_kswapd);
    g_assert_cmpuint(c.ready_ns, ==, c.reclaim_ns);
    fixture_clear(&f);
}

static void test_without_background(void) {
    Fixture f = fixture_of("'frames':64,'costs':{'page_scan':40},"
                           "'watermarks':{'min':4,'low':8,'high':32,'background':false}",
                           "{'program':[{'op':'mmap','id':'m','length':'280KiB'},"
                           "{'op':'touch','id':'m'}]}");
    fixture_run(&f);
    Counters c = machine_counters(f.machine);
    g_assert_cmpuint(c.pgsteal_direct, >, 0);
    g_assert_cmpuint(c.allocstall, >, 0);
    g_assert_cmpuint(c.pgscan_kswapd + c.pageoutrun + c.reclaim_ns, ==, 0);
    fixture_clear(&f);
}

static void ignore_sample(void *host G_GNUC_UNUSED, Machine *machine G_GNUC_UNUSED) {}

/* All counters and the end of a run, sampled and checked all the time, or left in peace. */
static Counters crowd_counters(const char *policy, bool watched, Tick *end) {
    g_autofree char *machine = g_strdup_printf("%s,'replacement':'%s'", MARKS, policy);
    Fixture f = fixture_of(machine, CROWD);
    if (watched) {
        f.machine->watcher = (MachineWatcher){.sample_every = 777, .sample = ignore_sample};
    } else {
        f.machine->check = (CheckPlan){.at_end = true};
    }
    fixture_run(&f);
    Counters counters = machine_counters(f.machine);
    *end = f.machine->clock.now;
    fixture_clear(&f);
    return counters;
}

static void test_watching_changes_nothing(const void *policy) {
    Tick end, other_end;
    Counters one = crowd_counters(policy, true, &end);
    Counters other = crowd_counters(policy, false, &other_end);
    g_assert_cmpuint(end, ==, other_end);
    g_assert_cmpmem(&one, sizeof one, &other, sizeof other);
    g_assert_cmpuint(one.pageoutrun, >, 10);
    g_assert_cmpuint(one.trims, >, 100);
    g_assert_cmpuint(one.reclaim_ns, >, 0);
}

/* Two threads wait for the device, each with a page to come, where only one may stay. */
static void test_threads_at_their_limit(const void *machine) {
    static const char process[] =
        "{'limits':{'rss':'4KiB'},'program':["
        "{'op':'mmap','id':'m','length':'64KiB','backing':'file'},"
        "{'op':'thread','program':["
        "{'op':'access','pattern':'pages','over':'m','pages':'0 1 2 3 4 5 6 7 8'}]},"
        "{'op':'access','pattern':'pages','over':'m','pages':'9 10 11 12 13 14 15'},"
        "{'op':'wait','for':'threads'}]}";
    Fixture f = fixture_of(machine, process);
    f.machine->check = (CheckPlan){.every = 1, .at_end = true};
    fixture_run(&f);
    Counters c = machine_counters(f.machine);
    g_assert_cmpuint(c.majflt, ==, 16);
    g_assert_cmpuint(c.trims, ==, 15);
    g_assert_cmpuint(f.machine->processes[0]->last.peak_rss, ==, 1);
    fixture_clear(&f);
}

/* A mark that cannot be reached is refused, as it depends on the page size by the machine. */
static void test_marks_fit_into_memory(void) {
    const char *json = "{\"machine\":{\"memory\":\"64KiB\",\"watermarks\":{\"min\":1,\"high\":16}},"
                       "\"processes\":[{\"program\":[]}]}";
    g_autoptr(GError) error = NULL;
    Workload *workload =
        workload_parse("test.json", json, strlen(json), NULL, registry_vocabulary(), &error);
    g_assert_no_error(error);
    g_assert_null(machine_create(workload, &error));
    g_assert_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT);
    g_assert_cmpstr(
        error->message, ==,
        "machine: watermarks: \"high\" must be below the number of frames, 16: found 16");
    workload_free(workload);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reclaim/time", test_time_is_taken_from_the_running);
    g_test_add_func("/reclaim/direct", test_without_background);
    g_test_add_data_func("/reclaim/threads", "'frames':64", test_threads_at_their_limit);
    g_test_add_data_func("/reclaim/threads-few", "'frames':2", test_threads_at_their_limit);
    g_test_add_func("/reclaim/marks", test_marks_fit_into_memory);
    g_test_add_data_func("/reclaim/watched/clock", "clock", test_watching_changes_nothing);
    g_test_add_data_func("/reclaim/watched/freebsd", "freebsd", test_watching_changes_nothing);
    g_test_add_data_func("/reclaim/watched/windows-ws", "windows-ws",
                         test_watching_changes_nothing);
    return g_test_run();
}
