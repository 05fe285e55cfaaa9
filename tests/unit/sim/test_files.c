/* test_files.c - ops on shared memory and on files that several processes map. */
#include "fixture.h"

#include "stats.h"
#include "stats_path.h"

#define FILES "'shared_zero_page': false, 'files': [{'name':'data','size':'32KiB'}]"

static uint64_t verify_errors(const Fixture *f, unsigned process) {
    return counters_of(f, process).verify_errors;
}

static uint64_t number_at(const Fixture *f, const char *path) {
    g_autoptr(Stats) stats = stats_collect(f->machine);
    StatsValue value;
    g_assert_cmpint(stats_path_find(stats, path, &value, NULL), ==, PATH_FOUND);
    return value.number;
}

/* A child writes: its parent sees it in what is shared, and not in what is private. */
static void test_shared_memory(void) {
    Fixture f =
        fixture_of(FILES, "{'program':["
                          "{'op':'mmap','id':'s','length':'8KiB','flags':['shared']},"
                          "{'op':'mmap','id':'p','length':'8KiB'},"
                          "{'op':'fill','id':'s','value':1},{'op':'fill','id':'p','value':1},"
                          "{'op':'fork','child':[{'op':'fill','id':'s','value':7},"
                          "{'op':'fill','id':'p','value':7}]},{'op':'wait'},"
                          "{'op':'verify','id':'s','value':7},"
                          "{'op':'verify','id':'p','value':1}]}");
    fixture_run(&f);
    g_assert_cmpuint(verify_errors(&f, 0), ==, 0);
    g_assert_cmpuint(counters_of(&f, 0).minflt, ==, 4);
    g_assert_cmpuint(counters_of(&f, 1).cow_copies, ==, 2);
    fixture_clear(&f);
}

/* The first who comes reads the file, the second finds it in the page cache: what a writer of a
 * shared mapping stores is in both, what one of a private mapping stores is its own. */
static void test_page_cache(void) {
    Fixture f =
        fixture_of(FILES ",'swap':'none'",
                   "{'name':'writer','program':["
                   "{'op':'mmap','id':'f','file':'data','length':'32KiB','flags':['shared']},"
                   "{'op':'fill','id':'f','seed':5},{'op':'sleep','time':'50ms'},"
                   "{'op':'verify','id':'f','seed':5}]},"
                   "{'name':'reader','start':'20ms','program':["
                   "{'op':'mmap','id':'all','file':'data','length':'32KiB','prot':'r'},"
                   "{'op':'mmap','id':'own','file':'data','length':'16KiB','file_offset':'16KiB'},"
                   "{'op':'verify','id':'all','seed':5},{'op':'fill','id':'own','value':9},"
                   "{'op':'verify','id':'all','seed':5},{'op':'verify','id':'own','value':9}]}");
    fixture_run(&f);
    g_assert_cmpuint(verify_errors(&f, 0) + verify_errors(&f, 1), ==, 0);
    g_assert_cmpuint(counters_of(&f, 0).majflt, >, 0);
    g_assert_cmpuint(counters_of(&f, 1).majflt, ==, 0);
    fixture_clear(&f);
}

/* What was advised is read before it is touched; what was dropped is read again. */
static void test_advice(void) {
    Fixture f = fixture_of(FILES, "{'program':[{'op':'fadvise','file':'data','advice':'willneed'},"
                                  "{'op':'mmap','id':'f','file':'data','length':'32KiB'},"
                                  "{'op':'read','id':'f'},{'op':'munmap','id':'f'},"
                                  "{'op':'phase','name':'advised'},"
                                  "{'op':'fadvise','file':'data','advice':'dontneed'},"
                                  "{'op':'mmap','id':'f','file':'data','length':'32KiB'},"
                                  "{'op':'read','id':'f'},{'op':'phase','name':'dropped'}]}");
    fixture_run(&f);
    g_assert_cmpuint(number_at(&f, "processes.process1.phases.advised.majflt"), ==, 0);
    g_assert_cmpuint(number_at(&f, "processes.process1.phases.dropped.majflt"), >, 0);
    g_assert_cmpuint(number_at(&f, "processes.process1.fadvise_calls"), ==, 2);
    fixture_clear(&f);
}

/* Behind the end of a file that became shorter is nothing, and a mapping begins at a page. */
static void test_truncate(void) {
    Fixture f = fixture_of(FILES, "{'on_segv':'continue','program':["
                                  "{'op':'mmap','id':'f','file':'data','length':'32KiB'},"
                                  "{'op':'touch','id':'f'},"
                                  "{'op':'truncate','file':'data','size':4097},"
                                  "{'op':'touch','id':'f'},"
                                  "{'op':'mmap','id':'f','file':'data','length':'4KiB',"
                                  "'file_offset':1},{'op':'touch','id':'f','length':1}]}");
    fixture_run(&f);
    Counters c = counters_of(&f, 0);
    g_assert_cmpuint(c.sigbus, ==, 6);
    g_assert_cmpuint(c.sigsegv, ==, 1);
    g_assert_cmpuint(c.truncate_calls, ==, 1);
    g_assert_cmpuint(c.mmap_calls, ==, 2);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/files/shared-memory", test_shared_memory);
    g_test_add_func("/files/page-cache", test_page_cache);
    g_test_add_func("/files/advice", test_advice);
    g_test_add_func("/files/truncate", test_truncate);
    return g_test_run();
}
