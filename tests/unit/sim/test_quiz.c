/* test_quiz.c - questions about runs: answers against a model of fifo, variants, and what is fair. */
#include "quiz.h"

#include <stdio.h>

#include "fixture.h"
#include "output/quiz_text.h"

static const unsigned belady[] = {1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};
static const char belady_json[] =
    "{\"name\":\"belady\",\"machine\":{\"frames\":3,\"replacement\":\"fifo\"},\"processes\":[{"
    "\"program\":[{\"op\":\"access\",\"pattern\":\"pages\",\"pages\":\"1 2 3 4 1 2 5 1 2 3 4 "
    "5\"}]}]}";

static Workload *load(const char *json) {
    GError *error = NULL;
    Workload *workload =
        workload_parse("test.json", json, strlen(json), NULL, registry_vocabulary(), &error);
    g_assert_no_error(error);
    return workload;
}

static Quiz *make(const Workload *workload, uint64_t seed, uint32_t questions) {
    GError *error = NULL;
    Quiz *quiz = quiz_make(workload, &(QuizPlan){seed, questions}, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(quiz_check(quiz), ==, NULL);
    return quiz;
}

/* Who is evicted by each reference of the string: 0, nobody; G_MAXUINT, it is a hit. */
static void fifo_model(unsigned *victims) {
    unsigned queue[3] = {0}, next = 0;
    for (unsigned t = 0; t < G_N_ELEMENTS(belady); t++) {
        victims[t] = G_MAXUINT;
        if (queue[0] != belady[t] && queue[1] != belady[t] && queue[2] != belady[t]) {
            victims[t] = queue[next];
            queue[next] = belady[t];
            next = (next + 1) % 3;
        }
    }
}

static void test_answers_are_those_of_a_model(void) {
    g_autoptr(Workload) workload = load(belady_json);
    unsigned victims[G_N_ELEMENTS(belady)], kinds[QUIZ_KINDS] = {0};
    fifo_model(victims);
    for (uint64_t seed = 0; seed < 40; seed++) {
        g_autoptr(Quiz) quiz = make(workload, seed, 5);
        g_assert_cmpuint(quiz->questions->len, ==, 5);
        for (unsigned i = 0; i < quiz->questions->len; i++) {
            const QuizQuestion *q = quiz_question(quiz, i);
            unsigned expected = victims[q->step.at];
            g_autofree char *page = g_strdup_printf("page %u", belady[q->step.at]);
            g_autofree char *victim = g_strdup_printf("page %u", expected);
            g_assert_cmpstr(q->page, ==, page);
            g_assert_cmpint(q->step.fault.number != 0, ==, expected != G_MAXUINT);
            g_assert_cmpstr(q->victim, ==, expected == 0 || expected == G_MAXUINT ? NULL : victim);
            g_assert_cmpint(pte_present(q->before), ==, expected == G_MAXUINT);
            g_assert_true(pte_present(q->after));
            g_assert_true(q->kind != QUIZ_VICTIM || q->victim != NULL);
            kinds[q->kind]++;
        }
        g_assert_cmpuint(quiz->majflt, ==, 9);
        g_assert_cmpuint(quiz->evictions, ==, 6);
    }
    for (QuizKind kind = 0; kind < QUIZ_KINDS; kind++) {
        g_assert_cmpuint(kinds[kind], >, 0); /* each is asked now and then */
    }
}

static bool same_questions(const Quiz *a, const Quiz *b) {
    bool same = a->questions->len == b->questions->len;
    for (unsigned i = 0; same && i < a->questions->len; i++) {
        const QuizQuestion *x = quiz_question(a, i), *y = quiz_question(b, i);
        same = x->step.at == y->step.at && x->kind == y->kind;
    }
    return same;
}

static void test_seeds_make_variants(void) {
    g_autoptr(Workload) workload = load(belady_json);
    g_autoptr(Quiz) one = make(workload, 1, 4);
    g_autoptr(Quiz) again = make(workload, 1, 4);
    g_autofree char *a = quiz_markdown(one, workload, false);
    g_autofree char *b = quiz_markdown(again, workload, false);
    g_assert_cmpstr(a, ==, b);
    unsigned others = 0;
    for (uint64_t seed = 2; seed < 10; seed++) {
        g_autoptr(Quiz) other = make(workload, seed, 4);
        others += !same_questions(one, other);
    }
    g_assert_cmpuint(others, >=, 6);
}

/* Further references to the page that was referred to last are no questions. */
static void test_steps(void) {
    g_autoptr(Workload) workload =
        load("{\"machine\":{\"frames\":4},\"processes\":[{\"program\":[{\"op\":\"access\","
             "\"pattern\":\"pages\",\"pages\":\"1 1 1 2 2 1 1\"}]}]}");
    g_autoptr(Quiz) quiz = make(workload, 1, QUIZ_QUESTIONS_MAX);
    g_assert_cmpuint(quiz->questions->len, ==, 2);
    g_assert_cmpuint(quiz_question(quiz, 0)->step.at, ==, 3);
    g_assert_cmpuint(quiz_question(quiz, 0)->step.fault.number, ==, 2);
    g_assert_cmpuint(quiz_question(quiz, 1)->step.at, ==, 5);
    g_assert_cmpuint(quiz_question(quiz, 1)->step.fault.number, ==, 0);
}

/* More questions than the run has steps: each step once. */
static void test_short_run(void) {
    g_autoptr(Workload) workload = load(belady_json);
    g_autoptr(Quiz) quiz = make(workload, 3, QUIZ_QUESTIONS_MAX);
    g_assert_cmpuint(quiz->questions->len, ==, G_N_ELEMENTS(belady) - 1);
}

/* Without a list of what is in memory, nobody is asked what is. */
static void test_large_memory(void) {
    g_autoptr(Workload) workload =
        load("{\"machine\":{\"frames\":100},\"processes\":[{\"program\":["
             "{\"op\":\"mmap\",\"id\":\"m\",\"length\":\"1MiB\"},"
             "{\"op\":\"access\",\"pattern\":\"random\",\"over\":\"m\",\"count\":3000}]}]}");
    g_autoptr(Quiz) quiz = make(workload, 1, 30);
    g_assert_cmpuint(quiz->questions->len, ==, 30);
    for (unsigned i = 0; i < quiz->questions->len; i++) {
        const QuizQuestion *q = quiz_question(quiz, i);
        g_assert_null(q->memory);
        g_assert_true(q->kind != QUIZ_HIT && q->kind != QUIZ_VICTIM);
    }
}

/* Children that come and go, or whose first reference is the next one, a crash, a program without
 * references, memory full of pages that nobody maps. */
static void test_odd_runs(void) {
    static const char *const programs[] = {
        "{'op':'compute','cpu':10}", "{'op':'read','address':4096,'length':1}",
        "{'op':'mmap','id':'m','length':8192},{'op':'fill','id':'m'},"
        "{'op':'fork','child':[{'op':'touch','id':'m'}]},{'op':'touch','id':'m'},{'op':'wait'},"
        "{'op':'munmap','id':'m'}",
        "{'op':'mmap','id':'m','length':8192},{'op':'touch','id':'m'},"
        "{'op':'fork','child':[{'op':'touch','id':'m'}]},{'op':'wait'}",
        "{'op':'script','lines':['warmfile data6','mmap 0 9 rw','touch 0 0 9 1 w']}"};
    for (unsigned i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_autofree char *json = g_strdup_printf(
            "{'name':'# *x* <b>','machine':{'frames':8},'processes':[{'program':[%s]}]}",
            programs[i]);
        g_autoptr(Workload) workload = load(g_strdelimit(json, "'", '"'));
        g_autoptr(Quiz) quiz = make(workload, 1, 20);
        g_autofree char *sheet = quiz_markdown(quiz, workload, false);
        g_autofree char *key = quiz_markdown(quiz, workload, true);
        g_assert_true(g_str_has_prefix(sheet, "# Quiz: \\# \\*x\\* \\<b\\>\n"));
        g_assert_true(g_str_has_prefix(key, "# Key: "));
    }
}

/* Of a long run the begin is asked about; the totals are those of all of it. */
static void test_long_run(void) {
    g_autoptr(Workload) workload = load(
        "{\"machine\":{\"frames\":30},\"processes\":[{\"program\":["
        "{\"op\":\"mmap\",\"id\":\"m\",\"length\":\"128KiB\"},"
        "{\"op\":\"access\",\"pattern\":\"random\",\"over\":\"m\",\"count\":1300000,\"write\":1},"
        "{\"op\":\"mmap\",\"id\":\"n\",\"length\":\"256KiB\"},{\"op\":\"fill\",\"id\":\"n\"}]}]}");
    g_autoptr(Quiz) quiz = make(workload, 1, 20);
    g_assert_cmpuint(quiz->questions->len, ==, 20);
    g_assert_cmpuint(quiz_question(quiz, 19)->step.at, <, QUIZ_REFERENCES);
    g_assert_cmpuint(quiz_question(quiz, 19)->step.at, >, QUIZ_REFERENCES / 2);
    GError *error = NULL;
    g_autoptr(Machine) machine = machine_create(workload, &error);
    g_assert_no_error(error);
    g_assert_true(machine_run(machine, &error));
    Counters counters = machine_counters(machine);
    g_assert_cmpuint(quiz->minflt, ==, counters.minflt);
    g_assert_cmpuint(quiz->majflt, ==, counters.majflt);
    g_assert_cmpuint(quiz->evictions, ==, counters.evictions);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quiz/model", test_answers_are_those_of_a_model);
    g_test_add_func("/quiz/variants", test_seeds_make_variants);
    g_test_add_func("/quiz/steps", test_steps);
    g_test_add_func("/quiz/short-run", test_short_run);
    g_test_add_func("/quiz/large-memory", test_large_memory);
    g_test_add_func("/quiz/odd-runs", test_odd_runs);
    g_test_add_func("/quiz/long-run", test_long_run);
    return g_test_run();
}
