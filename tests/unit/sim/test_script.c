/* test_script.c - scripts carried out: what operations answer, their rows, damage of any kind. */
#include "fixture.h"
#include "op_log.h"
#include "output/per_op.h"

/* Lines in single quotes, divided by commas; the process is laid out as on Linux. */
static Fixture script_fixture(const char *machine, const char *process, const char *lines,
                              OpLog *log) {
    g_autofree char *program =
        g_strdup_printf("{%s'program':[{'op':'script','lines':[%s],'language':'%s'}]}", process,
                        lines, strstr(process, "explicit") != NULL ? "heap" : "ops");
    Fixture fixture = fixture_of(machine, program);
    fixture.machine->op_log = log;
    fixture_run(&fixture);
    return fixture;
}

static char *table_of(const char *machine, const char *process, const char *lines) {
    static const Style plain = {0};
    OpLog *log = op_log_new();
    Fixture fixture = script_fixture(machine, process, lines, log);
    char *text = per_op_text(log, &plain);
    fixture_clear(&fixture);
    op_log_free(log);
    return text;
}

#define OPS "'image':'static','limits':{'stack':'8MiB'},"

/* What a small Linux program would see: addresses, tables, a hole, the stack's limit. */
static void test_ops(void) {
    g_autofree char *text =
        table_of("", OPS,
                 "'mmap 0 100 rw','touch 0 0 100 1 w','munmap 0 30 40','touch 0 25 50 1 r',"
                 "'brk +81920','touch B 0 20 1 w','stack 1 w 400','stack 1 w 2100','zread 0 0 40',"
                 "'zread 0 30 1','mmap 1 0 rw','poke 0x7ffff7d9c000 w','mremap 0 30 20 0','nop'");
    g_assert_cmpstr(text, ==,
                    "  operation               i             ret  minflt  majflt  rss  anon  swap  "
                    "pt  vmsize  locked  sigsegv\n"
                    "  mmap 0 100 rw           0  0x7ffff7d9c000       0       0    0     0     0  "
                    " 0     100       0        0\n"
                    "  touch 0 0 100 1 w       1               0     100       0  100   100     0  "
                    " 1     100       0        0\n"
                    "  munmap 0 30 40          2               0     100       0   60    60     0  "
                    " 1      60       0        0\n"
                    "  touch 0 25 50 1 r       3               0     100       0   60    60     0  "
                    " 1      60       0       40\n"
                    "  brk +81920              4         0x14000     100       0   60    60     0  "
                    " 1      80       0       40\n"
                    "  touch B 0 20 1 w        5               0     120       0   80    80     0  "
                    " 1      80       0       40\n"
                    "  stack 1 w 400           6               0     121       0   81    81     0  "
                    " 1     449       0       40\n"
                    "  stack 1 w 2100          7               0     121       0   81    81     0  "
                    " 1     449       0       41\n"
                    "  zread 0 0 40            8         0x1e000     121       0   81    81     0  "
                    " 1     449       0       41\n"
                    "  zread 0 30 1            9             -14     121       0   81    81     0  "
                    " 1     449       0       41\n"
                    "  mmap 1 0 rw            10             -22     121       0   81    81     0  "
                    " 1     449       0       41\n"
                    "  poke 0x7ffff7d9c000 w  11               0     121       0   81    81     0  "
                    " 1     449       0       41\n"
                    "  mremap 0 30 20 0       12  0x7ffff7d9c000     121       0   71    71     0  "
                    " 1     439       0       41\n"
                    "  nop                    13               0     121       0   71    71     0  "
                    " 1     439       0       41\n");
}

/* Rows are differences: what the process did before the script is not in them. */
static void test_rows_begin_at_the_script(void) {
    OpLog *log = op_log_new();
    Fixture fixture = fixture_of(
        "", "{'program':[{'op':'mmap','id':'a','length':'64KiB'},{'op':'touch','id':'a'},"
            "{'op':'touch','address':64,'length':1},{'op':'script','lines':['nop','mmap 0 3 rw "
            "populate']}],"
            "'on_segv':'continue'}");
    fixture.machine->op_log = log;
    fixture_run(&fixture);
    g_assert_cmpuint(log->rows->len, ==, 2);
    const OpRow *rows = (const OpRow *)(void *)log->rows->data;
    g_assert_cmpuint(rows[0].minflt + rows[0].sigsegv, ==, 0);
    g_assert_cmpint(rows[0].rss + rows[0].vm_size + rows[0].page_tables, ==, 0);
    g_assert_cmpuint(rows[1].minflt, ==, 3);
    g_assert_cmpint(rows[1].rss, ==, 3);
    g_assert_cmpint(rows[1].vm_size, ==, 3);
    fixture_clear(&fixture);
    op_log_free(log);
}

/* The image is the kernel's work: no fault of it is the program's, and its time is accounted. */
static void test_image(void) {
    Fixture fixture = fixture_of("", "{'image':'static','program':[{'op':'phase','name':'p'}]}");
    fixture_run(&fixture);
    Counters counters = counters_of(&fixture, 0);
    g_assert_cmpuint(counters.pgfault + counters.stores, ==, 0);
    g_assert_cmpuint(counters.syscall_ns, >, 0);
    const PhaseRecord *phase = &g_array_index(process_of(&fixture, 0)->phases, PhaseRecord, 0);
    g_assert_cmpuint(phase->now.rss, ==, 35);
    g_assert_cmpuint(phase->counters.syscall_ns, ==, 0);
    fixture_clear(&fixture);
    fixture = fixture_of("'mmu':'tiny','frames':9", "{'image':'static','program':[]}");
    fixture_run(&fixture);
    g_assert_cmpuint(counters_of(&fixture, 0).syscall_ns, ==, 0);
    fixture_clear(&fixture);
}

/* Is a script's first mapping put there, with this image and this machine? */
static bool places_at(const char *machine, const char *image, const char *address) {
    g_autofree char *text = table_of(machine, image, "'mmap 0 1 rw'");
    return strstr(text, address) != NULL;
}

/* An image is a layout; without one the machine's counts. */
static void test_layouts(void) {
    static const char below_static[] = "0x7ffff7dff000", below_dynamic[] = "0x7ffff7dcd000";
    g_assert_true(places_at("", "'image':'static',", below_static));
    g_assert_true(places_at("'layout':'linux-x86-64'", "", below_static));
    g_assert_true(places_at("'layout':'linux-x86-64'", "'image':'dynamic',", below_dynamic));
    g_assert_false(places_at("", "", below_static));
}

/* exec loads the image of what it executes; the counts before it stay. */
static void test_exec_image(void) {
    Fixture fixture = fixture_of(
        "", "{'program':[{'op':'mmap','id':'m','size':4096},{'op':'write','id':'m','length':1},"
            "{'op':'exec','image':'static','program':[{'op':'phase','name':'p'}]}]}");
    fixture_run(&fixture);
    const PhaseRecord *phase = &g_array_index(process_of(&fixture, 0)->phases, PhaseRecord, 0);
    g_assert_cmpuint(phase->now.rss, ==, 35);
    g_assert_cmpuint(counters_of(&fixture, 0).pgfault, ==, 1);
    fixture_clear(&fixture);
}

static void test_heap(void) {
    g_autofree char *text = table_of(
        "", "'image':'dynamic','allocator':'explicit',",
        "'a 0 100','th 1','a 1 200000','t 1','rd 1','f 1','join 1','th 2','sbrk 8192','block',"
        "'c 3 100 100','at 4 24 3 2','ft 4 3 2','r 3 0','m 9 64 100','trim 0','opt -2 9'");
    g_assert_cmpstr(
        text, ==,
        "  operation    system calls   thread  minflt         break         pointer  usable\n"
        "  a 0 100      brk                 0       1   heap+0x1000       heap+0x20     104\n"
        "  th 1         mmap mprotect       1       2   heap+0x1000\n"
        "  a 1 200000   brk                 1       2  heap+0x31d60      heap+0x1d8  200000\n"
        "  t 1                              1      47  heap+0x31d60\n"
        "  rd 1                             1       0  heap+0x31d60\n"
        "  f 1                              1       0  heap+0x31d60\n"
        "  join 1       madvise             0       0  heap+0x31d60\n"
        "  th 2                             2       0  heap+0x31d60\n"
        "  sbrk 8192    brk                 2       0  heap+0x33d60  0x555555d0cd60\n"
        "  block        mmap                2       0  heap+0x33d60\n"
        "  c 3 100 100                      2       0  heap+0x33d60      heap+0x1d8   10000\n"
        "  at 4 24 3 2                      2       0  heap+0x33d60     heap+0x2978      24\n"
        "  ft 4 3 2                         2       0  heap+0x33d60\n"
        "  r 3 0                            2       0  heap+0x33d60\n"
        "  m 9 64 100                       2       0  heap+0x33d60      heap+0x200     120\n"
        "  trim 0                           2       0  heap+0x33d60               0\n"
        "  opt -2 9                         2       0  heap+0x33d60               0\n");
}

/* The keys and values that other programs compare. */
static void test_json(void) {
    OpLog *log = op_log_new();
    Fixture fixture = script_fixture("", OPS, "'brk +40960'", log);
    g_autofree char *text = per_op_json(log);
    g_assert_cmpstr(text, ==,
                    "{\n  \"rows\": [\n    {\n      \"i\": 0,\n      \"depth\": 0,\n"
                    "      \"op\": \"brk +40960\",\n      \"ret\": \"40960\",\n"
                    "      \"minflt\": 0,\n      \"majflt\": 0,\n      \"rss\": 0,\n"
                    "      \"anon\": 0,\n      \"swap\": 0,\n      \"pt\": 0,\n"
                    "      \"vmsize\": 10,\n      \"locked\": 0,\n      \"sigsegv\": 0,\n      "
                    "\"sigbus\": 0\n    }\n  ]\n}\n");
    fixture_clear(&fixture);
    op_log_free(log);
}

/* A pattern larger than memory comes to its end, and repeated scripts begin anew. */
static void test_pressure(void) {
    Fixture fixture = fixture_of(
        "'frames':20", "{'program':[{'op':'repeat','times':2,'do':[{'op':'script','lines':"
                       "['mmap 0 40 rw','pattern 0 0 40 loop 400 1 100','munmap 0 0 40']}]}]}");
    fixture_run(&fixture);
    Counters counters = counters_of(&fixture, 0);
    g_assert_cmpuint(counters.stores, ==, 800);
    g_assert_cmpuint(counters.zfod, ==, 80);
    g_assert_cmpuint(counters.majflt, >, 0);
    fixture_clear(&fixture);
}

/* Operations with operands of any size, on a small machine: no crash, every invariant holds. */
static char *random_line(GRand *rand) {
    static const char *const shapes[] = {
        "mmap %u %u rw",         "mmap %u %u r populate", "mmap %u %u - fixed@0x200000",
        "munmap %u %u 5",        "mprot %u %u 3 r",       "mprot %u %u 9 rw",
        "madv %u %u 7 dontneed", "madv %u %u 9 free",     "madv %u %u 4 pageout",
        "mremap %u %u 12 1",     "mremap %u %u 3 0",      "touch %u %u 5 2 w",
        "touch %u %u 9 1 r",     "zread %u %u 3",         "brk +%u%u00",
        "brk -%u%u00",           "stack %u w %u",         "pattern %u %u 9 zipf1 40 3 50",
    };
    static const char *const heap[] = {
        "a %u %u00",   "c %u %u 9",   "r %u %u50",     "m %u 64 %u",   "t %u #%u",
        "rd %u #%u",   "f %u #%u",    "sbrk %u%u",     "at %u %u 5 0", "th %u #%u",
        "join %u #%u", "trim %u #%u", "block # %u %u",
    };
    bool is_heap = g_rand_boolean(rand);
    const char *shape = is_heap ? heap[g_rand_int_range(rand, 0, G_N_ELEMENTS(heap))]
                                : shapes[g_rand_int_range(rand, 0, G_N_ELEMENTS(shapes))];
    g_autofree char *one = g_strdup_printf("%d", g_rand_int_range(rand, 0, 4));
    g_autofree char *two = g_strdup_printf("%d", g_rand_int_range(rand, 0, 30));
    g_auto(GStrv) parts = g_strsplit(shape, "%u", 3);
    return g_strconcat(is_heap ? "h" : "o", parts[0], one, parts[1], two, parts[2], NULL);
}

static void run_random(GRand *rand, char language) {
    g_autoptr(GString) lines = g_string_new(language == 'h' ? "'a 0 9','a 1 9','a 2 9','a 3 9'"
                                                            : "'mmap 0 9 rw','mmap 1 9 rw',"
                                                              "'mmap 2 9 rw','mmap 3 9 r'");
    for (int n = 0; n < 40;) {
        g_autofree char *line = random_line(rand);
        if (line[0] == language) {
            g_string_append_printf(lines, ",'%s'", line + 1);
            n++;
        }
    }
    OpLog *log = op_log_new();
    Fixture fixture = script_fixture(
        "'frames':50", language == 'h' ? "'image':'dynamic','allocator':'explicit'," : OPS,
        lines->str, log);
    g_autofree char *text = per_op_json(log);
    g_assert_nonnull(text);
    fixture_clear(&fixture);
    op_log_free(log);
}

static void test_random(void) {
    GRand *rand = g_rand_new_with_seed(7);
    for (unsigned round = 0; round < 60; round++) {
        run_random(rand, round % 2 == 0 ? 'o' : 'h');
    }
    g_rand_free(rand);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/script/ops", test_ops);
    g_test_add_func("/script/rows_begin_at_the_script", test_rows_begin_at_the_script);
    g_test_add_func("/script/image", test_image);
    g_test_add_func("/script/layouts", test_layouts);
    g_test_add_func("/script/exec-image", test_exec_image);
    g_test_add_func("/script/heap", test_heap);
    g_test_add_func("/script/json", test_json);
    g_test_add_func("/script/pressure", test_pressure);
    g_test_add_func("/script/random", test_random);
    return g_test_run();
}
