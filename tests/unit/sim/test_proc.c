/* test_proc.c - --proc: one view of each process before its end, one for each operation `proc`. */
#include "fixture.h"
#include "options.h"
#include "output/proc_text.h"

static char *text_of(const char *process, const char *parts) {
    Fixture fixture = fixture_of("'frames':2000", process);
    g_autoptr(GError) error = NULL;
    unsigned which = proc_parts_parse(parts, &error);
    g_assert_no_error(error);
    ProcLog *log = fixture.machine->proc_log = proc_log_new();
    fixture_run(&fixture);
    proc_log_finish(log, fixture.machine);
    char *text = proc_text(log, which);
    fixture_clear(&fixture);
    proc_log_free(log);
    return text;
}

static unsigned count_of(const char *text, const char *words) {
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, words)) != NULL; at++) {
        count++;
    }
    return count;
}

static void has(const char *text, const char *words) {
    if (strstr(text, words) == NULL) {
        g_error("\"%s\" is not in:\n%s", words, text);
    }
}

#define SCRIPT                                                                                     \
    "{'image':'static','limits':{'stack':'8MiB'},'program':[{'op':'script','language':'ops',"      \
    "'lines':['mmap 0 100 rw','touch 0 0 50 1 w','mlock 0 0 10','mmap 1 8 rw shared',"             \
    "'touch 1 0 4 1 w','brk +8192','touch B 0 2 1 w','fork','touch 0 0 5 1 w','proc','endfork'"    \
    ",'warmfile FILE16','mmap 2 16 r file=FILE16','touch 2 0 1 1 r','proc']}]}"

static void test_status(void) {
    g_autofree char *text = text_of(SCRIPT, "status");
    g_assert_cmpuint(count_of(text, "==>"), ==, 4); /* proc and the end, of two processes */
    has(text, "==> /proc/1/status <== process1, at line 15\n");
    has(text, "==> /proc/2/status <== process1.1, when it ended (exited)\n");
    has(text, "VmLck:\t      40 kB\n");
    has(text, "RssFile:\t      64 kB\n");
    has(text, "RssShmem:\t      16 kB\n");
    has(text, "Pid:\t2\nPPid:\t1\n");
}

/* The child has copied 5 of 50 pages; 45 are half its own. */
static void test_smaps(void) {
    g_autofree char *text = text_of(SCRIPT, "smaps");
    has(text, " [heap]\n");
    has(text, " [stack]\n");
    has(text, " FILE16\n");
    has(text, "VmFlags: rd wr mr mw me lo ac\n");
    has(text, "VmFlags: rd wr sh mr mw me ms\n");
    const char *child = strstr(text, "==> /proc/2/smaps");
    has(child, "Rss:                 160 kB\nPss:                  80 kB\n");
    has(child, "Shared_Dirty:        160 kB\n");
}

static void test_machine(void) {
    g_autofree char *text = text_of(SCRIPT, "meminfo,vmstat");
    g_assert_cmpuint(count_of(text, "==> /proc/meminfo <=="), ==, 3);
    has(text, "MemTotal:           8000 kB\n");
    has(text, "Mlocked:              40 kB\n");
    has(text, "nr_shmem 4\n");
    const char *end = strstr(text, "==> /proc/vmstat <== at the end of the run");
    g_assert_nonnull(end);
    has(end, "nr_anon_pages 0\n");
    has(end, "nr_file_pages 16\n");
}

/* A process that never ends is looked at when the run stops; its numbers are getrusage's. */
static void test_rusage(void) {
    g_autofree char *text = text_of("{'name':'app','program':[{'op':'mmap','id':'a','size':16384},"
                                    "{'op':'touch','id':'a','length':16384},{'op':'exit'}]}",
                                    "rusage");
    has(text, "==> /proc/1/rusage (getrusage) <== app, when it ended (exited)\n");
    has(text, "ru_maxrss   16\nru_minflt   4\nru_majflt   0\n");
}

static void test_words(void) {
    g_autoptr(GError) error = NULL;
    g_assert_cmpuint(proc_parts_parse("all", NULL), ==, (1U << PROC_PART_COUNT) - 1);
    g_assert_cmpuint(proc_parts_parse("vmstat,status", NULL), ==,
                     1U << PROC_VMSTAT | 1U << PROC_STATUS);
    g_assert_cmpuint(proc_parts_parse("smap", &error), ==, 0);
    g_assert_error(error, OPTIONS_ERROR, 0);
    g_assert_nonnull(strstr(error->message, "did you mean \"smaps\"?"));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/proc/status", test_status);
    g_test_add_func("/sim/proc/smaps", test_smaps);
    g_test_add_func("/sim/proc/machine", test_machine);
    g_test_add_func("/sim/proc/rusage", test_rusage);
    g_test_add_func("/sim/proc/words", test_words);
    return g_test_run();
}
