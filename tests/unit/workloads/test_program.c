/* test_program.c - programs compiled: each op's arguments, loops as jumps, ids as slots. */
#include <string.h>

#include "vocabulary.h"

/* The workload whose only program is `ops`, with ' for ". */
static Workload *compile(const char *ops) {
    g_autofree char *text = g_strdup_printf("{'processes':[{'program':[%s]}]}", ops);
    g_strdelimit(text, "'", '"');
    g_autoptr(GError) error = NULL;
    Workload *w = workload_parse("lab.json", text, strlen(text), NULL, test_vocabulary(), &error);
    g_assert_no_error(error);
    return w;
}

static const Program *program_of(const Workload *w) { return &w->processes[0].program; }

static void assert_name(const Workload *w, uint64_t slot, const char *expected) {
    g_autofree char *name = program_slot_name(program_of(w), slot);
    g_assert_cmpstr(name, ==, expected);
}

static const Op *op_of(const Workload *w, uint32_t index) {
    g_assert_cmpuint(index, <, program_of(w)->op_count);
    return &program_of(w)->ops[index];
}

static void test_allocator_ops(void) {
    g_autoptr(Workload) w = compile("{'op':'malloc','id':'a','size':'18446744073709551615'},"
                                    "{'op':'calloc','id':'b','count':3,'size':8},"
                                    "{'op':'calloc','id':'b','size':8},"
                                    "{'op':'realloc','id':'a','size':0},"
                                    "{'op':'aligned_alloc','id':'c','size':5,'alignment':64},"
                                    "{'op':'free','id':'b'}");
    g_assert_cmpuint(op_of(w, 0)->kind, ==, OP_MALLOC);
    g_assert_cmpuint(op_of(w, 0)->size, ==, UINT64_MAX);
    g_assert_cmpuint(op_of(w, 1)->count, ==, 3);
    g_assert_cmpuint(op_of(w, 1)->size, ==, 8);
    g_assert_cmpuint(op_of(w, 2)->count, ==, 1);
    g_assert_cmpuint(op_of(w, 3)->kind, ==, OP_REALLOC);
    g_assert_cmpuint(op_of(w, 3)->target.base, ==, 0);
    g_assert_cmpuint(op_of(w, 4)->alignment, ==, 64);
    g_assert_cmpuint(op_of(w, 4)->target.base, ==, 2);
    g_assert_cmpuint(op_of(w, 5)->target.base, ==, 1);
    g_assert_cmpuint(program_of(w)->slot_count, ==, 3);
    assert_name(w, 2, "c");
}

static void test_memory_ops(void) {
    g_autoptr(Workload) w =
        compile("{'op':'malloc','id':'a','size':64},"
                "{'op':'read','id':'a'},"
                "{'op':'write','address':'0x1000','length':8,'value':255},"
                "{'op':'touch','id':'a','offset':'4KiB','length':1,'write':false},"
                "{'op':'touch','id':'a'},"
                "{'op':'fill','id':'a','seed':9},"
                "{'op':'verify','id':'a','value':9},"
                "{'op':'copy','from_address':4096,'id':'a','offset':3,'length':5}");
    g_assert_cmpuint(op_of(w, 1)->place, ==, PLACE_SLOT);
    g_assert_cmpuint(op_of(w, 1)->address, ==, 0);
    g_assert_cmpuint(op_of(w, 1)->length, ==, OP_LENGTH_REST);
    g_assert_cmpuint(op_of(w, 2)->place, ==, PLACE_ADDRESS);
    g_assert_cmpuint(op_of(w, 2)->address, ==, 4096);
    g_assert_cmpuint(op_of(w, 2)->value, ==, 255);
    g_assert_cmpuint(op_of(w, 3)->access, ==, ACCESS_READ);
    g_assert_cmpuint(op_of(w, 3)->address, ==, 4096);
    g_assert_cmpuint(op_of(w, 4)->access, ==, ACCESS_WRITE);
    g_assert_true(op_of(w, 5)->seeded);
    g_assert_cmpuint(op_of(w, 5)->value, ==, 9);
    g_assert_false(op_of(w, 6)->seeded);
    g_assert_cmpuint(op_of(w, 7)->source_place, ==, PLACE_ADDRESS);
    g_assert_cmpuint(op_of(w, 7)->source_address, ==, 4096);
    g_assert_cmpuint(op_of(w, 7)->address, ==, 3);
}

static void test_system_calls(void) {
    g_autoptr(Workload) w = compile(
        "{'op':'sbrk','increment':'-4KiB'}, {'op':'brk','address':'0x5000'},"
        "{'op':'brk','increment':-8}, {'op':'mmap','id':'r','size':'1MiB'},"
        "{'op':'mmap','id':'f','length':9,'address':'0x10000','prot':'rx',"
        " 'flags':['noreplace','populate'],'backing':'file'},"
        "{'op':'mprotect','id':'r','prot':'none'}, {'op':'madvise','id':'r','advice':'pageout'},"
        "{'op':'mremap','id':'r','new_length':'2MiB','may_move':false},"
        "{'op':'munmap','address':65536,'length':4096}");
    g_assert_cmpint(op_of(w, 0)->increment, ==, -4096);
    g_assert_false(op_of(w, 1)->relative);
    g_assert_cmpuint(op_of(w, 1)->address, ==, 0x5000);
    g_assert_true(op_of(w, 2)->relative);
    g_assert_cmpint(op_of(w, 2)->increment, ==, -8);
    g_assert_cmpuint(op_of(w, 3)->length, ==, 1 << 20);
    g_assert_cmpuint(op_of(w, 3)->place, ==, PLACE_NONE);
    g_assert_cmpuint(op_of(w, 3)->prot, ==, VM_READ | VM_WRITE);
    g_assert_cmpuint(op_of(w, 4)->prot, ==, VM_READ | VM_EXEC);
    g_assert_cmpuint(op_of(w, 4)->address, ==, 0x10000);
    g_assert_cmpuint(op_of(w, 4)->map_flags, ==,
                     OP_MAP_FIXED | OP_MAP_NOREPLACE | OP_MAP_POPULATE | OP_MAP_FILE);
    g_assert_cmpuint(op_of(w, 5)->prot, ==, VM_NONE);
    g_assert_cmpuint(op_of(w, 6)->advice, ==, OP_ADVICE_PAGEOUT);
    g_assert_cmpuint(op_of(w, 7)->size, ==, 2 << 20);
    g_assert_cmpuint(op_of(w, 7)->length, ==, OP_LENGTH_REST);
    g_assert_cmpuint(op_of(w, 7)->remap_flags, ==, 0);
    g_assert_cmpuint(op_of(w, 8)->address, ==, 65536);
}

static void test_time_and_words(void) {
    g_autoptr(Workload) w = compile("{'op':'compute','cpu':'5us'}, {'op':'sleep','time':7},"
                                    "{'op':'yield'}, {'op':'phase','name':'p'},\n"
                                    "{'op':'note','text':'n'}, {'op':'exit','code':3}");
    g_assert_cmpuint(op_of(w, 0)->time, ==, 5000);
    g_assert_cmpuint(op_of(w, 1)->time, ==, 7);
    g_assert_cmpuint(op_of(w, 3)->line, ==, 1);
    g_assert_cmpuint(op_of(w, 4)->line, ==, 2);
    g_assert_cmpstr(program_of(w)->strings[op_of(w, 3)->string], ==, "p");
    g_assert_cmpstr(program_of(w)->strings[op_of(w, 4)->string], ==, "n");
    g_assert_cmpuint(op_of(w, 5)->value, ==, 3);
}

static const PatternSpec *pattern_of(const Workload *w, uint32_t index) {
    return program_of(w)->patterns[op_of(w, index)->pattern];
}

static void test_patterns(void) {
    g_autoptr(Workload) w = compile(
        "{'op':'mmap','id':'r','length':'1MiB'},"
        "{'op':'access','over':'r','pattern':'sequential'},"
        "{'op':'access','over':'r','pattern':'stride','stride':-8,'count':5,'write':0.25},"
        "{'op':'access','pattern':'matrix','rows':3,'columns':4,'order':'column'},"
        "{'op':'access','pattern':'chase','offset':'4KiB','length':'8KiB'},"
        "{'op':'access','pattern':'phases','length':4096,'phases':"
        " [{'pattern':'loop'},{'pattern':'phases','phases':[{'pattern':'zipf','count':9}]}]}");
    g_assert_cmpuint(op_of(w, 1)->place, ==, PLACE_SLOT);
    g_assert_cmpuint(pattern_of(w, 1)->element, ==, 8);
    g_assert_cmpuint(pattern_of(w, 1)->length, ==, UINT64_MAX);
    g_assert_cmpuint(pattern_of(w, 1)->count, ==, 0);
    g_assert_cmpint(pattern_of(w, 2)->stride, ==, -8);
    g_assert_cmpuint(pattern_of(w, 2)->count, ==, 5);
    g_assert_cmpuint(pattern_of(w, 2)->write_ppm, ==, 250000);
    g_assert_cmpuint(op_of(w, 3)->place, ==, PLACE_NONE);
    g_assert_true(pattern_of(w, 3)->by_column);
    g_assert_cmpuint(pattern_of(w, 3)->rows, ==, 3);
    g_assert_cmpuint(pattern_of(w, 3)->columns, ==, 4);
    g_assert_cmpuint(pattern_of(w, 4)->element, ==, 64);
    g_assert_cmpuint(pattern_of(w, 4)->offset, ==, 4096);
    g_assert_cmpuint(pattern_of(w, 5)->phase_count, ==, 2);
    g_assert_cmpint(pattern_of(w, 5)->phases[1]->phases[0]->kind, ==, PATTERN_ZIPF);
}

static void assert_pages(const char *pages, const uint64_t *expected, size_t count) {
    g_autofree char *ops = g_strdup_printf("{'op':'access','pattern':'pages','pages':%s}", pages);
    g_autoptr(Workload) w = compile(ops);
    const PatternSpec *spec = pattern_of(w, 0);
    g_assert_cmpmem(spec->pages, spec->page_count * sizeof(uint64_t), expected,
                    count * sizeof(uint64_t));
}

static void test_pages(void) {
    static const uint64_t expected[] = {7 << 1, 0, 1 << 1 | 1, 2 << 1};
    assert_pages("'7 0 1w 2'", expected, 4);
    assert_pages("' 7,0,\\t1w\\n2 '", expected, 4);
    assert_pages("[7, 0, '1w', 2]", expected, 4);
    assert_pages("['7 0', '1w 2']", expected, 4);
    static const uint64_t largest[] = {UINT64_C(1) << 37};
    assert_pages("'68719476736'", largest, 1);
    assert_pages("[68719476736]", largest, 1);
}

static void test_churn(void) {
    g_autoptr(Workload) w =
        compile("{'op':'churn','operations':100},"
                "{'op':'churn','operations':5,'live':'2KiB','lifetime':'fifo','touch':false,"
                " 'sizes':{'min':32,'max':64,'distribution':'powers'}}");
    const ChurnSpec *churns = program_of(w)->churns;
    g_assert_cmpuint(churns[0].operations, ==, 100);
    g_assert_cmpuint(churns[0].live_bytes, ==, 1 << 20);
    g_assert_cmpuint(churns[0].size_min, ==, 16);
    g_assert_cmpuint(churns[0].size_max, ==, 1024);
    g_assert_true(churns[0].touch);
    g_assert_cmpuint(op_of(w, 1)->churn, ==, 1);
    g_assert_cmpuint(churns[1].live_bytes, ==, 2048);
    g_assert_cmpuint(churns[1].size_max, ==, 64);
    g_assert_cmpint(churns[1].sizes, ==, CHURN_POWERS);
    g_assert_cmpint(churns[1].lifetime, ==, CHURN_FIFO);
    g_assert_false(churns[1].touch);
}

/* 0 REPEAT 2 | 1 yield | 2 REPEAT 0 | 3 yield | 4 AGAIN | 5 AGAIN | 6 exit */
static void test_repeat(void) {
    g_autoptr(Workload) w =
        compile("{'op':'repeat','times':2,'do':[{'op':'yield'},"
                "{'op':'repeat','times':0,'as':'i','do':[{'op':'yield'}]}]}, {'op':'exit'}");
    static const uint8_t kinds[] = {OP_REPEAT, OP_YIELD, OP_REPEAT, OP_YIELD,
                                    OP_AGAIN,  OP_AGAIN, OP_EXIT};
    g_assert_cmpuint(program_of(w)->op_count, ==, G_N_ELEMENTS(kinds));
    for (uint32_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_assert_cmpuint(op_of(w, i)->kind, ==, kinds[i]);
    }
    g_assert_cmpuint(op_of(w, 0)->count, ==, 2);
    g_assert_cmpuint(op_of(w, 0)->jump, ==, 6);
    g_assert_cmpuint(op_of(w, 2)->jump, ==, 5);
    g_assert_cmpuint(op_of(w, 4)->jump, ==, 3);
    g_assert_cmpuint(op_of(w, 5)->jump, ==, 1);
}

static uint64_t slot_at(const SlotRef *ref, const uint64_t *counters) {
    uint64_t slot = ref->base;
    for (int k = 0; k < SLOT_INDICES_MAX; k++) {
        slot += ref->loop[k] < 0 ? 0 : ref->stride[k] * counters[ref->loop[k]];
    }
    return slot;
}

/* a: slot 0; grid 4 x 5: slots 1..20; last: slot 21. */
static void test_slots(void) {
    g_autoptr(Workload) w =
        compile("{'op':'malloc','id':'a','size':1},"
                "{'op':'repeat','times':3,'as':'i','do':[{'op':'repeat','times':5,'as':'j','do':["
                "  {'op':'malloc','id':'grid[$i][$j]','size':1},"
                "  {'op':'free','id':'grid[$i][2]'}]}]},"
                "{'op':'free','id':'grid[3][0]'}, {'op':'malloc','id':'last','size':1}");
    g_assert_cmpuint(program_of(w)->slot_count, ==, 1 + 4 * 5 + 1);
    const Op *make = op_of(w, 3), *drop = op_of(w, 4);
    for (uint64_t i = 0; i < 3; i++) {
        for (uint64_t j = 0; j < 5; j++) {
            const uint64_t counters[] = {i, j};
            g_assert_cmpuint(slot_at(&make->target, counters), ==, 1 + i * 5 + j);
            g_assert_cmpuint(slot_at(&drop->target, counters), ==, 1 + i * 5 + 2);
        }
    }
    g_assert_cmpuint(op_of(w, 7)->target.base, ==, 1 + 3 * 5);
    g_assert_cmpuint(op_of(w, 8)->target.base, ==, 21);
    assert_name(w, 1, "grid[0][0]");
    assert_name(w, 2, "grid[0][1]");
    assert_name(w, 20, "grid[3][4]");
    assert_name(w, 21, "last");
}

/* An id may be used before the op that makes it; the diagonal of a matrix is one loop twice. */
static void test_slots_out_of_order(void) {
    g_autoptr(Workload) w =
        compile("{'op':'repeat','times':4,'as':'i','do':[{'op':'free','id':'m[$i][$i]'},"
                "{'op':'malloc','id':'m[$i][$i]','size':1}]}");
    const uint64_t counters[] = {3};
    g_assert_cmpuint(program_of(w)->slot_count, ==, 16);
    g_assert_cmpuint(slot_at(&op_of(w, 1)->target, counters), ==, 15);
}

/* Property: random programs of indexed ids give each (name, index, index) a slot of its own. */
static void test_slots_disjoint(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    for (int round = 0; round < 200; round++) {
        g_autoptr(GString) ops = g_string_new(NULL);
        g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
        for (int i = 0; i < 30; i++) {
            int name = g_rand_int_range(rand, 0, 3);
            char *id = name == 0   ? g_strdup_printf("n%d", g_rand_int_range(rand, 0, 3))
                       : name == 1 ? g_strdup_printf("v[%d]", g_rand_int_range(rand, 0, 9))
                                   : g_strdup_printf("m[%d][%d]", g_rand_int_range(rand, 0, 9),
                                                     g_rand_int_range(rand, 0, 9));
            g_ptr_array_add(ids, id);
            g_string_append_printf(ops, "%s{'op':'malloc','id':'%s','size':1}", i == 0 ? "" : ",",
                                   id);
        }
        g_autoptr(Workload) w = compile(ops->str);
        for (guint a = 0; a < ids->len; a++) {
            g_assert_cmpuint(op_of(w, a)->target.base, <, program_of(w)->slot_count);
            for (guint b = 0; b < a; b++) {
                g_assert_true((op_of(w, a)->target.base == op_of(w, b)->target.base) ==
                              (strcmp(ids->pdata[a], ids->pdata[b]) == 0));
            }
        }
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/program/allocator-ops", test_allocator_ops);
    g_test_add_func("/program/memory-ops", test_memory_ops);
    g_test_add_func("/program/system-calls", test_system_calls);
    g_test_add_func("/program/time-and-words", test_time_and_words);
    g_test_add_func("/program/patterns", test_patterns);
    g_test_add_func("/program/pages", test_pages);
    g_test_add_func("/program/churn", test_churn);
    g_test_add_func("/program/repeat", test_repeat);
    g_test_add_func("/program/slots", test_slots);
    g_test_add_func("/program/slots-out-of-order", test_slots_out_of_order);
    g_test_add_func("/program/slots-disjoint", test_slots_disjoint);
    return g_test_run();
}
