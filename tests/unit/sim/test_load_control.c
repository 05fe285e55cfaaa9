/* test_load_control.c - who is sent out, who returns, and that nobody waits for ever. */
#include "fixture.h"

#include "load_control.h"
#include "scheduler.h"

#define MACHINE(criterion, more)                                                                   \
    "'frames': 40, 'zero_pool': 'on-demand', 'replacement': 'lru', 'working_set': {'window': "     \
    "'500us'}, 'load_control': {'criterion':'" criterion "','interval':'1ms','residence':"         \
    "'2ms'}" more

/* Needs so many pages again and again. */
#define LOOPER(name, more, length, rounds)                                                         \
    "{'name':'" name "'" more ",'program':[{'op':'mmap','id':'m','length':'" length "'},"          \
    "{'op':'repeat','times':" rounds ",'do':[{'op':'touch','id':'m'},{'op':'compute','cpu':"       \
    "'20us'}]}]}"

/* The pids that were sent out (-) and returned (+), in order. */
static void note(void *host, const Event *event) {
    g_string_append_printf(host, "%c%u ", event->a == 0 ? '+' : '-', event->pid);
}

static GString *story_of(Fixture *fixture) {
    GString *story = g_string_new(NULL);
    machine_subscribe(fixture->machine,
                      &(EventSink){.mask = EVENT_BIT(EVENT_suspend), .emit = note, .host = story});
    fixture->machine->check.every = 20;
    fixture_run(fixture);
    return story;
}

static void all_exited(const Fixture *fixture) {
    for (uint32_t i = 0; i < fixture->machine->process_count; i++) {
        g_assert_cmpint(process_of(fixture, i)->status, ==, PROCESS_EXITED);
    }
    g_assert_true(g_queue_is_empty(&fixture->machine->scheduler->load.out));
}

/* Two need 30 pages each of 40.  The second one leaves, and returns when the first is over. */
static void test_last_one_leaves(void) {
    Fixture f = fixture_of(MACHINE("working-set", ""),
                           LOOPER("a", "", "120KiB", "400") "," LOOPER("b", "", "120KiB", "400"));
    g_autoptr(GString) story = story_of(&f);
    g_assert_cmpstr(story->str, ==, "-2 +2 ");
    all_exited(&f);
    g_assert_cmpuint(counters_of(&f, 0).suspensions, ==, 0);
    g_assert_cmpuint(counters_of(&f, 1).suspensions, ==, 1);
    g_assert_cmpuint(process_of(&f, 1)->ended, >, process_of(&f, 0)->ended);
    fixture_clear(&f);
}

/* The less important one leaves, though it came first. */
static void test_priority(void) {
    Fixture f = fixture_of(
        MACHINE("working-set", ""),
        LOOPER("a", "", "120KiB",
               "400") ",{'priority':5,'program':["
                      "{'op':'mmap','id':'m','length':'120KiB'},{'op':'repeat','times':200,"
                      "'do':[{'op':'touch','id':'m'},{'op':'sleep','time':'50us'}]}]}");
    g_autoptr(GString) story = story_of(&f);
    g_assert_true(g_str_has_prefix(story->str, "-1 "));
    all_exited(&f);
    g_assert_cmpuint(counters_of(&f, 1).suspensions, ==, 0);
    fixture_clear(&f);
}

/* A parent that waits for a child that is kept out gets it back. */
static void test_parent_waits(void) {
    Fixture f = fixture_of(
        MACHINE("working-set", ""),
        "{'name':'p','program':[{'op':'mmap','id':'m','length':'120KiB'},{'op':'touch','id':'m'},"
        "{'op':'spawn','program':[{'op':'mmap','id':'c','length':'120KiB'},{'op':'repeat',"
        "'times':300,'do':[{'op':'touch','id':'c'},{'op':'compute','cpu':'20us'}]}]},"
        "{'op':'repeat','times':200,'do':[{'op':'touch','id':'m'},{'op':'compute','cpu':'20us'}]},"
        "{'op':'wait','for':'child'},{'op':'touch','id':'m'}]}");
    g_autoptr(GString) story = story_of(&f);
    g_assert_true(g_str_has_prefix(story->str, "-2 +2 "));
    all_exited(&f);
    fixture_clear(&f);
}

/* Who sleeps for eleven days on all its pages keeps nobody out that long. */
static void test_sleeper(void) {
    Fixture f = fixture_of(
        MACHINE("working-set", ""),
        "{'program':[{'op':'mmap','id':'m','length':'120KiB'},{'op':'repeat',"
        "'times':200,'do':[{'op':'touch','id':'m'},{'op':'compute','cpu':"
        "'20us'}]},{'op':'sleep','time':'1000000s'}]}," LOOPER("b", "", "120KiB", "400"));
    g_autoptr(GString) story = story_of(&f);
    g_assert_true(g_str_has_prefix(story->str, "-2 +2 "));
    all_exited(&f);
    g_assert_cmpuint(process_of(&f, 1)->ended, <, 1000000000);
    fixture_clear(&f);
}

/* Threads leave and return together; whoever is killed while it is out is out of the queue. */
static void test_threads_and_deaths(void) {
    Fixture f = fixture_of(
        MACHINE("50%", ",'swap':{'size':'80KiB'}"),
        LOOPER("a", "", "120KiB",
               "200") ",{'copies':3,'program':["
                      "{'op':'mmap','id':'m','length':'80KiB'},{'op':'repeat','times':3,'do':["
                      "{'op':'thread','program':[{'op':'repeat','times':60,'do':[{'op':'touch','id'"
                      ":'m'},"
                      "{'op':'compute','cpu':'20us'}]}]}]},{'op':'wait','for':'threads'}]}");
    g_autoptr(GString) story = story_of(&f);
    Counters c = machine_counters(f.machine);
    g_assert_cmpuint(c.suspensions, >, 0);
    g_assert_cmpuint(c.oom_kills, >, 0);
    g_assert_true(g_queue_is_empty(&f.machine->scheduler->load.out));
    fixture_clear(&f);
}

/* Without memory pressure nobody is ever sent out. */
static void test_peace(void) {
    static const char *const criteria[] = {"l=s", "50%", "working-set"};
    for (unsigned i = 0; i < G_N_ELEMENTS(criteria); i++) {
        g_autofree char *machine = g_strdup_printf(
            "'frames': 200, 'load_control': {'criterion':'%s','interval':'1ms'}", criteria[i]);
        Fixture f = fixture_of(machine, LOOPER("a", ",'copies':4", "120KiB", "200"));
        g_autoptr(GString) story = story_of(&f);
        g_assert_cmpstr(story->str, ==, "");
        all_exited(&f);
        fixture_clear(&f);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/load_control/last_one_leaves", test_last_one_leaves);
    g_test_add_func("/sim/load_control/priority", test_priority);
    g_test_add_func("/sim/load_control/parent_waits", test_parent_waits);
    g_test_add_func("/sim/load_control/sleeper", test_sleeper);
    g_test_add_func("/sim/load_control/threads_and_deaths", test_threads_and_deaths);
    g_test_add_func("/sim/load_control/peace", test_peace);
    return g_test_run();
}
