/* test_curve.c - curves of one pass against brute force at every size, against the reference
 * answers, and against the machine itself. */
#include "curve/curve_set.h"
#include "curve/opt_stack.h"
#include "curve/recency.h"
#include "curve/sampled_curve.h"

#include "curve_strings.h"
#include "fixture.h"
#include "size_list.h"

/* ---- brute force --------------------------------------------------------------------------- */

static void assert_curves(const uint32_t *pages, uint64_t count) {
    g_autoptr(ReferenceString) string = string_of(pages, count);
    g_autoptr(StackCurve) lru = stack_curve_lru(string);
    g_autoptr(StackCurve) opt = stack_curve_opt(string);
    g_autofree uint64_t *next = next_uses_of(pages, count);
    g_assert_cmpstr(stack_curve_check(lru), ==, NULL);
    g_assert_cmpstr(stack_curve_check(opt), ==, NULL);
    g_assert_cmpuint(lru->references, ==, count);
    g_assert_cmpuint(opt->references, ==, count);
    for (uint32_t frames = 1; frames <= string->page_count + 1; frames++) {
        uint64_t best = stack_curve_faults(opt, frames);
        g_assert_cmpuint(stack_curve_faults(lru, frames), ==,
                         brute_faults(pages, count, frames, NULL));
        g_assert_cmpuint(best, ==, brute_faults(pages, count, frames, next));
        g_assert_cmpuint(best, <=, stack_curve_faults(lru, frames));
    }
}

static void test_stack_curves(void) {
    Rng rng = {11};
    uint32_t pages[120];
    for (int round = 0; round < 6000; round++) {
        uint64_t count = rng_below(&rng, G_N_ELEMENTS(pages) + 1);
        fill_random(&rng, pages, count, 1 + (uint32_t)rng_below(&rng, 14));
        assert_curves(pages, count);
    }
}

/* More pages than a block of the stack and than a word of the row hold; at a few sizes. */
static void test_many_pages(void) {
    Rng rng = {12};
    uint32_t pages[2500];
    for (int round = 0; round < 6; round++) {
        fill_random(&rng, pages, G_N_ELEMENTS(pages), 700);
        g_autoptr(ReferenceString) string = string_of(pages, G_N_ELEMENTS(pages));
        g_autoptr(StackCurve) lru = stack_curve_lru(string);
        g_autoptr(StackCurve) opt = stack_curve_opt(string);
        g_autofree uint64_t *next = next_uses_of(pages, G_N_ELEMENTS(pages));
        for (uint32_t frames = 1; frames < 700; frames = 3 * frames + 1) {
            g_assert_cmpuint(stack_curve_faults(lru, frames), ==,
                             brute_faults(pages, G_N_ELEMENTS(pages), frames, NULL));
            g_assert_cmpuint(stack_curve_faults(opt, frames), ==,
                             brute_faults(pages, G_N_ELEMENTS(pages), frames, next));
        }
    }
}

/* The structures themselves, after every reference. */
static void test_structures(void) {
    Rng rng = {13};
    uint32_t pages[3000];
    for (uint32_t page_count = 1; page_count <= 600; page_count = 2 * page_count + 3) {
        fill_random(&rng, pages, G_N_ELEMENTS(pages), page_count);
        Recency recency;
        OptStack stack;
        recency_init(&recency, page_count);
        opt_stack_init(&stack, page_count);
        for (uint32_t t = 0; t < G_N_ELEMENTS(pages); t++) {
            uint64_t next = next_use_of(pages, G_N_ELEMENTS(pages), t + 1, pages[t]);
            uint32_t lru = recency_use(&recency, pages[t]);
            uint32_t opt = opt_stack_use(
                &stack, t, next == G_N_ELEMENTS(pages) ? NEXT_USE_NONE : (uint32_t)next);
            g_assert_cmpuint(opt == 0, ==, lru == 0);
            g_assert_cmpuint(opt, <=, recency.seen);
            if (t % 16 == 0) {
                g_assert_cmpstr(recency_check(&recency), ==, NULL);
                g_assert_cmpstr(opt_stack_check(&stack), ==, NULL);
            }
        }
        recency_clear(&recency);
        opt_stack_clear(&stack);
    }
}

/* Pages that some window of `tau` references before or after keeps, summed over time. */
static void assert_window(const uint32_t *pages, uint64_t count, const WindowCurve *curve,
                          uint64_t tau) {
    uint64_t faults = 0, held = 0, ahead = 0;
    for (uint64_t t = 0; t < count; t++) {
        uint64_t from = t + 1 >= tau ? t + 1 - tau : 0;
        for (uint64_t i = from; i <= t; i++) {
            held += next_use_of(pages, t + 1, i + 1, pages[i]) == t + 1; /* its last use there */
        }
        uint64_t before = t;
        while (before > 0 && pages[before - 1] != pages[t]) {
            before--;
        }
        faults += before == 0 || t - (before - 1) > tau;
        uint64_t next = next_use_of(pages, count, t + 1, pages[t]);
        ahead += next < count && next - t <= tau ? next - t : 1;
    }
    g_assert_cmpuint(window_curve_faults(curve, tau), ==, faults);
    g_assert_cmpuint(window_curve_ws(curve, tau), ==, held);
    g_assert_cmpuint(window_curve_vmin(curve, tau), ==, ahead);
}

static void test_window_curve(void) {
    Rng rng = {14};
    uint32_t pages[90];
    for (int round = 0; round < 600; round++) {
        uint64_t count = rng_below(&rng, G_N_ELEMENTS(pages) + 1);
        fill_random(&rng, pages, count, 1 + (uint32_t)rng_below(&rng, 14));
        g_autoptr(ReferenceString) string = string_of(pages, count);
        g_autoptr(WindowCurve) curve = window_curve_new(string);
        g_assert_cmpstr(window_curve_check(curve), ==, NULL);
        for (uint64_t tau = 1; tau <= count + 1; tau++) {
            assert_window(pages, count, curve, tau);
        }
    }
}

/* ---- reference answers --------------------------------------------------------------------- */

static void assert_faults(char **words, const StackCurve *curve) {
    g_assert_cmpuint(g_strv_length(words), ==, curve->pages);
    for (uint32_t frames = 1; frames <= curve->pages; frames++) {
        g_assert_cmpuint(stack_curve_faults(curve, frames), ==, number(words[frames - 1]));
    }
}

static void assert_lengths(char **words, const GArray *counts) {
    g_assert_cmpuint(g_strv_length(words), ==, counts->len);
    for (guint i = 0; i < counts->len; i++) {
        const LengthCount *entry = &g_array_index(counts, LengthCount, i);
        g_autofree char *word = g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
                                                entry->length, entry->count);
        g_assert_cmpstr(word, ==, words[i]);
    }
}

static void assert_reference(char **words) {
    g_autoptr(ReferenceString) string = string_recorded(words[0]);
    g_autoptr(StackCurve) lru = stack_curve_lru(string);
    g_autoptr(StackCurve) opt = stack_curve_opt(string);
    g_autoptr(WindowCurve) window = window_curve_new(string);
    if (strcmp(words[1], "sizes") == 0) {
        g_assert_cmpuint(string->page_count, ==, number(words[2]));
        g_assert_cmpuint(string->count, ==, number(words[3]));
    } else if (strcmp(words[1], "lru") == 0 || strcmp(words[1], "opt") == 0) {
        assert_faults(words + 2, words[1][0] == 'l' ? lru : opt);
    } else if (strcmp(words[1], "intervals") == 0 || strcmp(words[1], "tails") == 0) {
        assert_lengths(words + 2, words[1][0] == 'i' ? window->intervals : window->tails);
    } else {
        g_assert_cmpstr(words[1], ==, "window");
        uint64_t tau = number(words[2]);
        g_assert_cmpuint(window_curve_faults(window, tau), ==, number(words[3]));
        g_assert_cmpuint(window_curve_ws(window, tau), ==, number(words[4]));
        g_assert_cmpuint(window_curve_vmin(window, tau), ==, number(words[5]));
    }
}

static void test_reference(void) {
    g_autoptr(GPtrArray) table = read_table("reference/curves.txt");
    g_assert_cmpuint(table->len, ==, 51);
    for (guint i = 0; i < table->len; i++) {
        assert_reference(g_ptr_array_index(table, i));
    }
}

/* ---- samples ------------------------------------------------------------------------------- */

static GArray *sizes_upto(uint64_t last) {
    GArray *sizes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (uint64_t size = 1; size <= last; size += 1 + size / 8) {
        g_array_append_val(sizes, size);
    }
    return sizes;
}

/* A sample of all pages is no estimate. */
static void test_sample_of_all(void) {
    g_autoptr(ReferenceString) string = string_recorded("phases_20k");
    g_autoptr(GArray) sizes = sizes_upto(500);
    g_autoptr(StackCurve) lru = stack_curve_lru(string);
    g_autoptr(SampledCurve) sampled = sampled_curve_new(string, SAMPLE_ALL, sizes);
    g_assert_cmpuint(sampled->pages, ==, string->page_count);
    for (guint i = 0; i < sizes->len; i++) {
        uint64_t exact = stack_curve_faults(lru, size_at(sizes, i));
        g_assert_cmpuint(size_at(sampled->faults, i), ==, exact);
        g_assert_cmpuint(size_at(sampled->errors, i), ==, 0);
    }
}

/* Of the stated errors, nearly all hold; and they say something. */
static void test_sample_error(void) {
    enum { COUNT = 300000, PAGES = 20000 };
    Rng rng = {15};
    g_autofree uint32_t *pages = g_new(uint32_t, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint64_t a = rng_below(&rng, PAGES), b = rng_below(&rng, PAGES);
        pages[i] = (uint32_t)(a * b / PAGES); /* small numbers more often */
    }
    g_autoptr(ReferenceString) string = string_of(pages, COUNT);
    g_autoptr(GArray) sizes = sizes_upto(string->page_count);
    g_autoptr(StackCurve) lru = stack_curve_lru(string);
    g_autoptr(SampledCurve) sampled = sampled_curve_new(string, SAMPLE_ALL / 10, sizes);
    guint held = 0;
    for (guint i = 0; i < sizes->len; i++) {
        uint64_t exact = stack_curve_faults(lru, size_at(sizes, i));
        uint64_t about = size_at(sampled->faults, i), error = size_at(sampled->errors, i);
        held += MAX(exact, about) - MIN(exact, about) <= error;
        g_assert_cmpuint(error, <, COUNT / 5);
    }
    g_assert_cmpuint(held, >=, sizes->len * 9 / 10);
    g_assert_cmpuint(sampled->pages, >, string->page_count / 12);
    g_assert_cmpuint(sampled->pages, <, string->page_count / 8);
}

/* ---- against the machine ------------------------------------------------------------------- */

/* Anonymous memory, read and written, a heap with headers, and a file's pages. */
#define PROGRAM                                                                                    \
    "{'machine':{'memory':'1MiB','swap':'none'},'processes':[{'program':["                         \
    "{'op':'mmap','id':'m','length':'64KiB'},"                                                     \
    "{'op':'access','pattern':'zipf','over':'m','count':150,'write':0.5},"                         \
    "{'op':'malloc','id':'a','size':20000},{'op':'write','id':'a','length':20000},"                \
    "{'op':'access','pattern':'pages','pages':'7 0 1 2w 0 3 0 4 2w 3 0 3'}]}]}"

static CurveSet *curves_of(const char *json, const char *policies, GError **error) {
    char *words[] = {"faultline",      "curve",    "test.json",
                     "--memory=1..32", "--policy", (char *)policies};
    g_autoptr(Options) options = options_parse(G_N_ELEMENTS(words), words, error);
    g_assert_nonnull(options);
    g_autoptr(Origin) origin = origin_of(json);
    return curve_set_new(options, origin, NULL, error);
}

/* One pass, and runs with as much memory: the machine's faults on loading a page. */
static uint64_t run_faults(const char *policy, unsigned frames) {
    g_autoptr(Origin) origin = origin_of(PROGRAM);
    g_autoptr(GError) error = NULL;
    g_autofree char *memory = g_strdup_printf("/machine/memory=\"%uKiB\"", 4 * frames);
    g_autofree char *replacement = g_strconcat("/machine/replacement=", policy, NULL);
    const char *overrides[] = {memory, replacement, "/machine/shared_zero_page=false",
                               "/machine/swap={\"size\": \"1MiB\"}", NULL};
    g_autoptr(Workload) workload = origin_parse(origin, overrides, &error);
    g_assert_no_error(error);
    g_autoptr(Machine) machine = machine_create(workload, &error);
    g_assert_no_error(error);
    machine_run(machine, &error);
    g_assert_no_error(error);
    Counters counters = machine_counters(machine);
    return counters.minflt + counters.majflt;
}

static void test_machine(void) {
    static const char *const policies[] = {"lru", "opt"};
    g_autoptr(GError) error = NULL;
    g_autoptr(CurveSet) set = curves_of(PROGRAM, "lru,opt,ws", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(set->sizes->len, ==, 32);
    g_assert_cmpuint(set->pages, >, 20);
    for (unsigned i = 0; i < G_N_ELEMENTS(policies); i++) {
        for (unsigned row = 0; row < set->sizes->len; row++) {
            g_assert_cmpuint(size_curve_faults(size_curve_at(set, i), row), ==,
                             run_faults(policies[i], row + 1));
        }
    }
    g_assert_nonnull(set->window);
}

/* Policies that have to be run: swap, the zero page and soft faults of the workload do not show. */
static void test_runs(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(CurveSet) set = curves_of(PROGRAM, "clock,opt,fifo", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(set->curves->len, ==, 3);
    const SizeCurve *clock = size_curve_at(set, 0), *opt = size_curve_at(set, 1);
    const SizeCurve *fifo = size_curve_at(set, 2);
    g_assert_cmpstr(clock->name, ==, "clock");
    g_assert_cmpstr(fifo->name, ==, "fifo");
    for (unsigned row = 0; row < set->sizes->len; row++) {
        g_assert_cmpuint(size_curve_faults(clock, row), ==, run_faults("clock", row + 1));
        g_assert_cmpuint(size_curve_faults(fifo, row), ==, run_faults("fifo", row + 1));
        g_assert_cmpuint(size_curve_faults(opt, row), <=, size_curve_faults(fifo, row));
        if (size_at(set->sizes, row) >= set->pages) {
            g_assert_cmpuint(size_curve_faults(clock, row), ==, set->pages);
        }
    }
}

static void test_refused(void) {
    g_autoptr(GError) error = NULL;
    g_assert_null(curves_of("{'processes':[{'copies':2,'program':[]}]}", "lru", &error));
    g_assert_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT);
    g_clear_error(&error);
    g_assert_null(curves_of(PROGRAM, "lru,ruler", &error));
    g_assert_error(error, OPTIONS_ERROR, 0);
}

static CurveSet *curves_of_process(const char *name, const char *policies, GError **error) {
    char *words[] = {"faultline",  "curve",    "test.json",      "--process",
                     (char *)name, "--policy", (char *)policies, "--working-set=5,3,5"};
    g_autoptr(Options) options = options_parse(G_N_ELEMENTS(words), words, error);
    g_assert_nonnull(options);
    g_autoptr(Origin) origin =
        origin_of("{'processes':["
                  "{'name':'a','copies':2,'program':["
                  "{'op':'access','pattern':'pages','pages':'1 2 3 1 2 3'}]},"
                  "{'name':'b','program':[{'op':'access','pattern':'pages','pages':'1 2 1'}]}]}");
    return curve_set_new(options, origin, NULL, error);
}

static void test_process(void) {
    static const struct {
        const char *name;
        uint64_t references;
    } names[] = {{"a", 6}, {"a#2", 6}, {"b", 3}};
    static const char *const unknown[] = {"c", "a#3", "a#1", "b#2", "a#", ""};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CurveSet) set = curves_of_process(names[i].name, "lru,ws", &error);
        g_assert_no_error(error);
        g_assert_cmpuint(set->references, ==, names[i].references);
        g_assert_cmpuint(set->series->len, ==, 2);
        g_assert_cmpuint(working_set_at(set, 0)->window, ==, 3);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(unknown); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(curves_of_process(unknown[i], "lru", &error));
        g_assert_error(error, OPTIONS_ERROR, 0);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(curves_of_process("a", "lru,fifo", &error)); /* would have to be run */
    g_assert_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT);
}

static void test_nothing(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(CurveSet) set = curves_of("{'processes':[{'program':[]}]}", "lru,opt,ws", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(set->references, ==, 0);
    g_assert_cmpuint(size_curve_faults(size_curve_at(set, 0), 0), ==, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/curve/stack-curves", test_stack_curves);
    g_test_add_func("/curve/many-pages", test_many_pages);
    g_test_add_func("/curve/structures", test_structures);
    g_test_add_func("/curve/window-curve", test_window_curve);
    g_test_add_func("/curve/reference", test_reference);
    g_test_add_func("/curve/sample-of-all", test_sample_of_all);
    g_test_add_func("/curve/sample-error", test_sample_error);
    g_test_add_func("/curve/machine", test_machine);
    g_test_add_func("/curve/runs", test_runs);
    g_test_add_func("/curve/refused", test_refused);
    g_test_add_func("/curve/process", test_process);
    g_test_add_func("/curve/nothing", test_nothing);
    return g_test_run();
}
