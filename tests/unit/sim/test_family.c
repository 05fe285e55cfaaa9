/* test_family.c - processes and threads that come and go: when what happens, and who counts it. */
#include "fixture.h"
#include "output/stats_json.h"
#include "scheduler.h"
#include "stats_path.h"

/* Round costs, and programs that touch no memory, so that times can be added up by hand: a call
 * 1, fork 10, exec 100, thread 1000, a switch 5 (all us). */
#define ROUND                                                                                      \
    "'frames':64,'tlb':'none','zero_pool':'on-demand','quantum':'1ms','costs':{'syscall':'1us',"   \
    "'fork':'10us','fork_table':0,'exec':'100us','thread':'1ms','context_switch':'5us'}"
#define US 1000

static const Process *find(const Fixture *f, const char *name) {
    for (uint32_t i = 0; i < f->machine->process_count; i++) {
        if (strcmp(process_of(f, i)->name, name) == 0) {
            return process_of(f, i);
        }
    }
    g_error("there is no process %s", name);
}

static Fixture run(const char *machine, const char *processes) {
    Fixture f = fixture_of(machine, processes);
    fixture_run(&f);
    return f;
}

/* ---- spawn and wait ---- */

/* spawn 1+10+100, wait 1: waiting at 112.  The child is switched to (117), computes 20, ends at
 * 137; the parent is switched to (142) and computes 3. */
static void test_spawn_wait(void) {
    Fixture f = run(
        ROUND, "{'name':'sh','program':["
               "{'op':'spawn','name':'ls','program':[{'op':'compute','cpu':'20us'},{'op':'exit',"
               "'code':7}]},{'op':'wait'},{'op':'compute','cpu':'3us'}]}");
    const Process *ls = find(&f, "ls"), *sh = find(&f, "sh");
    Counters c = process_counters(sh);
    g_assert_cmpuint(ls->started, ==, 111 * US);
    g_assert_cmpuint(ls->ended, ==, 137 * US);
    g_assert_cmpuint(ls->exit_code, ==, 7);
    g_assert_true(ls->parent == sh);
    g_assert_cmpuint(sh->ended, ==, 145 * US);
    g_assert_cmpuint(c.syscall_ns, ==, 112 * US);
    g_assert_cmpuint(c.wait_ns, ==, 25 * US);
    g_assert_cmpuint(c.ready_ns, ==, 5 * US);
    g_assert_cmpuint(c.forks, ==, 1);
    g_assert_cmpuint(c.waits, ==, 1);
    g_assert_cmpuint(sh->children->len, ==, 0);
    g_assert_cmpuint(process_counters(ls).ready_ns, ==, 6 * US);
    fixture_clear(&f);
}

/* Who has no child does not wait; a child that is over already, neither; all children, by order
 * of their ends; by name. */
static void test_wait_for(void) {
    Fixture f = run(ROUND, "{'name':'p','program':[{'op':'wait'},{'op':'wait','for':'thread'},"
                           "{'op':'spawn','name':'long','program':[{'op':'sleep','time':'9ms'}]},"
                           "{'op':'spawn','name':'short','program':[]},"
                           "{'op':'spawn','name':'short','program':[]},"
                           "{'op':'wait','name':'short'},{'op':'wait','name':'short'},"
                           "{'op':'phase','name':'short'},{'op':'wait','for':'children'},"
                           "{'op':'wait','for':'children'}]}");
    const Process *p = find(&f, "p");
    const PhaseRecord *phase = &g_array_index(p->phases, PhaseRecord, 0);
    g_assert_cmpuint(phase->counters.waits, ==, 2);
    g_assert_cmpuint(phase->end, >=, find(&f, "short#2")->ended);
    g_assert_cmpuint(phase->end, <, find(&f, "long")->ended);
    g_assert_cmpuint(process_counters(p).waits, ==, 3);
    g_assert_cmpuint(p->ended, >, find(&f, "long")->ended);
    fixture_clear(&f);
}

/* A parent that ends first leaves an orphan, which goes on; names come from the parent's. */
static void test_orphan(void) {
    Fixture f = run(ROUND, "{'name':'p','program':[{'op':'spawn','program':["
                           "{'op':'spawn','program':[{'op':'sleep','time':'1ms'}]},"
                           "{'op':'sleep','time':'2ms'}]}]},{'name':'q','program':[]}");
    const Process *orphan = find(&f, "p.1"), *grandchild = find(&f, "p.1.1");
    g_assert_cmpint(orphan->status, ==, PROCESS_EXITED);
    g_assert_cmpuint(orphan->pid, ==, 3);
    g_assert_cmpuint(find(&f, "p")->ended, <, orphan->started + 2000 * US);
    g_assert_true(grandchild->parent == orphan);
    g_assert_cmpuint(orphan->children->len, ==, 1); /* a zombie to the end */
    fixture_clear(&f);
}

/* What is left out is inherited; what is told is not. */
static void test_spawn_inherits(void) {
    Fixture f = fixture_of(
        "'frames':8", "{'name':'p','allocator':'bump','on_segv':'continue','limits':{'data':"
                      "4096,'stack':8192},'program':[{'op':'spawn','program':[]},{'op':'spawn',"
                      "'allocator':'linked','on_segv':'exit','limits':{'data':1},'program':[]}"
                      "]}");
    const Program *program = &f.workload->processes[0].program;
    g_assert_cmpstr(program->specs[0]->allocator.info->name, ==, "bump");
    g_assert_true(program->specs[0]->survives_segv);
    g_assert_cmpuint(program->specs[0]->limit_data, ==, 4096);
    g_assert_cmpstr(program->specs[1]->allocator.info->name, ==, "linked");
    g_assert_false(program->specs[1]->survives_segv);
    g_assert_cmpuint(program->specs[1]->limit_data, ==, 1);
    g_assert_cmpuint(program->specs[1]->limit_stack, ==, 8192);
    fixture_clear(&f);
}

/* ---- exec ---- */

/* exec 1+100.  The same process, and its counts go on; its memory is new, and so are its ids. */
static void test_exec(void) {
    Fixture f =
        run(ROUND, "{'name':'p','allocator':'bump','program':[{'op':'mmap','id':'m','length':"
                   "8192},{'op':'touch','id':'m'},{'op':'repeat','times':3,'do':["
                   "{'op':'exec','allocator':'explicit','program':["
                   "{'op':'mmap','id':'m','length':4096},{'op':'verify','id':'m'},"
                   "{'op':'touch','id':'m'},{'op':'phase','name':'new'}]}]}]}");
    const Process *p = process_of(&f, 0);
    Counters c = process_counters(p);
    const PhaseRecord *phase = &g_array_index(p->phases, PhaseRecord, 0);
    g_assert_cmpuint(f.machine->process_count, ==, 1);
    g_assert_cmpint(p->status, ==, PROCESS_EXITED);
    g_assert_cmpuint(p->phases->len, ==, 1); /* the loop was the old program's */
    g_assert_cmpuint(c.execs, ==, 1);
    g_assert_cmpuint(c.minflt, ==, 4); /* two writes; a read, then a write */
    g_assert_cmpuint(c.verify_errors, ==, 0);
    g_assert_cmpuint(c.syscall_ns, ==, (1 + 101 + 1) * US);
    g_assert_cmpuint(phase->now.rss, ==, 1);
    fixture_clear(&f);
}

/* The new program has fewer ids than the old one had: its children get a copy of as many. */
static void test_fork_after_exec(void) {
    Fixture f = run(ROUND, "{'name':'p','program':[{'op':'repeat','times':9,'as':'i','do':["
                           "{'op':'mmap','id':'m[$i]','length':4096}]},"
                           "{'op':'exec','program':[{'op':'mmap','id':'a','length':4096},"
                           "{'op':'fork','child':[{'op':'touch','id':'a'}]},"
                           "{'op':'wait','for':'children'}]}]}");
    g_assert_cmpuint(process_of(&f, 1)->slots_used, ==, 0); /* given back, as the slots are */
    g_assert_cmpuint(counters_of(&f, 1).minflt, ==, 1);
    fixture_clear(&f);
}

/* exec ends all other threads, and whoever calls it is the first one from then on. */
static void test_exec_of_thread(void) {
    Fixture f =
        run(ROUND, "{'name':'p','program':[{'op':'thread','program':["
                   "{'op':'exec','program':[{'op':'thread','program':[]},{'op':'wait','for':"
                   "'threads'},{'op':'exit','code':5}]}]},"
                   "{'op':'thread','program':[{'op':'sleep','time':'1s'}]},"
                   "{'op':'sleep','time':'1s'}]}");
    const Process *p = process_of(&f, 0);
    g_assert_cmpuint(p->exit_code, ==, 5);
    g_assert_cmpuint(p->ended, <, 10 * 1000 * US);
    g_assert_cmpuint(process_counters(p).threads, ==, 3);
    g_assert_cmpuint(process_counters(p).waits, ==, 1);
    fixture_clear(&f);
}

/* ---- threads ---- */

/* Two threads are started at 1001 and 2002; the main one waits (2003).  They compute 10 us each,
 * a switch before: the first ends at 2018, the second at 2033; a switch, and main ends. */
static void test_threads(void) {
    Fixture f = run(ROUND, "{'name':'p','program':[{'op':'repeat','times':2,'do':["
                           "{'op':'thread','program':[{'op':'compute','cpu':'10us'}]}]},"
                           "{'op':'wait','for':'thread'},{'op':'phase','name':'one'},"
                           "{'op':'wait','for':'threads'}]}");
    const Process *p = process_of(&f, 0);
    Counters c = process_counters(p);
    const PhaseRecord *phase = &g_array_index(p->phases, PhaseRecord, 0);
    /* The quantum is over at 1000, but nobody was ready then; at 2000 the first thread was. */
    g_assert_cmpuint(c.preemptions, ==, 1);
    g_assert_cmpuint(c.threads, ==, 2);
    g_assert_cmpuint(c.waits, ==, 2);
    g_assert_cmpuint(c.compute_ns, ==, 20 * US);
    g_assert_cmpuint(c.syscall_ns, ==, (2 * 1001 + 2) * US);
    g_assert_cmpuint(phase->counters.waits, ==, 1);
    /* The whole of time is theirs: nothing was idle. */
    g_assert_cmpuint(f.machine->counters.idle_ns, ==, 0);
    g_assert_cmpuint(f.machine->clock.now, ==,
                     c.compute_ns + c.syscall_ns + f.machine->counters.switch_ns);
    fixture_clear(&f);
}

/* They share memory, heap, and what ids name; a loop's variable is the one at their start. */
static void test_threads_share(void) {
    Fixture f =
        run("'frames':64", "{'name':'p','program':[{'op':'repeat','times':3,'as':'i','do':["
                           "{'op':'thread','program':[{'op':'malloc','id':'n[$i]','size':5000},"
                           "{'op':'fill','id':'n[$i]','seed':9}]}]},"
                           "{'op':'wait','for':'threads'},{'op':'repeat','times':3,'as':'j',"
                           "'do':[{'op':'verify','id':'n[$j]','seed':9},"
                           "{'op':'free','id':'n[$j]'}]}]}");
    Counters c = counters_of(&f, 0);
    g_assert_cmpuint(c.mallocs, ==, 3);
    g_assert_cmpuint(c.frees, ==, 3);
    g_assert_cmpuint(c.verify_errors, ==, 0);
    g_assert_cmpint(process_of(&f, 0)->status, ==, PROCESS_EXITED);
    fixture_clear(&f);
}

/* While one thread's page comes from the disk, another computes; of two that want the page, one has
 * the major fault. */
static void test_threads_overlap(void) {
    Fixture f = run("'frames':64,'zero_pool':'on-demand'",
                    "{'name':'p','program':[{'op':'mmap','id':'m','length':4096,'backing':'file'},"
                    "{'op':'thread','program':[{'op':'read','id':'m','length':8}]},"
                    "{'op':'thread','program':[{'op':'read','id':'m','length':8}]},"
                    "{'op':'thread','program':[{'op':'compute','cpu':'50us'}]},"
                    "{'op':'wait','for':'threads'}]}");
    Counters c = counters_of(&f, 0);
    g_assert_cmpuint(c.majflt, ==, 1);
    g_assert_cmpuint(c.filein, ==, 1);
    g_assert_cmpuint(f.machine->counters.idle_ns, <, 60 * US);
    fixture_clear(&f);
}

/* A malloc that waits for the disk keeps the others out of the allocator. */
static void test_heap_is_locked(void) {
    Fixture f = run("'frames':3,'zero_pool':'on-demand'",
                    "{'name':'p','allocator':'explicit','program':["
                    "{'op':'malloc','id':'a','size':64},{'op':'mmap','id':'m','length':16384},"
                    "{'op':'touch','id':'m'},{'op':'touch','id':'m'},"
                    "{'op':'thread','program':[{'op':'malloc','id':'b','size':64}]},"
                    "{'op':'thread','program':[{'op':'malloc','id':'c','size':64}]},"
                    "{'op':'wait','for':'threads'},{'op':'free','id':'b'},{'op':'free','id':'c'},"
                    "{'op':'free','id':'a'}]}");
    const Process *p = process_of(&f, 0);
    Counters c = process_counters(p);
    g_assert_cmpint(p->status, ==, PROCESS_EXITED);
    g_assert_cmpuint(c.mallocs, ==, 3);
    g_assert_cmpuint(c.frees, ==, 3);
    g_assert_cmpuint(process_bookkeeping(p).majflt, >, 0);
    g_assert_cmpuint(c.wait_ns, >, 100 * US); /* the second malloc, and the main thread */
    fixture_clear(&f);
}

/* The end of the main thread, an exit and a signal end all of them. */
static void test_ends_of_threads(void) {
    static const struct {
        const char *last;
        ProcessStatus status;
        uint64_t code;
    } cases[] = {{"{'op':'sleep','time':1}", PROCESS_EXITED, 0},
                 {"{'op':'exit','code':4}", PROCESS_EXITED, 4},
                 {"{'op':'read','address':64,'length':1}", PROCESS_SIGSEGV, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(
            "{'name':'p','program':[{'op':'thread','program':[{'op':'sleep','time':'1s'}]},"
            "{'op':'thread','program':[{'op':'sleep','time':'1ms'},%s]},"
            "{'op':'thread','program':[{'op':'compute','cpu':'1s'}]},{'op':'sleep','time':'%s'}]}",
            cases[i].last, i == 0 ? "2ms" : "1s");
        Fixture f = run("'frames':8", text);
        g_assert_cmpint(process_of(&f, 0)->status, ==, cases[i].status);
        g_assert_cmpuint(process_of(&f, 0)->exit_code, ==, cases[i].code);
        g_assert_cmpuint(process_of(&f, 0)->ended, <, 10 * 1000 * US);
        g_assert_cmpuint(f.machine->tasks_alive, ==, 0);
        fixture_clear(&f);
    }
}

/* ---- results ---- */

/* Paths name processes before they are made; of those that never are, nothing is known. */
static void test_paths(void) {
    static const struct {
        const char *path;
        PathFound before, after;
        uint64_t number;
    } cases[] = {{"processes.p.children", PATH_FOUND, PATH_FOUND, 2},
                 {"processes.p.1.ppid", PATH_NOT_REACHED, PATH_FOUND, 1},
                 {"processes.ls.exit_code", PATH_NOT_REACHED, PATH_FOUND, 3},
                 {"processes.ls.phases.a.b.end_ns", PATH_NOT_REACHED, PATH_FOUND, 0},
                 {"processes.p.7.memory.rss", PATH_NOT_REACHED, PATH_NOT_REACHED, 0},
                 {"processes.ls#2.minflt", PATH_NOT_REACHED, PATH_NOT_REACHED, 0},
                 {"processes.ls#.minflt", PATH_UNKNOWN, PATH_UNKNOWN, 0},
                 {"processes.lsx.minflt", PATH_UNKNOWN, PATH_UNKNOWN, 0},
                 {"processes.ls.1x.minflt", PATH_UNKNOWN, PATH_UNKNOWN, 0},
                 {"processes.p.1.minfl", PATH_UNKNOWN, PATH_UNKNOWN, 0}};
    Fixture f = fixture_of("'frames':8,'costs':{'syscall':0,'fork':0,'exec':0}",
                           "{'name':'p','program':[{'op':'spawn','program':[]},"
                           "{'op':'spawn','name':'ls','program':[{'op':'phase','name':'a.b'},"
                           "{'op':'exit','code':3}]}]}");
    for (int after = 0; after < 2; after++) {
        g_autoptr(Stats) stats = stats_collect(f.machine);
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
            StatsValue value = {0};
            PathFound found = stats_path_find(stats, cases[i].path, &value, NULL);
            g_assert_cmpint(found, ==, after ? cases[i].after : cases[i].before);
            if (after && strstr(cases[i].path, "end_ns") == NULL) {
                g_assert_cmpuint(value.number, ==, cases[i].number);
            }
        }
        if (!after) {
            fixture_run(&f);
        }
    }
    fixture_clear(&f);
}

/* ---- bounds ---- */

/* Threads and processes without end are refused, as data, and the run comes to its end. */
static void test_bombs(void) {
    Fixture f = fixture_of(ROUND, "{'name':'t','program':[{'op':'repeat','times':20000,'do':["
                                  "{'op':'thread','program':[{'op':'sleep','time':'1000s'}]}]}]}");
    f.machine->check = (CheckPlan){.at_end = true};
    fixture_run(&f);
    g_assert_cmpuint(counters_of(&f, 0).threads, <, 20000);
    g_assert_cmpuint(counters_of(&f, 0).threads + counters_of(&f, 0).failed_forks, ==, 20000);
    fixture_clear(&f);
    f = fixture_of("'frames':64", "{'name':'f','program':[{'op':'malloc','id':'a','size':9000},"
                                  "{'op':'write','id':'a'},{'op':'repeat','times':1000000000,'do':["
                                  "{'op':'fork','child':[{'op':'repeat','times':1000000000,'do':["
                                  "{'op':'fork','child':[{'op':'sleep','time':'1s'}]}]}]}]}]}");
    g_assert_nonnull(f.machine);
    fixture_clear(&f);
    f = fixture_of(ROUND, "{'name':'p','program':[{'op':'repeat','times':40000,'do':["
                          "{'op':'spawn','program':[]},{'op':'wait'}]}]}");
    f.machine->check = (CheckPlan){.at_end = true};
    fixture_run(&f);
    g_assert_cmpuint(f.machine->process_count, ==, 32768);
    g_assert_cmpuint(counters_of(&f, 0).failed_forks, ==, 40000 - 32767);
    fixture_clear(&f);
}

/* ---- random families ---- */

static void append_ops(GString *text, Rng *rng, int depth);

static void append_family_op(GString *text, Rng *rng, int depth) {
    static const char *const makers[] = {"'fork','child'", "'spawn','program'",
                                         "'thread','program'", "'thread','program'",
                                         "'exec','program'"};
    uint64_t maker = rng_below(rng, G_N_ELEMENTS(makers));
    if (maker == 4 && rng_below(rng, 3) > 0) {
        maker = 2;
    }
    g_string_append_printf(text, "{'op':%s:", makers[maker]);
    append_ops(text, rng, depth - 1);
    g_string_append(text, "},");
}

static void append_op(GString *text, Rng *rng, int depth) {
    static const char *const ops[] = {
        "{'op':'malloc','id':'a%d','size':3000}",
        "{'op':'free','id':'a%d'}",
        "{'op':'realloc','id':'a%d','size':9000}",
        "{'op':'fill','id':'a%d','seed':1}",
        "{'op':'touch','id':'m%d'}",
        "{'op':'read','id':'m%d'}",
        "{'op':'mmap','id':'m%d','length':20000}",
        "{'op':'munmap','id':'m%d'}",
        "{'op':'mmap','id':'m%d','length':9000,'backing':'file'}",
        "{'op':'mmap','id':'m%d','length':9000,'flags':['populate']}",
        "{'op':'madvise','id':'m%d','advice':'pageout'}",
        "{'op':'madvise','id':'m%d','advice':'willneed'}",
        "{'op':'madvise','id':'m%d','advice':'dontneed'}",
        "{'op':'mremap','id':'m%d','new_length':30000}",
        "{'op':'mprotect','id':'m%d','prot':'r'}",
        "{'op':'mprotect','id':'m%d','prot':'rw'}",
        "{'op':'sleep','time':3%d000}",
        "{'op':'compute','cpu':2%d000}",
        "{'op':'yield'}",
        "{'op':'wait'}",
        "{'op':'wait','for':'children'}",
        "{'op':'wait','for':'thread'}",
        "{'op':'wait','for':'threads'}",
        "{'op':'phase','name':'p%d'}",
        "{'op':'sbrk','increment':64}",
        "{'op':'access','pattern':'pages','pages':[%d,1,2,3]}",
        "{'op':'churn','operations':20,'live_bytes':4000,'sizes':{'max':1000}}",
    };
    if (depth > 0 && rng_below(rng, 4) == 0) {
        append_family_op(text, rng, depth);
        return;
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    g_string_append_printf(text, ops[rng_below(rng, G_N_ELEMENTS(ops))], (int)rng_below(rng, 2));
#pragma GCC diagnostic pop
    g_string_append_c(text, ',');
}

/* Spawned and executed programs have names of their own, so every program defines them all. */
static void append_ops(GString *text, Rng *rng, int depth) {
    g_string_append(text, "[");
    for (int id = 0; id < 2; id++) {
        g_string_append_printf(text, "{'op':'malloc','id':'a%d','size':100},", id);
        g_string_append_printf(text, "{'op':'mmap','id':'m%d','length':9000},", id);
    }
    for (uint64_t i = 2 + rng_below(rng, 12); i > 0; i--) {
        append_op(text, rng, depth);
    }
    g_string_append(text, "{'op':'yield'}]");
}

static char *random_family(Rng *rng) {
    static const char *const policies[] = {"clock",   "lru",     "fifo",      "arc",
                                           "wsclock", "freebsd", "windows-ws"};
    static const char *const limits[] = {"", "'limits':{'rss':'8KiB'},",
                                         "'limits':{'rss':'32KiB','rss_min':'8KiB'},"};
    static const char *const marks[] = {"", "'watermarks':{'min':1,'low':2,'high':4},"};
    static const char *const allocators[] = {"explicit", "linked", "two-list", "bump"};
    int frames = 2 + (int)rng_below(rng, 30);
    GString *text = g_string_new(NULL);
    g_string_printf(text,
                    "{'machine':{'frames':%d,%s'swap':%s,'quantum':'%dus','replacement':{'policy':"
                    "'%s','scope':'%s'}},'processes':[{'name':'p',%s'on_segv':'continue',"
                    "'allocator':'%s','program':",
                    frames, frames > 4 ? marks[rng_below(rng, G_N_ELEMENTS(marks))] : "",
                    rng_below(rng, 4) == 0 ? "'none'" : "{'size':'1MiB'}",
                    1 + (int)rng_below(rng, 100), policies[rng_below(rng, G_N_ELEMENTS(policies))],
                    rng_below(rng, 3) == 0 ? "local" : "global",
                    limits[rng_below(rng, G_N_ELEMENTS(limits))],
                    allocators[rng_below(rng, G_N_ELEMENTS(allocators))]);
    append_ops(text, rng, 3);
    g_string_append(text, "}]}");
    return g_strdelimit(g_string_free(text, FALSE), "'", '"');
}

static char *results(const char *json, bool checked) {
    g_autoptr(GError) error = NULL;
    Fixture f = fixture_make(json);
    f.machine->check = checked ? (CheckPlan){.every = 1, .at_end = true} : (CheckPlan){0};
    if (!machine_run(f.machine, &error)) {
        g_error("%s\n%s", error->message, json);
    }
    g_autoptr(Stats) stats = stats_collect(f.machine);
    g_assert_cmpstr(stats_check(stats), ==, NULL);
    g_assert_cmpuint(f.machine->tasks_alive, ==, 0);
    char *text = stats_json(stats);
    fixture_clear(&f);
    return text;
}

/* Whatever they do to each other, every invariant holds at every event, and checking changes
 * nothing. */
static void test_random(void) {
    Rng rng = {77};
    for (uint64_t runs = g_test_slow() ? 4000 : 60; runs > 0; runs--) {
        g_autofree char *json = random_family(&rng);
        g_autofree char *one = results(json, true);
        g_autofree char *other = results(json, false);
        if (strcmp(one, other) != 0) {
            g_error("checking changed the results of\n%s", json);
        }
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/family/spawn_wait", test_spawn_wait);
    g_test_add_func("/sim/family/wait_for", test_wait_for);
    g_test_add_func("/sim/family/orphan", test_orphan);
    g_test_add_func("/sim/family/spawn_inherits", test_spawn_inherits);
    g_test_add_func("/sim/family/exec", test_exec);
    g_test_add_func("/sim/family/fork_after_exec", test_fork_after_exec);
    g_test_add_func("/sim/family/exec_of_thread", test_exec_of_thread);
    g_test_add_func("/sim/family/threads", test_threads);
    g_test_add_func("/sim/family/threads_share", test_threads_share);
    g_test_add_func("/sim/family/threads_overlap", test_threads_overlap);
    g_test_add_func("/sim/family/heap_is_locked", test_heap_is_locked);
    g_test_add_func("/sim/family/ends_of_threads", test_ends_of_threads);
    g_test_add_func("/sim/family/paths", test_paths);
    g_test_add_func("/sim/family/bombs", test_bombs);
    g_test_add_func("/sim/family/random", test_random);
    return g_test_run();
}
