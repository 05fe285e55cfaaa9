/* test_progress.c - how far a run is: by operations, and by rounds of the outermost loop. */
#include "output/progress.h"

#include "fixture.h"

/* compute; repeat 10 { repeat 5 { yield } }; compute: seven ops, the loop is ops 1 to 5. */
#define LOOPS                                                                                      \
    "{'program':[{'op':'compute','cpu':1},{'op':'repeat','times':10,'do':["                        \
    "{'op':'repeat','times':5,'do':[{'op':'yield'}]}]},{'op':'compute','cpu':1}]}"

static void test_loops_count_by_rounds(void) {
    Fixture fixture = fixture_of("'frames':4", LOOPS);
    Process *process = fixture.machine->processes[0];
    g_assert_cmpuint(process->spec->program.op_count, ==, 7);
    g_assert_cmpuint(progress_permille(fixture.machine), ==, 0);
    process->task->op = 3; /* within both loops, in the fifth round of the outer one */
    process->task->loop_count[0] = 4;
    g_assert_cmpuint(progress_permille(fixture.machine), ==, 1000 * (1 + 5 * 4 / 10) / 7);
    process->task->op = 6;
    g_assert_cmpuint(progress_permille(fixture.machine), ==, 6000 / 7);
    process->task->op = 0;
    fixture_clear(&fixture);
}

static void test_over_is_all(void) {
    Fixture fixture = fixture_of("'frames':4", LOOPS "," LOOPS);
    fixture_run(&fixture);
    g_assert_cmpuint(progress_permille(fixture.machine), ==, 1000);
    fixture_clear(&fixture);
}

static unsigned greatest;

static void note_progress(void *host, Machine *machine) {
    (void)host;
    unsigned permille = progress_permille(machine);
    g_assert_cmpuint(permille, <=, 1000);
    g_assert_cmpuint(permille, >=, greatest);
    greatest = permille;
}

/* While a loop runs, the figure climbs. */
static void test_climbs(void) {
    Fixture fixture = fixture_of(
        "'frames':4", "{'program':[{'op':'repeat','times':2000,'do':[{'op':'sleep','time':5}]}]}");
    fixture.machine->watcher.progress = note_progress;
    greatest = 0;
    fixture_run(&fixture);
    g_assert_cmpuint(greatest, >, 100);
    fixture_clear(&fixture);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/progress/loops", test_loops_count_by_rounds);
    g_test_add_func("/progress/over", test_over_is_all);
    g_test_add_func("/progress/climbs", test_climbs);
    return g_test_run();
}
