/* test_script.c - the script languages: every operation, every mistake, patterns bit for bit. */
#include "trace/script.h"
#include "trace/script_pattern.h"
#include "trace_testing.h"

/* The operation that a script of these lines ends with. */
static Script *script_of(ScriptLanguage language, const char *const *lines,
                         ScriptProblem *problem) {
    Script *script = script_new(language);
    *problem = (ScriptProblem){0};
    bool good = true;
    for (uint32_t i = 0; good && lines[i] != NULL; i++) {
        good = script_add_line(script, lines[i], i + 1, problem);
    }
    if (good && script_end(script, problem)) {
        g_assert_null(problem->message);
    } else {
        g_assert_nonnull(problem->message);
    }
    return script;
}

static ScriptOp last_of(ScriptLanguage language, const char *line) {
    const char *first = language == SCRIPT_OPS ? "mmap 7 9 rw" : "a 7 9";
    const char *const lines[] = {first, line, NULL};
    ScriptProblem problem;
    Script *script = script_of(language, lines, &problem);
    g_assert_cmpstr(problem.message, ==, NULL);
    g_assert_cmpuint(script->ops->len, ==, 2);
    ScriptOp op = *script_op(script, 1);
    g_assert_cmpstr(op.text, ==, line);
    g_assert_cmpuint(op.line, ==, 2);
    op.text = NULL;
    script_free(script);
    return op;
}

/* ---- operations -------------------------------------------------------------------------- */

static void test_mmap(void) {
    ScriptOp op = last_of(SCRIPT_OPS, "mmap 3 100 -");
    g_assert_cmpint(op.kind, ==, SCRIPT_MMAP);
    g_assert_cmpuint(op.region, ==, 3);
    g_assert_cmpuint(op.pages, ==, 100);
    g_assert_cmpuint(op.prot, ==, VM_NONE);
    g_assert_cmpuint(op.file, ==, SCRIPT_NO_FILE);
    op = last_of(SCRIPT_OPS, "mmap 3 0 rwx shared populate noreserve fixed@0x1000");
    g_assert_cmpuint(op.prot, ==, VM_READ | VM_WRITE | VM_EXEC);
    g_assert_cmpuint(op.map_flags, ==,
                     SCRIPT_MAP_SHARED | SCRIPT_MAP_POPULATE | SCRIPT_MAP_NORESERVE |
                         SCRIPT_MAP_FIXED);
    g_assert_cmphex(op.address, ==, 0x1000);
    op = last_of(SCRIPT_OPS, "mmap 3 1 r noreplace@4096");
    g_assert_cmpuint(op.map_flags, ==, SCRIPT_MAP_FIXED | SCRIPT_MAP_NOREPLACE);
    g_assert_cmphex(op.address, ==, 4096);
    op = last_of(SCRIPT_OPS, "mmap 3 1 r hint@0x2000 file=FILE256 off=16 private");
    g_assert_cmpuint(op.map_flags, ==, 0);
    g_assert_cmpuint(op.file, ==, 0);
    g_assert_cmpuint(op.file_page, ==, 16);
    g_assert_cmphex(op.address, ==, 0x2000);
}

static void test_regions(void) {
    ScriptOp op = last_of(SCRIPT_OPS, "munmap 7 2 3");
    g_assert_cmpint(op.kind, ==, SCRIPT_MUNMAP);
    g_assert_cmpuint(op.region, ==, 7);
    g_assert_cmpuint(op.first, ==, 2);
    g_assert_cmpuint(op.pages, ==, 3);
    op = last_of(SCRIPT_OPS, "mprot B 0 3 r");
    g_assert_cmpint(op.kind, ==, SCRIPT_MPROTECT);
    g_assert_cmpuint(op.region, ==, SCRIPT_BREAK);
    g_assert_cmpuint(op.prot, ==, VM_READ);
    op = last_of(SCRIPT_OPS, "madv 7 0 3 pop_write");
    g_assert_cmpint(op.kind, ==, SCRIPT_MADVISE);
    g_assert_cmpint(op.advice, ==, SCRIPT_ADVICE_POPULATE_WRITE);
    op = last_of(SCRIPT_OPS, "mremap 7 9 20 3 0x100000");
    g_assert_cmpint(op.kind, ==, SCRIPT_MREMAP);
    g_assert_cmpuint(op.pages, ==, 9);
    g_assert_cmpuint(op.new_pages, ==, 20);
    g_assert_cmpuint(op.remap_flags, ==, SCRIPT_REMAP_MAYMOVE | SCRIPT_REMAP_FIXED);
    g_assert_cmphex(op.address, ==, 0x100000);
    g_assert_cmpint(last_of(SCRIPT_OPS, "brk -40960").change, ==, -40960);
    g_assert_cmpint(last_of(SCRIPT_OPS, "brk +40960").change, ==, 40960);
    g_assert_cmpint(last_of(SCRIPT_OPS, "mlock 7 0 1").kind, ==, SCRIPT_MLOCK);
    g_assert_cmpint(last_of(SCRIPT_OPS, "munlock 7 0 1").kind, ==, SCRIPT_MUNLOCK);
    g_assert_cmpuint(last_of(SCRIPT_OPS, "mlockall 2").count, ==, 2);
    g_assert_cmpint(last_of(SCRIPT_OPS, "munlockall").kind, ==, SCRIPT_MUNLOCKALL);
    g_assert_cmpint(last_of(SCRIPT_OPS, "mincore 7 0 9").kind, ==, SCRIPT_MINCORE);
}

static void test_accesses(void) {
    ScriptOp op = last_of(SCRIPT_OPS, "touch 7 1 4 512 w");
    g_assert_cmpint(op.kind, ==, SCRIPT_TOUCH);
    g_assert_cmpuint(op.first, ==, 1);
    g_assert_cmpuint(op.count, ==, 4);
    g_assert_cmpint(op.stride, ==, 512);
    g_assert_cmpint(op.access, ==, ACCESS_WRITE);
    g_assert_cmpint(last_of(SCRIPT_OPS, "touch 7 9 4 -3 r").stride, ==, -3);
    op = last_of(SCRIPT_OPS, "poke 0x100000000000 r");
    g_assert_cmphex(op.address, ==, 0x100000000000);
    g_assert_cmpint(op.access, ==, ACCESS_READ);
    op = last_of(SCRIPT_OPS, "stack 400 w");
    g_assert_cmpuint(op.pages, ==, 400);
    g_assert_cmpuint(op.first, ==, 0);
    g_assert_cmpuint(last_of(SCRIPT_OPS, "stack 1 r 400").first, ==, 400);
    op = last_of(SCRIPT_OPS, "pattern 7 1 8 hotscan 99 51 30");
    g_assert_cmpint(op.kind, ==, SCRIPT_PATTERN);
    g_assert_cmpint(op.pattern, ==, SCRIPT_PATTERN_HOTSCAN);
    g_assert_cmpuint(op.first, ==, 1);
    g_assert_cmpuint(op.pages, ==, 8);
    g_assert_cmpuint(op.count, ==, 99);
    g_assert_cmpuint(op.seed, ==, 51);
    g_assert_cmpuint(op.write_percent, ==, 30);
    g_assert_cmpint(last_of(SCRIPT_OPS, "zread 7 0 2").kind, ==, SCRIPT_ZREAD);
    g_assert_cmpint(last_of(SCRIPT_OPS, "nop").kind, ==, SCRIPT_NOP);
    g_assert_cmpuint(last_of(SCRIPT_OPS, "warmfile FILE256").file, ==, 0);
    g_assert_cmpuint(last_of(SCRIPT_OPS, "coldfile a9").file, ==, 0);
}

static void test_forks(void) {
    static const char *const lines[] = {"fork",    "forkhold", "nop",   "endfork",
                                        "endfork", "reap",     "# end", NULL};
    ScriptProblem problem;
    g_autoptr(Script) script = script_of(SCRIPT_OPS, lines, &problem);
    g_assert_cmpstr(problem.message, ==, NULL);
    g_assert_cmpuint(script->ops->len, ==, 6);
    g_assert_cmpuint(script_op(script, 0)->jump, ==, 4);
    g_assert_cmpuint(script_op(script, 1)->jump, ==, 3);
    g_assert_cmpuint(script_op(script, 3)->jump, ==, 1);
    g_assert_cmpuint(script_op(script, 4)->jump, ==, 0);
}

static void test_heap(void) {
    ScriptOp op = last_of(SCRIPT_HEAP, "a 3 5000");
    g_assert_cmpint(op.kind, ==, SCRIPT_MALLOC);
    g_assert_cmpuint(op.region, ==, 3);
    g_assert_cmpuint(op.size, ==, 5000);
    g_assert_cmpint(last_of(SCRIPT_HEAP, "f 7").kind, ==, SCRIPT_FREE);
    g_assert_cmpint(last_of(SCRIPT_HEAP, "r 8 1").kind, ==, SCRIPT_REALLOC);
    op = last_of(SCRIPT_HEAP, "c 0 100 99");
    g_assert_cmpint(op.kind, ==, SCRIPT_CALLOC);
    g_assert_cmpuint(op.count, ==, 100);
    g_assert_cmpuint(op.size, ==, 99);
    op = last_of(SCRIPT_HEAP, "m 0 64 99");
    g_assert_cmpint(op.kind, ==, SCRIPT_MEMALIGN);
    g_assert_cmpuint(op.alignment, ==, 64);
    g_assert_cmpint(last_of(SCRIPT_HEAP, "t 7").kind, ==, SCRIPT_WRITE);
    g_assert_cmpint(last_of(SCRIPT_HEAP, "rd 7").kind, ==, SCRIPT_READ);
    op = last_of(SCRIPT_HEAP, "at 20 24 10 2");
    g_assert_cmpint(op.kind, ==, SCRIPT_MALLOC_MANY);
    g_assert_cmpuint(op.region, ==, 20);
    g_assert_cmpuint(op.size, ==, 24);
    g_assert_cmpuint(op.count, ==, 10);
    g_assert_cmpint(op.stride, ==, 2);
    op = last_of(SCRIPT_HEAP, "ft 7 10 0");
    g_assert_cmpint(op.kind, ==, SCRIPT_FREE_MANY);
    g_assert_cmpuint(op.count, ==, 10);
    g_assert_cmpuint(last_of(SCRIPT_HEAP, "trim 4096").size, ==, 4096);
    op = last_of(SCRIPT_HEAP, "opt -3 131072");
    g_assert_cmpint(op.option, ==, -3);
    g_assert_cmpint(op.change, ==, 131072);
    g_assert_cmpint(last_of(SCRIPT_HEAP, "opt -1 -1").change, ==, -1);
    g_assert_cmpint(last_of(SCRIPT_HEAP, "sbrk 8192").change, ==, 8192);
    g_assert_cmpint(last_of(SCRIPT_HEAP, "block").kind, ==, SCRIPT_BLOCK);
    g_assert_cmpuint(last_of(SCRIPT_HEAP, "th 3").region, ==, 3);
    g_assert_cmpint(last_of(SCRIPT_HEAP, "join 3").kind, ==, SCRIPT_JOIN);
}

/* Blanks, comments and line ends do not matter; numbers may be hexadecimal. */
static void test_spelling(void) {
    static const char *const lines[] = {"", "# words", " \t mmap\t7   0x10 rw # more", "\r\n",
                                        NULL};
    ScriptProblem problem;
    g_autoptr(Script) script = script_of(SCRIPT_OPS, lines, &problem);
    g_assert_cmpuint(script->ops->len, ==, 1);
    g_assert_cmpuint(script_op(script, 0)->pages, ==, 16);
    g_assert_cmpuint(script_op(script, 0)->line, ==, 3);
    g_assert_cmpstr(script_op(script, 0)->text, ==, "mmap\t7   0x10 rw");
}

/* ---- mistakes ---------------------------------------------------------------------------- */

typedef struct Mistake {
    ScriptLanguage language;
    const char *line; /* behind "mmap 7 9 rw", or "a 7 9" */
    unsigned column;
    const char *message; /* how it begins */
} Mistake;

static const Mistake mistakes[] = {
    {SCRIPT_OPS, "mmpa 1 2 rw", 1, "unknown operation \"mmpa\"; did you mean \"mmap\"?"},
    {SCRIPT_OPS, "qqqq", 1, "unknown operation \"qqqq\"; one of mmap, munmap, "},
    {SCRIPT_OPS, "mmap", 5, "ID is missing; \"mmap ID PAGES PROT [FLAG...]\" was expected"},
    {SCRIPT_OPS, "mmap 1 x rw", 8,
     "expected PAGES, a number from 0 to 35184372088832, found \"x\""},
    {SCRIPT_OPS, "mmap 1 -1 rw", 8, "expected PAGES"},
    {SCRIPT_OPS, "mmap 1 99999999999999999999 rw", 8, "expected PAGES"},
    {SCRIPT_OPS, "mmap 65536 1 rw", 6, "expected ID, a number from 0 to 65535"},
    {SCRIPT_OPS, "mmap B 1 rw", 6, "expected ID"},
    {SCRIPT_OPS, "mmap 1 1 rr", 10, "expected PROT: letters of \"rwx\", or \"-\""},
    {SCRIPT_OPS, "mmap 1 1 q", 10, "expected PROT"},
    {SCRIPT_OPS, "mmap 1 1 r shraed", 12, "unknown FLAG \"shraed\"; did you mean \"shared\"?"},
    {SCRIPT_OPS, "mmap 1 1 r fixed", 12, "unknown FLAG \"fixed\"; did you mean \"fixed@\"?"},
    {SCRIPT_OPS, "mmap 1 1 r fixed@", 12, "fixed wants an address"},
    {SCRIPT_OPS, "mmap 1 1 r fixed@12z", 12, "fixed wants an address"},
    {SCRIPT_OPS, "mmap 1 1 r file=FILE", 12, "expected a file whose name ends with"},
    {SCRIPT_OPS, "mmap 1 1 r file=256", 12, "expected a file whose name ends with"},
    {SCRIPT_OPS, "mmap 1 1 r off=x", 12, "off wants a page number"},
    {SCRIPT_OPS, "mmap 1 1 r off=1", 1, "off= goes with file="},
    {SCRIPT_OPS, "munmap 8 0 1", 8, "ID 8 is made by no line above"},
    {SCRIPT_OPS, "munmap 7 0", 11, "PAGES is missing"},
    {SCRIPT_OPS, "munmap 7 0 1 2", 14, "too many words; \"munmap ID FIRST PAGES\" was expected"},
    {SCRIPT_OPS, "madv 7 0 1 dontned", 12,
     "unknown ADVICE \"dontned\"; did you mean \"dontneed\"?"},
    {SCRIPT_OPS, "mremap 7 1 2 8", 14, "expected FLAGS, a number from 0 to 7"},
    {SCRIPT_OPS, "mremap 7 1 2 1 0x1000", 16, "an address goes with FLAGS"},
    {SCRIPT_OPS, "mremap 7 1 2 3", 1, "FLAGS with 2 (MREMAP_FIXED) want an ADDRESS"},
    {SCRIPT_OPS, "brk", 4, "BYTES is missing"},
    {SCRIPT_OPS, "brk ++1", 5, "expected BYTES, a number from -144115188075855872 to +"},
    {SCRIPT_OPS, "touch 7 0 1 1", 14, "r|w is missing"},
    {SCRIPT_OPS, "touch 7 0 1 1 x", 15, "unknown r|w \"x\"; one of r, w was expected"},
    {SCRIPT_OPS, "touch 7 0 9 -1 r", 1, "the last of these accesses is to no page number"},
    {SCRIPT_OPS, "touch 7 0 4294967296 35184372088832 r", 1, "the last of these accesses"},
    {SCRIPT_OPS, "touch 7 0 4294967297 1 r", 11, "expected COUNT"},
    {SCRIPT_OPS, "pattern 7 0 3 phase 9 1 1", 1, "phase needs at least 4 pages"},
    {SCRIPT_OPS, "pattern 7 0 0 loop 9 1 1", 13, "expected PAGES, a number from 1"},
    {SCRIPT_OPS, "pattern 7 0 16777217 zipf1 9 1 1", 1, "zipf1 takes at most 2^24 pages"},
    {SCRIPT_OPS, "pattern 7 0 9 zip 9 1 1", 15, "unknown KIND \"zip\"; did you mean \"zipf\"?"},
    {SCRIPT_OPS, "pattern 7 0 9 loop 9 1 101", 24, "expected WRITES, a number from 0 to 100"},
    {SCRIPT_OPS, "endfork", 1, "an endfork without a fork above"},
    {SCRIPT_OPS, "reap", 1, "a reap without a forkhold above"},
    {SCRIPT_OPS, "fork", 1, "this fork has no endfork"},
    {SCRIPT_OPS, "t\001st", 1, "unknown operation \"t?st\""},
    {SCRIPT_HEAP, "b 0 1", 1, "unknown operation \"b\""},
    {SCRIPT_HEAP, "a 16777216 1", 3, "expected ID, a number from 0 to 16777215"},
    {SCRIPT_HEAP, "a 0 4611686018427387905", 5, "expected SIZE"},
    {SCRIPT_HEAP, "f 8", 3, "ID 8 is made by no line above"},
    {SCRIPT_HEAP, "m 0 24 1", 1, "ALIGN is to be a power of two"},
    {SCRIPT_HEAP, "m 0 0 1", 5, "expected ALIGN, a number from 1"},
    {SCRIPT_HEAP, "at 0 1 2 16777216", 1, "the last of these ids is not below 2^24"},
    {SCRIPT_HEAP, "ft 5 2 -6", 1, "the last of these ids"},
    {SCRIPT_HEAP, "ft 7 2 1", 1, "ID 8 is made by no line above"},
    {SCRIPT_HEAP, "th 1024", 4, "expected THREAD, a number from 0 to 1023"},
    {SCRIPT_HEAP, "block 3", 7, "too many words; \"block\" was expected"},
};

static void test_mistakes(void) {
    for (unsigned i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        const Mistake *m = &mistakes[i];
        const char *const lines[] = {m->language == SCRIPT_OPS ? "mmap 7 9 rw" : "a 7 9", m->line,
                                     NULL};
        ScriptProblem problem;
        g_autoptr(Script) script = script_of(m->language, lines, &problem);
        g_test_message("%s: %u: %s", m->line, problem.column, problem.message);
        g_assert_nonnull(problem.message);
        g_assert_true(g_str_has_prefix(problem.message, m->message));
        g_assert_cmpuint(problem.column, ==, m->column);
        g_assert_cmpuint(problem.line, ==, 2);
        g_free(problem.message);
    }
}

/* ---- files -------------------------------------------------------------------------------- */

static void test_file(void) {
    TraceTest t;
    trace_test_begin(&t, "x.ops");
    static const char good[] = "mmap 0 1 rw\n\ntouch 0 0 1 1 w";
    trace_test_write(&t, good, strlen(good));
    GError *error = NULL;
    Script *script = script_load(t.path, SCRIPT_OPS, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(script->ops->len, ==, 2);
    g_assert_cmpuint(script_op(script, 1)->line, ==, 3);
    g_assert_cmpstr(script->path, ==, t.path);
    script_free(script);

    static const char bad[] = "mmap 0 1 rw\n  touch 1 0 1 1 w\n";
    trace_test_write(&t, bad, strlen(bad));
    g_assert_null(script_load(t.path, SCRIPT_OPS, &error));
    g_autofree char *place = g_strconcat(t.path, ":2:9: ID 1 is made by no line above", NULL);
    g_assert_cmpstr(error->message, ==, place);
    g_clear_error(&error);
    g_assert_null(script_load("/nowhere.ops", SCRIPT_OPS, &error));
    g_assert_nonnull(error);
    g_clear_error(&error);
    trace_test_end(&t);
    g_assert_cmpint(script_language_of("a/b.ops"), ==, SCRIPT_OPS);
    g_assert_cmpint(script_language_of("b.heap.gz"), ==, SCRIPT_HEAP);
    g_assert_cmpint(script_language_of("b.rep"), ==, SCRIPT_LANGUAGES);
}

/* ---- patterns ----------------------------------------------------------------------------- */

static ScriptPattern *pattern_of(const char *line) {
    ScriptOp op = last_of(SCRIPT_OPS, line);
    return script_pattern_start(&op);
}

static void check_accesses(const char *line, const char *expected) {
    ScriptPattern *pattern = pattern_of(line);
    g_autoptr(GString) got = g_string_new(NULL);
    uint64_t page;
    for (Access access; script_pattern_next(pattern, &page, &access);) {
        g_string_append_printf(got, "%s%" G_GUINT64_FORMAT "%s", got->len > 0 ? " " : "", page,
                               access == ACCESS_WRITE ? "w" : "");
    }
    g_assert_cmpstr(got->str, ==, expected);
    script_pattern_free(pattern);
}

/* Strings made by an independent program. */
static void test_patterns(void) {
    check_accesses("pattern 7 0 5 loop 12 1 100", "0w 1w 2w 3w 4w 0w 1w 2w 3w 4w 0w 1w");
    check_accesses("pattern 7 0 5 sawtooth 12 7 0", "0 1 2 3 4 4 3 2 1 0 0 1");
    check_accesses("pattern 7 0 1000 uniform 12 7 30",
                   "487w 346w 674w 798 985w 83w 990 190 327 797w 743 813w");
    check_accesses("pattern 7 0 2000 zipf 12 7 30", "0w 400 0 176w 880 1142 880 1683 0 0 0 1698");
    check_accesses("pattern 7 0 2000 zipf1 12 21 30",
                   "1522w 893 1044w 1761 805 124w 264w 88w 654 805w 804 1610");
    check_accesses("pattern 7 0 2000 phase 12 7 50",
                   "487w 346w 174w 798 985w 583w 1490w 1190 1327 1797w 1743w 1813w");
    check_accesses("pattern 7 0 2000 hotscan 12 51 30",
                   "500 241w 501 305 502w 458 503w 453 504 451w 505 23w");
    check_accesses("pattern 7 0 1 uniform 2 7 100", "0w 0w");
    check_accesses("pattern 7 0 1 zipf 0 7 100", "");
}

/* Long ones, as a sum: h = h * 1000003 + 2 page + write. */
static void test_long_patterns(void) {
    static const struct {
        const char *line;
        uint64_t sum;
    } cases[] = {
        {"pattern 7 0 6144 uniform 50000 11 30", UINT64_C(0xbf50e13558663751)},
        {"pattern 7 0 2000 zipf 20000 7 30", UINT64_C(0x1163cb4390be5352)},
        {"pattern 7 0 8192 zipf1 50000 21 30", UINT64_C(0xed591e452857e396)},
        {"pattern 7 0 2001 phase 20000 7 50", UINT64_C(0x4e474e662129c5eb)},
        {"pattern 7 0 8191 hotscan 50000 51 30", UINT64_C(0x138b71070a9e1a4a)},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        ScriptPattern *pattern = pattern_of(cases[i].line);
        uint64_t sum = 0, page;
        for (Access access; script_pattern_next(pattern, &page, &access);) {
            sum = sum * 1000003 + page * 2 + (access == ACCESS_WRITE);
        }
        g_assert_cmphex(sum, ==, cases[i].sum);
        script_pattern_free(pattern);
    }
}

/* ---- help, and anything at all --------------------------------------------------------------- */

static void test_help(void) {
    static const unsigned rows[] = {[SCRIPT_OPS] = 25, [SCRIPT_HEAP] = 15};
    for (unsigned language = 0; language < SCRIPT_LANGUAGES; language++) {
        unsigned count = 0;
        char *shape;
        const char *help;
        while (script_help(language, count, &shape, &help)) {
            g_assert_cmpuint(strlen(help), >, 0);
            g_free(shape);
            count++;
        }
        g_assert_cmpuint(count, ==, rows[language]);
    }
}

/* Words of the languages in any order, and bytes of any value: an error or a script. */
static void test_mutations(void) {
    static const char *const words[] = {
        "mmap",
        "touch",
        "mremap",
        "pattern",
        "fork",
        "endfork",
        "reap",
        "brk",
        "a",
        "at",
        "ft",
        "th",
        "c",
        "m",
        "0",
        "1",
        "7",
        "B",
        "rw",
        "w",
        "-",
        "+9",
        "-9",
        "loop",
        "zipf",
        "file=F9",
        "99999999999999999999",
        "0xffffffffffffffff",
        "fixed@0x1000",
        "\xFF",
        "#",
        "",
        "madv",
        "free",
    };
    GRand *rand = g_rand_new_with_seed(11);
    for (unsigned round = 0; round < 3000; round++) {
        ScriptLanguage language = g_rand_boolean(rand) ? SCRIPT_OPS : SCRIPT_HEAP;
        g_autoptr(Script) script = script_new(language);
        ScriptProblem problem;
        bool good = true;
        for (uint32_t line = 1; good && line < 8; line++) {
            g_autoptr(GString) text = g_string_new(NULL);
            for (int n = g_rand_int_range(rand, 0, 8); n > 0; n--) {
                g_string_append_printf(text, "%s ",
                                       words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
            }
            good = script_add_line(script, text->str, line, &problem);
        }
        if (!good || !script_end(script, &problem)) {
            g_assert_cmpuint(problem.column, >=, 1);
            g_assert_true(g_utf8_validate(problem.message, -1, NULL));
            g_free(problem.message);
        }
    }
    g_rand_free(rand);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/script/mmap", test_mmap);
    g_test_add_func("/script/regions", test_regions);
    g_test_add_func("/script/accesses", test_accesses);
    g_test_add_func("/script/forks", test_forks);
    g_test_add_func("/script/heap", test_heap);
    g_test_add_func("/script/spelling", test_spelling);
    g_test_add_func("/script/mistakes", test_mistakes);
    g_test_add_func("/script/file", test_file);
    g_test_add_func("/script/patterns", test_patterns);
    g_test_add_func("/script/long_patterns", test_long_patterns);
    g_test_add_func("/script/help", test_help);
    g_test_add_func("/script/mutations", test_mutations);
    return g_test_run();
}
