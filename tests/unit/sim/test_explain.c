/* test_explain.c - the narration: the textbook's walk-through to the letter, and its limits. */
#include "explain.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "heap_map.h"
#include "output/human.h"

/* Run a workload and return all that was told. */
static char *tell_chosen(const char *machine, const char *processes, uint64_t max_lines,
                         const ExplainChoice *choice) {
    Fixture fixture = fixture_of(machine, processes);
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("faultline-XXXXXX", &path, &error);
    g_assert_no_error(error);
    Stream out;
    stream_init(&out, fd);
    Explainer *explainer = explainer_attach(fixture.machine, &out, max_lines, choice);
    fixture_run(&fixture);
    explainer_finish(explainer);
    explainer_free(explainer);
    g_assert_cmpint(stream_finish(&out), ==, 0);
    stream_clear(&out);
    g_close(fd, NULL);
    char *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    remove(path);
    fixture_clear(&fixture);
    return text;
}

static char *tell(const char *machine, const char *processes, uint64_t max_lines) {
    return tell_chosen(machine, processes, max_lines, NULL);
}

/* Each piece must come in the text, behind the one before it. */
static void assert_in_order(const char *text, const char *const *pieces) {
    const char *at = text;
    for (; *pieces != NULL; pieces++) {
        at = strstr(at, *pieces);
        if (at == NULL) {
            g_error("not told, or not in its place: %s\n%s", *pieces, text);
        }
        at += strlen(*pieces);
    }
}

static void test_walk_through(void) {
    g_autofree char *text =
        tell("'frames':16",
             "{'allocator':'two-list','program':[{'op':'malloc','id':'a','size':1024},"
             "{'op':'malloc','id':'b','size':256},{'op':'free','id':'a'}]}",
             0);
    assert_in_order(
        text,
        (const char *const[]){
            "a = malloc(1024)\n", "sbrk(4096) = 0x",
            "malloc 1024 -> free [A+1024,3072], allocated [A,1024], heap 3072 free\n",
            "    [oo1024oo|..3072..]  3072 bytes free\n",
            "malloc 256 -> free [A+1280,2816], allocated [A,1024],[A+1024,256], heap 2816 free\n",
            "free(a)\n",
            "free the block at A+0 -> free [A,1024],[A+1280,2816], allocated [A+1024,256], "
            "heap 3840 free\n",
            "    [..1024..|oo256oo|..2816..]  3840 bytes free\n", "is over: exited\n", NULL});
}

static void test_faults_and_evictions(void) {
    g_autofree char *text = tell("'frames':1,'replacement':'fifo','zero_pool':'on-demand'",
                                 "{'program':[{'op':'mmap','id':'m','length':8192},"
                                 "{'op':'write','id':'m','length':1},"
                                 "{'op':'write','id':'m','offset':4096,'length':1},"
                                 "{'op':'read','id':'m','length':1}]}",
                                 0);
    assert_in_order(text,
                    (const char *const[]){
                        "mmap(8192) = 0x", "write 1 byte at m\n", "page fault 1: write to 0x",
                        "mmap): demand zero, frame 0 zeroed on the spot, 1,000 ns\n",
                        "write 1 byte at m+4096\n", "page 0x", " is evicted",
                        " from frame 0: dirty, it must be written\n", "page fault 2: write to",
                        " after evicting page 0x", "read 1 byte at m\n", "page fault 3: read of 0x",
                        "swap-in from slot 0 into frame 0", NULL});
}

/* The pages of a reference string are told by their numbers in it. */
static void test_reference_string(void) {
    g_autofree char *text =
        tell("'frames':1,'replacement':'fifo'",
             "{'program':[{'op':'access','pattern':'pages','pages':'7 3 7'}]}", 0);
    assert_in_order(text,
                    (const char *const[]){"(page 7, file): read from its file into frame 0",
                                          "page 7 is evicted from frame 0: clean, just dropped\n",
                                          "(page 3, file)", "after evicting page 7",
                                          "after evicting page 3", NULL});
}

static void test_several_processes_are_named(void) {
    g_autofree char *text = tell("'frames':8",
                                 "{'name':'left','program':[{'op':'compute','cpu':10}]},"
                                 "{'name':'right','program':[{'op':'note','text':'hello'}]}",
                                 0);
    assert_in_order(text, (const char *const[]){"left        left starts\n", "gets the CPU\n",
                                                "left        compute 10 ns\n",
                                                "right       --- hello\n", NULL});
}

static unsigned lines_of(const char *text) {
    unsigned lines = 0;
    for (; *text != '\0'; text++) {
        lines += *text == '\n';
    }
    return lines;
}

static void test_limit(void) {
    const char *program = "{'program':[{'op':'repeat','times':500,'do':["
                          "{'op':'malloc','id':'a','size':100},{'op':'free','id':'a'}]}]}";
    g_autofree char *all = tell("'frames':8", program, 0);
    g_autofree char *some = tell("'frames':8", program, 100);
    g_assert_cmpuint(lines_of(some), ==, 1 + 100 + 1);
    g_autofree char *left = human_count(lines_of(all) - 1 - 100);
    g_autofree char *more = g_strdup_printf("... and %s more lines", left);
    g_assert_nonnull(strstr(some, more));
    g_assert_null(strstr(all, "more lines"));
}

/* ---- choices ------------------------------------------------------------------------------- */

static const char two_programs[] =
    "{'name':'left','program':[{'op':'access','pattern':'pages','pages':'1 2 1'}]},"
    "{'name':'right','program':[{'op':'access','pattern':'pages','pages':'1'}]}";

/* A fault picked by its number: the operation, the walk, and nothing of the others. */
static void test_picked_fault_is_drawn(void) {
    g_autoptr(GArray) at = explain_at_parse("2", NULL);
    ExplainChoice choice = {.at = at};
    g_autofree char *text =
        tell_chosen("'frames':1,'mmu':'x86-32'",
                    "{'program':[{'op':'access','pattern':'pages','pages':'1 2 1'}]}", 0, &choice);
    assert_in_order(text, (const char *const[]){
                              "in: access a region of its own: pages\n", "page fault 2: read of 0x",
                              " after evicting page 1", " is\n", " PD ", "  PT ", "  offset 0\n",
                              "  000000000000\n", "found  P=0, the page is in its",
                              "now    frame 0, P=1 W=1 U=1 A=1 D=0 NX=1\n", NULL});
    g_assert_null(strstr(text, "page fault 1"));
    g_assert_null(strstr(text, "page fault 3"));
    g_assert_null(strstr(text, "is over"));
}

static void test_topics(void) {
    ExplainChoice choice = {.topics = explain_topics_parse("evictions", NULL)};
    g_autofree char *evictions = tell_chosen("'frames':1", two_programs, 0, &choice);
    g_assert_nonnull(strstr(evictions, " is evicted from frame 0"));
    g_assert_null(strstr(evictions, "page fault"));
    choice.topics = explain_topics_parse("minor,processes", NULL);
    g_autofree char *lives = tell_chosen("'frames':1", two_programs, 0, &choice);
    g_assert_nonnull(strstr(lives, "right is over: exited"));
    g_assert_null(strstr(lives, "page fault"));
    g_assert_null(strstr(lives, "evicted"));
}

static void test_one_process(void) {
    ExplainChoice choice = {.process = "right"};
    g_autofree char *text = tell_chosen("'frames':4", two_programs, 0, &choice);
    g_assert_nonnull(strstr(text, "right is over"));
    g_assert_null(strstr(text, "left"));
}

static void test_lists_of_numbers(void) {
    g_autoptr(GArray) at = explain_at_parse("17,3..5", NULL);
    ExplainChoice choice = {.at = at};
    Event fault = {.kind = EVENT_fault}, other = {.kind = EVENT_evict};
    const bool told[] = {false, false, false, true, true, true, false};
    for (unsigned number = 0; number < G_N_ELEMENTS(told); number++) {
        g_assert_cmpint(explain_choice_has(&choice, NULL, &fault, number), ==, told[number]);
        g_assert_false(explain_choice_has(&choice, NULL, &other, number));
    }
    g_assert_true(explain_choice_has(&choice, NULL, &fault, 17));
    const char *const wrong[] = {"", "x", "0", "5..3", "1,,2", "3..", "-1", "1..2..3"};
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(explain_at_parse(wrong[i], &error));
        g_assert_nonnull(error);
    }
}

static void test_long_heaps_are_shortened(void) {
    HeapBlock blocks[40];
    for (unsigned i = 0; i < G_N_ELEMENTS(blocks); i++) {
        blocks[i] = (HeapBlock){
            .va = 4096 + i * 64, .length = 64, .kind = i % 2 == 0 ? BLOCK_USED : BLOCK_FREE};
    }
    g_autoptr(HeapMap) map = heap_map_new(4096, blocks, G_N_ELEMENTS(blocks));
    g_autofree char *lists = heap_map_lists(map);
    g_autofree char *drawing = heap_map_drawing(map);
    g_assert_nonnull(strstr(lists, "[A+960,64] ... and 12 more, allocated [A,64],"));
    g_assert_true(g_str_has_suffix(lists, "[A+896,64] ... and 12 more, heap 1280 free"));
    g_assert_true(g_str_has_suffix(drawing, "| ... and 24 more]  1280 bytes free"));
}

static void test_own_data_among_blocks_is_drawn(void) {
    const HeapBlock blocks[] = {{.va = 100, .length = 16, .kind = BLOCK_OVERHEAD},
                                {.va = 116, .length = 32, .kind = BLOCK_USED},
                                {.va = 9000, .length = 4096, .kind = BLOCK_OVERHEAD}};
    g_autoptr(HeapMap) map = heap_map_new(100, blocks, G_N_ELEMENTS(blocks));
    g_autofree char *lists = heap_map_lists(map);
    g_autofree char *drawing = heap_map_drawing(map);
    g_assert_cmpstr(lists, ==, "free none, allocated [A+16,32], heap 0 free");
    g_assert_cmpstr(drawing, ==, "[##16##|oo32oo]  0 bytes free");
}

/* Two lists of one name begin where no link leads to; a list of one size tells it. */
static void test_lists_with_names(void) {
    const HeapBlock blocks[] = {
        {.va = 100, .length = 32, .kind = BLOCK_FREE, .list = "bin", .list_size = 32},
        {.va = 132, .length = 48, .kind = BLOCK_USED, .flags = "P"},
        {.va = 180, .length = 32, .kind = BLOCK_FREE, .list = "bin", .list_size = 32, .link = 100},
        {.va = 212, .length = 64, .kind = BLOCK_FREE, .list = "top", .flags = ""}};
    g_autoptr(HeapMap) map = heap_map_new(100, blocks, G_N_ELEMENTS(blocks));
    g_autofree char *drawing = heap_map_drawing(map);
    g_autofree char *bins = heap_map_bins(map);
    g_assert_cmpstr(drawing, ==, "[..32..|oo48oo P|..32..|..64..]  128 bytes free");
    g_assert_cmpstr(bins, ==, "bin 32: [A+80,32]>[A,32]; top: [A+112,64]");
    g_autoptr(HeapMap) plain = heap_map_new(100, blocks + 1, 1);
    g_assert_null(heap_map_bins(plain));
}

static void test_addresses(void) {
    g_autofree char *base = heap_map_address(4096, 4096);
    g_autofree char *above = heap_map_address(4096, 4100);
    g_autofree char *below = heap_map_address(4096, 4000);
    g_assert_cmpstr(base, ==, "A");
    g_assert_cmpstr(above, ==, "A+4");
    g_assert_cmpstr(below, ==, "A-96");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/explain/walk-through", test_walk_through);
    g_test_add_func("/explain/faults", test_faults_and_evictions);
    g_test_add_func("/explain/reference-string", test_reference_string);
    g_test_add_func("/explain/several", test_several_processes_are_named);
    g_test_add_func("/explain/limit", test_limit);
    g_test_add_func("/explain/picked", test_picked_fault_is_drawn);
    g_test_add_func("/explain/topics", test_topics);
    g_test_add_func("/explain/one-process", test_one_process);
    g_test_add_func("/explain/numbers", test_lists_of_numbers);
    g_test_add_func("/explain/long-heaps", test_long_heaps_are_shortened);
    g_test_add_func("/explain/own-data", test_own_data_among_blocks_is_drawn);
    g_test_add_func("/explain/lists-with-names", test_lists_with_names);
    g_test_add_func("/explain/addresses", test_addresses);
    return g_test_run();
}
