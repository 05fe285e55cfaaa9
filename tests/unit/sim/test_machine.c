/* test_machine.c - building a machine, its sums, and random workloads under constant checking. */
#include "faultline/rng.h"
#include "fixture.h"

#define IDLE_PROCESS "{'program':[]}"

/* ---- building ---- */

static void test_sizes(void) {
    Fixture f =
        fixture_of("'mmu':'arm64-16k','memory':'1000KiB','swap':{'size':'100KiB'}", IDLE_PROCESS);
    g_assert_cmpuint(f.machine->config.frames, ==, 62); /* whole pages */
    g_assert_cmpuint(f.machine->config.swap_slots, ==, 6);
    g_assert_cmpuint(f.machine->config.costs.zero_page_ns, ==, 4 * 200);
    fixture_clear(&f);
    f = fixture_of("'mmu':'tiny','frames':5,'swap':'none','tlb':'none','costs':{'zero_page':7}",
                   IDLE_PROCESS);
    g_assert_cmpuint(f.machine->config.frames, ==, 5);
    g_assert_cmpuint(f.machine->config.swap_slots, ==, 0);
    g_assert_cmpuint(f.machine->config.tlb_levels, ==, 0);
    g_assert_cmpuint(f.machine->config.costs.zero_page_ns, ==, 1); /* 7 * 256 / 4096 < 1 */
    fixture_clear(&f);
}

static void test_custom_geometry(void) {
    Fixture f = fixture_of("'mmu':{'page_size':64,'levels':[3,4]},'frames':4", IDLE_PROCESS);
    g_assert_cmpuint(f.machine->config.geometry.page_shift, ==, 6);
    g_assert_cmpuint(f.machine->config.geometry.user_bits, ==, 13);
    fixture_clear(&f);
    f = fixture_of("'mmu':{'page_size':4096,'levels':[9,9,9,9]},'frames':4", IDLE_PROCESS);
    g_assert_cmpuint(f.machine->config.geometry.user_bits, ==, 47);
    fixture_clear(&f);
}

/* The preset, then the device, then the workload's own word. */
static void test_prices(void) {
    Fixture f = fixture_of("'frames':4,'costs':{'preset':'textbook','swap_write':9},"
                           "'swap':{'device':'zram'}",
                           IDLE_PROCESS);
    g_assert_cmpuint(f.machine->config.costs.memory_reference_ns, ==, 200);
    g_assert_cmpuint(f.machine->config.costs.swap_read_ns, ==, 2000);
    g_assert_cmpuint(f.machine->config.costs.swap_write_ns, ==, 9);
    fixture_clear(&f);
}

static void refused(const char *machine, const char *process, const char *word) {
    g_autoptr(GError) error = NULL;
    g_autofree char *json =
        g_strdup_printf("{\"machine\":{%s},\"processes\":[%s]}", machine, process);
    g_strdelimit(json, "'", '"');
    g_autoptr(Workload) workload =
        workload_parse("test.json", json, strlen(json), NULL, registry_vocabulary(), &error);
    g_assert_no_error(error);
    g_assert_null(machine_create(workload, &error));
    g_assert_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT);
    g_assert_nonnull(strstr(error->message, word));
}

static void test_refused(void) {
    refused("'memory':4095", IDLE_PROCESS, "memory");
    refused("'memory':'1MiB','swap':{'size':4095}", IDLE_PROCESS, "swap");
    refused("'mmu':{'page_size':64,'levels':[9,9]},'frames':4,'swap':{'size':'1TiB'}", IDLE_PROCESS,
            "swap");
    refused("'mmu':{'page_size':64,'levels':[16,16,16,3]},'frames':4", IDLE_PROCESS, "mmu");
}

/* ---- many processes ---- */

static void test_thousand_live(void) {
    Fixture f = fixture_of("'frames': 100",
                           "{'copies':1000,'program':[{'op':'mmap','id':'r','length':4096},"
                           "{'op':'fill','id':'r','seed':5},{'op':'sleep','time':'100ms'},"
                           "{'op':'verify','id':'r','seed':5}]}");
    f.machine->check.every = 0;
    fixture_run(&f);
    Counters c = machine_counters(f.machine);
    g_assert_cmpuint(c.zfod, ==, 1000);
    g_assert_cmpuint(c.verify_errors, ==, 0);
    g_assert_cmpuint(c.pswpin, >=, 900);
    fixture_clear(&f);
}

static void test_many_short_lives(void) {
    Fixture f = fixture_of("'frames': 100", "{'copies':10000,'program':[{'op':'exit','code':1}]}");
    f.machine->check.every = 0;
    fixture_run(&f);
    for (uint32_t i = 0; i < 10000; i++) {
        g_assert_cmpuint(process_of(&f, i)->exit_code, ==, 1);
    }
    fixture_clear(&f);
}

/* ---- events and errors ---- */

static void count_kind(void *host, const Event *event) {
    uint64_t *counts = host;
    counts[event->kind]++;
    g_assert_cmpuint(event->pid, ==, event->kind == EVENT_zero ? 0 : 1);
}

static void test_subscribers(void) {
    uint64_t faults[EVENT_COUNT] = {0}, rest[EVENT_COUNT] = {0};
    Fixture f = fixture_of("'frames': 8", "{'program':[{'op':'malloc','id':'a','size':9000},"
                                          "{'op':'touch','id':'a'},{'op':'free','id':'a'}]}");
    uint64_t mask = EVENT_BIT(EVENT_fault);
    machine_subscribe(f.machine, &(EventSink){.mask = mask, .emit = count_kind, .host = faults});
    machine_subscribe(f.machine, &(EventSink){.mask = ~mask, .emit = count_kind, .host = rest});
    fixture_run(&f);
    g_assert_cmpuint(faults[EVENT_fault], ==, counters_of(&f, 0).pgfault);
    g_assert_cmpuint(faults[EVENT_op], ==, 0);
    g_assert_cmpuint(rest[EVENT_fault], ==, 0);
    g_assert_cmpuint(rest[EVENT_op], ==, 3);
    g_assert_cmpuint(rest[EVENT_alloc], ==, 1);
    g_assert_cmpuint(rest[EVENT_free], ==, 1);
    g_assert_cmpuint(rest[EVENT_exit], ==, 1);
    fixture_clear(&f);
}

/* Every check can fail: spoil one number of a machine at rest. */
static void test_checks_can_fail(void) {
    Fixture f = fixture_of("'frames': 8", "{'program':[{'op':'compute','cpu':5}]}");
    Machine *m = f.machine;
    fixture_run(&f);
    uint64_t *numbers[] = {&m->counters.idle_ns,
                           &m->counters.zeroing_ns,
                           &m->clock.now,
                           &m->processes[0]->by_program.loads,
                           &m->processes[0]->by_program.io_wait_ns,
                           &m->processes[0]->by_program.minflt,
                           &m->processes[0]->by_program.ozfod,
                           &m->processes[0]->by_allocator.writebacks,
                           &m->processes[0]->past_time};
    g_assert_null(machine_check(m));
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        ++*numbers[i];
        g_assert_nonnull(machine_check(m));
        --*numbers[i];
    }
    fixture_clear(&f);
}

/* An invariant that breaks in the middle of a run stops it there. */
static void spoil(void *host, const Event *event G_GNUC_UNUSED) {
    ((Machine *)host)->processes[0]->by_program.fault_ns++;
}

/* ... whether a process has the CPU just then, or waits for a page. */
static void test_broken_invariant_stops(void) {
    static const EventKind kinds[] = {EVENT_note, EVENT_block};
    static const TaskStatus statuses[] = {TASK_RUNNING, TASK_BLOCKED};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GError) error = NULL;
        Fixture f =
            fixture_of("'frames': 8", "{'program':[{'op':'note','text':'now'},"
                                      "{'op':'access','pattern':'pages','pages':[0,1]},"
                                      "{'op':'compute','cpu':'10ms'}]},"
                                      "{'name':'other','program':[{'op':'sleep','time':1}]}");
        machine_subscribe(
            f.machine, &(EventSink){.mask = EVENT_BIT(kinds[i]), .emit = spoil, .host = f.machine});
        g_assert_false(machine_run(f.machine, &error));
        g_assert_error(error, MACHINE_ERROR, MACHINE_ERROR_CHECK);
        g_assert_cmpuint(f.machine->clock.now, <, 100000);
        g_assert_cmpint(process_of(&f, 0)->task->status, ==, statuses[i]);
        g_assert_cmpuint(counters_of(&f, 0).majflt, ==, 0);
        fixture_clear(&f);
    }
}

/* ---- random workloads ---- */

static const char *pick(Rng *rng, const char *const *words) {
    return words[rng_below(rng, g_strv_length((char **)(uintptr_t)words))];
}

static void append_op(GString *ops, Rng *rng) {
    static const char *const formats[] = {
        "{'op':'malloc','id':'a%d','size':%d}",
        "{'op':'calloc','id':'a%d','size':%d}",
        "{'op':'realloc','id':'a%d','size':%d}",
        "{'op':'aligned_alloc','id':'a%d','size':%d,'alignment':512}",
        "{'op':'free','id':'a%d'}",
        "{'op':'fill','id':'a%d','seed':1}",
        "{'op':'verify','id':'m%d','seed':1}",
        "{'op':'read','id':'m%d','length':%d}",
        "{'op':'write','id':'a%d','length':8,'value':1}",
        "{'op':'copy','id':'m%d','from':'a2','length':8}",
        "{'op':'mmap','id':'m%d','length':%d}",
        "{'op':'mmap','id':'m%d','length':%d,'backing':'file'}",
        "{'op':'mmap','id':'m%d','length':%d,'flags':['populate']}",
        "{'op':'munmap','id':'m%d'}",
        "{'op':'mprotect','id':'m%d','length':%d,'prot':'r'}",
        "{'op':'mprotect','id':'m%d','length':%d,'prot':'rw'}",
        "{'op':'madvise','id':'m%d','advice':'dontneed'}",
        "{'op':'madvise','id':'m%d','advice':'free'}",
        "{'op':'madvise','id':'m%d','advice':'willneed'}",
        "{'op':'madvise','id':'m%d','advice':'cold'}",
        "{'op':'madvise','id':'m%d','advice':'pageout'}",
        "{'op':'mremap','id':'m%d','new_length':%d}",
        "{'op':'touch','id':'m%d'}",
        "{'op':'fill','id':'m%d','seed':1}",
        "{'op':'access','pattern':'pages','pages':[%d,1,2,3,1]}",
        "{'op':'access','pattern':'random','over':'m%d','count':50,'write':0.5}",
        "{'op':'sleep','time':1%d00}",
        "{'op':'compute','cpu':1%d000}",
        "{'op':'yield'}",
        "{'op':'thread','program':[{'op':'touch','id':'m%d'},{'op':'malloc','id':'a1','size':%d}]}",
        "{'op':'thread','program':[{'op':'write','id':'m%d'},{'op':'munmap','id':'m1'}]}",
        "{'op':'thread','program':[{'op':'compute','cpu':'3us'},{'op':'read','id':'m%d'}]}",
        "{'op':'fork','child':[{'op':'touch','id':'m%d'},{'op':'sleep','time':%d}]}",
        "{'op':'wait','for':'threads'}",
        "{'op':'wait','for':'children'}",
        "{'op':'phase','name':'p%d'}",
        "{'op':'sbrk','increment':%d}",
        "{'op':'churn','operations':30,'live_bytes':4000,'sizes':{'max':1%d00}}",
        NULL,
    };
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    g_string_append_printf(ops, pick(rng, formats), (int)rng_below(rng, 3),
                           (int)rng_below(rng, 40000) + 8);
#pragma GCC diagnostic pop
}

/* Ids must be named by something that makes them, so each program begins with all of them. */
static void append_process(GString *text, Rng *rng, int number) {
    const Vocabulary *words = registry_vocabulary();
    uint32_t allocators = 0;
    while (words->allocators[allocators] != NULL) {
        allocators++;
    }
    g_string_append_printf(text,
                           "%s{'name':'p%d',%s'priority':%d,'on_segv':'%s','allocator':'%s',"
                           "'program':[",
                           number == 0 ? "" : ",", number,
                           rng_below(rng, 2) == 0 ? "'group':'g'," : "", (int)rng_below(rng, 2),
                           rng_below(rng, 4) == 0 ? "exit" : "continue",
                           words->allocators[rng_below(rng, allocators)]->name);
    for (int id = 0; id < 3; id++) {
        g_string_append_printf(text, "{'op':'malloc','id':'a%d','size':%d},", id, 10 + 900 * id);
        g_string_append_printf(text, "{'op':'mmap','id':'m%d','length':%d},", id, 9000 * id + 8);
    }
    for (uint64_t op = rng_below(rng, 30); op > 0; op--) {
        append_op(text, rng);
        g_string_append_c(text, ',');
    }
    g_string_append(text, "{'op':'verify','id':'m2','seed':1}]}");
}

/* Any policy but those that must know the future: several processes have no one string. */
static const char *random_policy(Rng *rng) {
    const ComponentInfo *const *policies = registry_vocabulary()->policies;
    uint32_t count = 0;
    while (policies[count] != NULL) {
        count++;
    }
    for (;;) {
        const ComponentInfo *info = policies[rng_below(rng, count)];
        if ((registry_policy(info)->needs & POLICY_NEEDS_FUTURE) == 0) {
            return info->name;
        }
    }
}

static char *random_workload(Rng *rng) {
    static const char *const pools[] = {"'background'", "'on-demand'", "{'start':0.9,'stop':1}",
                                        "'never'", NULL};
    static const char *const swaps[] = {"'none'", "{'size':'32KiB'}", "{'size':'1MiB'}",
                                        "{'device':'zram'}", NULL};
    static const char *const tlbs[] = {"[{'entries':4,'ways':2}]",
                                       "[{'entries':2},{'entries':16,'ways':4}]", "'none'", NULL};
    static const char *const costs[] = {"'modern'", "'textbook'", "'hdd'", NULL};
    static const char *const allocations[] = {"'equal'", "'proportional'", "'pff'", NULL};
    static const char *const loads[] = {
        "'none'", "{'interval':'20us','residence':0}", "{'criterion':'50%','interval':'100us'}",
        "{'criterion':'working-set','interval':'50us','residence':'1ms'}", NULL};
    GString *text = g_string_new(NULL);
    g_string_printf(
        text,
        "{'machine':{'cpus':%d,'groups':[{'name':'g','memory':'16KiB'}],'frames':%d,'zero_pool':%"
        "s,'swap':%s,'tlb':%s,'costs':%s,"
        "'load_control':%s,'asids':%s,'quantum':'%dus','replacement':{'policy':'%s','"
        "scope':'%s','allocation':%s,'allocation_interval':'50us'},'shared_zero_page'"
        ":%s},'processes':[",
        1 + (int)rng_below(rng, 4), 1 + (int)rng_below(rng, 24), pick(rng, pools), pick(rng, swaps),
        pick(rng, tlbs), pick(rng, costs), pick(rng, loads),
        rng_below(rng, 2) == 0 ? "true" : "false", 1 + (int)rng_below(rng, 200), random_policy(rng),
        rng_below(rng, 2) == 0 ? "global" : "local", pick(rng, allocations),
        rng_below(rng, 2) == 0 ? "true" : "false");
    int processes = 1 + (int)rng_below(rng, 4);
    for (int i = 0; i < processes; i++) {
        append_process(text, rng, i);
    }
    g_string_append(text, "]}");
    if (rng_below(rng, 3) == 0) {
        g_string_insert(text, (gssize)strlen("{'machine':{"),
                        "'per_cpu_pages':{'batch':2,'high':3},");
    }
    return g_strdelimit(g_string_free(text, FALSE), "'", '"');
}

static void ignore_sample(void *host G_GNUC_UNUSED, Machine *machine G_GNUC_UNUSED) {}

/* Which counter of two runs differs; NULL: none. */
static const char *difference(const Counters *one, const Counters *other) {
    static const char *const names[] = {
#define COUNTER(name, unit, scope, meaning) #name,
#define GAUGE(name, unit, meaning)
#include "faultline/counters.def"
#undef COUNTER
#undef GAUGE
    };
    for (uint64_t i = 0; i < COUNTERS_COUNT; i++) {
        if (((const uint64_t *)one)[i] != ((const uint64_t *)other)[i]) {
            return names[i];
        }
    }
    return NULL;
}

/* The same run unwatched and unchecked ends in the same numbers. */
static void test_random_workloads(void) {
    Rng rng = {2024};
    uint64_t runs = g_test_slow() ? 3000 : 25, killed = 0, over = 0;
    for (uint64_t run = 0; run < runs; run++) {
        g_autofree char *json = random_workload(&rng);
        Fixture plain = fixture_make(json), checked = fixture_make(json);
        plain.machine->check = (CheckPlan){0};
        checked.machine->watcher = (MachineWatcher){.sample_every = 3331, .sample = ignore_sample};
        g_autoptr(GError) error = NULL;
        if (!machine_run(checked.machine, &error)) {
            g_error("run %d: %s\n%s", (int)run, error->message, json);
        }
        fixture_run(&plain);
        Counters one = machine_counters(plain.machine), other = machine_counters(checked.machine);
        if (difference(&one, &other) != NULL) {
            g_error("run %d: watching changed %s\n%s", (int)run, difference(&one, &other), json);
        }
        killed += one.oom_kills;
        for (uint32_t i = 0; i < plain.machine->process_count; i++) {
            over += process_of(&plain, i)->status == PROCESS_EXITED;
        }
        fixture_clear(&plain);
        fixture_clear(&checked);
    }
    g_assert_cmpuint(killed, >, 0);
    g_assert_cmpuint(over, >, runs / 2);
}

/* ---- a run that may take so many steps ---- */

static bool run_steps(const char *machine, const char *program, uint64_t max_steps, Clock *clock,
                      Counters *counters) {
    g_autofree char *json = g_strdup_printf(
        "{'machine':{%s},'processes':[{'on_segv':'continue','program':[%s]}]}", machine, program);
    g_strdelimit(json, "'", '"');
    GError *error = NULL;
    Workload *workload =
        workload_parse("test.json", json, strlen(json), NULL, registry_vocabulary(), &error);
    g_assert_no_error(error);
    workload->max_steps = max_steps;
    g_autoptr(Machine) run = machine_create(workload, &error);
    g_assert_no_error(error);
    bool finished = machine_run(run, &error);
    if (!finished) {
        g_assert_error(error, MACHINE_ERROR, MACHINE_ERROR_STEPS);
        g_assert_nonnull(strstr(error->message, "--max-steps"));
        g_clear_error(&error);
    }
    *clock = run->clock;
    *counters = machine_counters(run);
    machine_destroy(g_steal_pointer(&run));
    workload_free(workload);
    return finished;
}

#define FOREVER(body) "{'op':'repeat','times':9007199254740992,'do':[" body "]}"

/* Whatever it is that does not end: also within one operation, and where no time passes. */
static void test_steps_end_a_run(void) {
    static const char *const programs[] = {
        FOREVER("{'op':'yield'}"),
        FOREVER("{'op':'compute','cpu':0}"),
        FOREVER("{'op':'malloc','id':'a','size':0},{'op':'free','id':'a'}"),
        FOREVER("{'op':'read','address':0,'length':1}"),
        FOREVER("{'op':'mmap','id':'a','length':4096},{'op':'munmap','id':'a','length':4096}"),
        "{'op':'read','address':0,'length':'100TiB'}",
        "{'op':'access','pattern':'loop','length':8192,'count':9007199254740992}",
        "{'op':'churn','operations':9007199254740992}",
        "{'op':'mmap','id':'a','length':'1TiB','prot':'r','flags':['populate']}",
        "{'op':'mlockall','future':true},{'op':'mmap','id':'a','length':'1TiB','prot':'r'}",
        "{'op':'mmap','id':'a','length':'1TiB','prot':'r'},{'op':'mlock','id':'a'}",
        "{'op':'mmap','id':'a','length':'1TiB','prot':'r'},{'op':'madvise','id':'a','advice':"
        "'populate_read'}",
        "{'op':'mmap','id':'a','length':'1TiB','prot':'rw'},{'op':'read_into','id':'a'}",
        "{'op':'script','lines':['mmap 0 100000000 rw','touch 0 0 100000000 1 r']}",
        "{'op':'script','lines':['mmap 0 1 rw','touch 0 1 100000000 1 r']}",
        "{'op':'script','language':'heap','lines':['at 0 9 9999999 1']}",
        FOREVER("{'op':'fork','child':[]},{'op':'wait'}"),
        FOREVER("{'op':'thread','program':[{'op':'yield'}]},{'op':'wait','for':'thread'}"),
        FOREVER("{'op':'mmap','id':'a','length':'1MiB','prot':'r','flags':['populate']},"
                "{'op':'mincore','id':'a'}"),
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(programs); i++) {
        for (unsigned cpus = 1; cpus <= 2; cpus++) {
            g_autofree char *machine = g_strdup_printf("'overcommit':'always','cpus':%u", cpus);
            Clock clock, again;
            Counters one, other;
            g_test_message("%u: %s", cpus, programs[i]);
            g_assert_false(run_steps(machine, programs[i], 30000, &clock, &one));
            g_assert_cmpuint(clock.steps, >=, 30000);
            g_assert_cmpuint(clock.steps, <, 31000);
            g_assert_false(run_steps(machine, programs[i], 30000, &again, &other));
            g_assert_cmpmem(&one, sizeof one, &other, sizeof other);
            g_assert_cmpuint(clock.now, ==, again.now);
        }
    }
}

/* A run that ends before does not notice. */
static void test_steps_enough(void) {
    static const char *const machines[] = {"'frames':8", "'frames':8,'cpus':3",
                                           "'frames':8,'replacement':'nru'",
                                           "'frames':8,'replacement':'ws','tlb':'none'"};
    static const char program[] =
        "{'op':'mmap','id':'a','length':'64KiB'},{'op':'thread','program':[{'op':'touch','id':'a'}]"
        "},{'op':'access','pattern':'random','over':'a','count':999},{'op':'churn','operations':"
        "99}";
    for (unsigned i = 0; i < G_N_ELEMENTS(machines); i++) {
        Clock free_clock, clock;
        Counters free_counters, counters;
        g_assert_true(run_steps(machines[i], program, 0, &free_clock, &free_counters));
        g_assert_true(run_steps(machines[i], program, free_clock.steps + 1, &clock, &counters));
        g_assert_cmpmem(&free_counters, sizeof free_counters, &counters, sizeof counters);
        g_assert_cmpuint(free_clock.now, ==, clock.now);
        g_assert_cmpuint(free_clock.steps, ==, clock.steps);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/machine/sizes", test_sizes);
    g_test_add_func("/sim/machine/custom_geometry", test_custom_geometry);
    g_test_add_func("/sim/machine/prices", test_prices);
    g_test_add_func("/sim/machine/refused", test_refused);
    g_test_add_func("/sim/machine/thousand_live", test_thousand_live);
    g_test_add_func("/sim/machine/many_short_lives", test_many_short_lives);
    g_test_add_func("/sim/machine/subscribers", test_subscribers);
    g_test_add_func("/sim/machine/checks_can_fail", test_checks_can_fail);
    g_test_add_func("/sim/machine/broken_invariant_stops", test_broken_invariant_stops);
    g_test_add_func("/sim/machine/steps_end_a_run", test_steps_end_a_run);
    g_test_add_func("/sim/machine/steps_enough", test_steps_enough);
    g_test_add_func("/sim/machine/random_workloads", test_random_workloads);
    return g_test_run();
}
