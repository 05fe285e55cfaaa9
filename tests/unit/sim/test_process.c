/* test_process.c - what each op does to memory, counters and time; how a process ends. */
#include <glib/gstdio.h>

#include "faultline/rng.h"
#include "fixture.h"

/* One process named "p" with these ops, on a machine of 16 frames unless told. */
static Fixture program_on(const char *machine, const char *ops) {
    g_autofree char *process = g_strdup_printf("{'name':'p','program':[%s]}", ops);
    return fixture_of(machine, process);
}
static Fixture program(const char *ops) { return program_on("'frames': 16", ops); }

/* The events of some kinds, kept. */
static void keep_event(void *host, const Event *event) {
    g_array_append_val((GArray *)host, *event);
}
static GArray *listen_to(Fixture *f, uint64_t mask) {
    GArray *events = g_array_new(FALSE, FALSE, sizeof(Event));
    machine_subscribe(f->machine, &(EventSink){.mask = mask, .emit = keep_event, .host = events});
    return events;
}
static const Event *event_at(const GArray *events, guint i) {
    g_assert_cmpuint(i, <, events->len);
    return &g_array_index(events, Event, i);
}

/* ---- time ---- */

/* mmap 150; a store: walk 4 x 10, fault 800, reference 100 (no TLB, so nothing for its hit). */
static void test_one_store(void) {
    Fixture f =
        program_on("'frames': 4, 'tlb': 'none'", "{'op':'mmap','id':'r','length':4096},"
                                                 "{'op':'write','id':'r','length':8,'value':1}");
    fixture_run(&f);
    Counters c = counters_of(&f, 0);
    g_assert_cmpuint(c.stores, ==, 1);
    g_assert_cmpuint(c.walk_levels, ==, 4);
    g_assert_cmpuint(c.syscall_ns, ==, 150);
    g_assert_cmpuint(c.fault_ns, ==, 800 + 200 * (c.zfod - c.ozfod));
    g_assert_cmpuint(process_of(&f, 0)->ended, ==, 150 + 40 + c.fault_ns + 100);
    fixture_clear(&f);
}

/* ---- bytes ---- */

static void test_touch_counts_pages(void) {
    Fixture f = program("{'op':'mmap','id':'r','length':'64KiB'},"
                        "{'op':'touch','id':'r','offset':4000,'length':200},"  /* 2 pages */
                        "{'op':'touch','id':'r','offset':4096,'length':4096}," /* 1 */
                        "{'op':'touch','id':'r','offset':1,'length':8192},"    /* 3 */
                        "{'op':'touch','id':'r','offset':60000},"              /* 2 */
                        "{'op':'touch','id':'r','length':0}");
    fixture_run(&f);
    Counters c = counters_of(&f, 0);
    g_assert_cmpuint(c.loads + c.stores, ==, 2 + 1 + 3 + 2);
    fixture_clear(&f);
}

/* Seeded bytes belong to their offset, so any part can be verified, wherever it begins. */
static void test_fill_and_verify(void) {
    Fixture f = program("{'op':'mmap','id':'r','length':'128KiB'},"
                        "{'op':'fill','id':'r','seed':9},"
                        "{'op':'verify','id':'r','seed':9},"
                        "{'op':'verify','id':'r','offset':70003,'length':5001,'seed':9},"
                        "{'op':'fill','id':'r','offset':4093,'length':7,'value':5},"
                        "{'op':'verify','id':'r','offset':4093,'length':7,'value':5},"
                        "{'op':'fill','id':'r','offset':4093,'length':7,'seed':9},"
                        "{'op':'verify','id':'r','seed':9}");
    fixture_run(&f);
    g_assert_cmpuint(counters_of(&f, 0).verify_errors, ==, 0);
    g_assert_cmpuint(counters_of(&f, 0).pswpin, >, 0); /* 32 pages in 16 frames */
    fixture_clear(&f);
}

static void test_verify_finds(void) {
    Fixture f = program("{'op':'mmap','id':'r','length':'8KiB'},"
                        "{'op':'fill','id':'r','value':3},"
                        "{'op':'write','id':'r','offset':4095,'length':2,'value':4},"
                        "{'op':'verify','id':'r','value':3},"
                        "{'op':'verify','id':'r','offset':0,'length':8,'seed':1}");
    fixture_run(&f);
    Rng rng = {1};
    uint64_t word = rng_next(&rng), differ = 2;
    for (int i = 0; i < 8; i++) {
        differ += (word >> 8 * i & 0xFF) != 3;
    }
    g_assert_cmpuint(counters_of(&f, 0).verify_errors, ==, differ);
    fixture_clear(&f);
}

/* What memmove does, on a copy kept by the test; compared when the program makes a note. */
typedef struct Mirror {
    Machine *machine;
    uint8_t bytes[32 << 10];
} Mirror;

static void compare_mirror(void *host, const Event *event G_GNUC_UNUSED) {
    Mirror *mirror = host;
    const Process *process = mirror->machine->processes[0];
    g_autofree uint8_t *bytes = g_malloc(sizeof mirror->bytes);
    g_assert_true(memory_peek(mirror->machine->memory, process->space, process->slots[0].va, bytes,
                              sizeof mirror->bytes));
    g_assert_cmpmem(bytes, sizeof mirror->bytes, mirror->bytes, sizeof mirror->bytes);
}

static void test_copy_is_memmove(void) {
    g_autofree Mirror *mirror = g_new0(Mirror, 1);
    GString *ops = g_string_new("{'op':'mmap','id':'r','length':'32KiB'},"
                                "{'op':'fill','id':'r','seed':4}");
    Rng rng = {4};
    for (size_t i = 0; i < sizeof mirror->bytes; i += 8) {
        uint64_t word = GUINT64_TO_LE(rng_next(&rng));
        memcpy(mirror->bytes + i, &word, 8);
    }
    for (int i = 0; i < 40; i++) {
        uint64_t length = rng_below(&rng, i % 2 == 0 ? 300 : 9000);
        uint64_t from = rng_below(&rng, sizeof mirror->bytes - length);
        uint64_t to = i % 4 < 2 ? MIN(from + rng_below(&rng, 100), sizeof mirror->bytes - length)
                                : rng_below(&rng, sizeof mirror->bytes - length);
        g_string_append_printf(ops,
                               ",{'op':'copy','id':'r','offset':%d,'from':'r','from_offset':%d,"
                               "'length':%d}",
                               (int)to, (int)from, (int)length);
        memmove(mirror->bytes + to, mirror->bytes + from, length);
    }
    g_string_append(ops, ",{'op':'note','text':'compare'}");
    Fixture f = program_on("'frames': 3", ops->str);
    mirror->machine = f.machine;
    machine_subscribe(
        f.machine,
        &(EventSink){.mask = EVENT_BIT(EVENT_note), .emit = compare_mirror, .host = mirror});
    fixture_run(&f);
    fixture_clear(&f);
    g_string_free(ops, TRUE);
}

/* ---- control ---- */

static void test_loops_and_ids(void) {
    Fixture f = program("{'op':'repeat','times':3,'as':'i','do':["
                        "{'op':'repeat','times':4,'as':'j','do':["
                        "{'op':'malloc','id':'n[$i][$j]','size':32},"
                        "{'op':'fill','id':'n[$i][$j]','value':1}]},"
                        "{'op':'repeat','times':0,'do':[{'op':'exit','code':9}]}]},"
                        "{'op':'verify','id':'n[2][3]','value':1},"
                        "{'op':'repeat','times':3,'as':'i','do':["
                        "{'op':'repeat','times':4,'as':'j','do':["
                        "{'op':'free','id':'n[$i][$j]'}]}]},"
                        "{'op':'exit','code':7},{'op':'write','address':0,'length':8,'value':1}");
    fixture_run(&f);
    const Process *p = process_of(&f, 0);
    g_assert_cmpuint(counters_of(&f, 0).mallocs, ==, 12);
    g_assert_cmpuint(counters_of(&f, 0).frees, ==, 12);
    g_assert_cmpuint(p->last.live_bytes, ==, 0);
    g_assert_cmpint(p->status, ==, PROCESS_EXITED);
    g_assert_cmpuint(p->exit_code, ==, 7);
    fixture_clear(&f);
}

/* Each mark has what happened since the one before; together they are the whole. */
/* A run that would keep figures without end is ended, with the place. */
static void test_phases_are_bounded(void) {
    Fixture f = fixture_of("", "{'program':[{'op':'repeat','times':9007199254740992,'do':["
                               "{'op':'phase','name':'p'}]}]}");
    f.machine->check = (CheckPlan){0};
    GError *error = NULL;
    g_assert_false(machine_run(f.machine, &error));
    g_assert_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT);
    g_assert_cmpstr(error->message, ==,
                    "test.json:1: more than 65536 phases: a run keeps figures for no more");
    g_assert_cmpuint(process_of(&f, 0)->phases->len, ==, PHASES_MAX);
    g_clear_error(&error);
    fixture_clear(&f);
}

static void test_phases(void) {
    Fixture f = program("{'op':'mmap','id':'r','length':'16KiB'},{'op':'phase','name':'map'},"
                        "{'op':'touch','id':'r','length':'8KiB'},"
                        "{'op':'phase','name':'half'},"
                        "{'op':'touch','id':'r'},{'op':'phase','name':'all'}");
    fixture_run(&f);
    GArray *phases = process_of(&f, 0)->phases;
    Counters sum = {0}, whole = counters_of(&f, 0);
    static const char *const names[] = {"map", "half", "all"};
    static const uint64_t faults[] = {0, 2, 2}, rss[] = {0, 2, 4};
    g_assert_cmpuint(phases->len, ==, 3);
    for (guint i = 0; i < phases->len; i++) {
        const PhaseRecord *phase = &g_array_index(phases, PhaseRecord, i);
        g_assert_cmpstr(phase->name, ==, names[i]);
        g_assert_cmpuint(phase->counters.pgfault, ==, faults[i]);
        g_assert_cmpuint(phase->now.rss, ==, rss[i]);
        counters_add(&sum, &phase->counters);
    }
    g_assert_cmpmem(&sum, sizeof sum, &whole, sizeof whole);
    fixture_clear(&f);
}

/* ---- patterns ---- */

/* The region of its own is mapped once and found again in the next turn of the loop. */
static void test_private_region(void) {
    Fixture f = program("{'op':'repeat','times':3,'do':["
                        "{'op':'access','pattern':'pages','pages':'0 1w 2'}]}");
    fixture_run(&f);
    Counters c = counters_of(&f, 0);
    g_assert_cmpuint(c.majflt, ==, 3);
    g_assert_cmpuint(c.filein, ==, 3);
    g_assert_cmpuint(c.loads, ==, 6);
    g_assert_cmpuint(c.stores, ==, 3);
    g_assert_cmpuint(c.mmap_calls, ==, 0);
    fixture_clear(&f);
}

static void test_impossible_patterns(void) {
    static const char *const ops[] = {
        "{'op':'access','pattern':'pages','pages':[68719476736]}",
        "{'op':'mmap','id':'r','length':4096},"
        "{'op':'access','pattern':'matrix','over':'r','rows':1000,'columns':1000}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(ops); i++) {
        g_autoptr(GError) error = NULL;
        Fixture f = program(ops[i]);
        g_assert_false(machine_run(f.machine, &error));
        g_assert_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT);
        g_assert_true(g_str_has_prefix(error->message, "test.json:1: "));
        fixture_clear(&f);
    }
}

/* ---- system calls ---- */

static void test_calls_are_counted(void) {
    Fixture f = program("{'op':'mmap','id':'r','length':'32KiB','flags':['populate']},"
                        "{'op':'mprotect','id':'r','length':'8KiB','prot':'r'},"
                        "{'op':'madvise','id':'r','advice':'dontneed'},"
                        "{'op':'mremap','id':'r','new_length':'64KiB'},"
                        "{'op':'touch','id':'r','offset':'60KiB'},"
                        "{'op':'munmap','id':'r'},"
                        "{'op':'sbrk','increment':100},{'op':'sbrk','increment':0},"
                        "{'op':'brk','increment':-100},{'op':'sbrk','increment':-100}");
    GArray *events = listen_to(&f, EVENT_BIT(EVENT_syscall));
    fixture_run(&f);
    Counters c = counters_of(&f, 0);
    g_assert_cmpuint(c.mmap_calls, ==, 1);
    g_assert_cmpuint(c.mprotect_calls, ==, 1);
    g_assert_cmpuint(c.madvise_calls, ==, 1);
    g_assert_cmpuint(c.mremap_calls, ==, 1);
    g_assert_cmpuint(c.munmap_calls, ==, 1);
    g_assert_cmpuint(c.brk_calls, ==, 3); /* sbrk(0) does not reach the kernel */
    g_assert_cmpuint(c.syscall_ns, ==, 8 * 150);
    g_assert_cmpint(process_of(&f, 0)->status, ==, PROCESS_EXITED);
    g_assert_cmpuint(events->len, ==, 8);
    g_assert_cmpuint(event_at(events, 5)->a, ==, SYSCALL_SBRK);
    g_assert_cmpuint(event_at(events, 5)->b, ==, 100);
    g_assert_cmpuint(event_at(events, 7)->va, ==, VADDR_FAIL); /* below the heap's start */
    g_array_unref(events);
    fixture_clear(&f);
}

/* ---- misfortunes ---- */

static void dies(const char *ops, ProcessStatus status, VAddr where) {
    Fixture f = program(ops);
    GArray *events = listen_to(&f, EVENT_BIT(EVENT_signal));
    fixture_run(&f);
    g_assert_cmpstr(process_status_word(process_of(&f, 0)->status), ==,
                    process_status_word(status));
    g_assert_cmpuint(events->len, ==, 1);
    unsigned number = status == PROCESS_SIGSEGV ? 11 : status == PROCESS_SIGBUS ? 7 : 6;
    g_assert_cmpuint(event_at(events, 0)->a, ==, number);
    g_assert_cmphex(event_at(events, 0)->va, ==, where);
    g_array_unref(events);
    fixture_clear(&f);
}

static void test_deaths(void) {
    dies("{'op':'write','address':64,'length':8,'value':1},{'op':'exit'}", PROCESS_SIGSEGV, 64);
    dies("{'op':'read','address':0,'length':1}", PROCESS_SIGSEGV, 0);
    /* an id that never had a block is a null pointer */
    dies("{'op':'read','id':'a','offset':24},{'op':'malloc','id':'a','size':8}", PROCESS_SIGSEGV,
         24);
    dies("{'op':'malloc','id':'a','size':'1TiB'},{'op':'malloc','id':'a','size':'200TiB'},"
         "{'op':'write','id':'a','offset':5,'value':1}",
         PROCESS_SIGSEGV, 5);
    dies("{'op':'malloc','id':'a','size':8},{'op':'free','id':'a'},{'op':'free','id':'a'}",
         PROCESS_SIGABRT, 0);
    dies("{'op':'mmap','id':'a','length':4096,'address':'0x500000','flags':['fixed']},"
         "{'op':'free','id':'a'}",
         PROCESS_SIGABRT, 0);
    dies("{'op':'mmap','id':'a','length':4096,'address':'0x500000','flags':['fixed'],'prot':'r'},"
         "{'op':'write','id':'a','offset':100,'length':50,'value':1}",
         PROCESS_SIGSEGV, 0x500064);
    /* shared memory stays as long as it was made */
    dies("{'op':'script','lines':['mmap 0 1 rw shared fixed@0x500000','mremap 0 1 2 0']},"
         "{'op':'touch','address':'0x501000','length':8}",
         PROCESS_SIGBUS, 0x501000);
}

/* "on_segv": "continue": each access that fails is left out and counted. */
static void test_survives_segv(void) {
    Fixture f = fixture_of("'frames': 4", "{'name':'p','on_segv':'continue','program':["
                                          "{'op':'write','address':4,'length':16,'value':1},"
                                          "{'op':'touch','address':4096,'length':16384},"
                                          "{'op':'exit','code':3}]}");
    fixture_run(&f);
    Counters c = counters_of(&f, 0);
    g_assert_cmpuint(c.sigsegv, ==, 3 + 4); /* words 0..7, 8..15, 16..19; four pages */
    g_assert_cmpuint(c.invalid_faults, ==, 7);
    g_assert_cmpint(process_of(&f, 0)->status, ==, PROCESS_EXITED);
    g_assert_cmpuint(process_of(&f, 0)->exit_code, ==, 3);
    fixture_clear(&f);
}

/* What a script's system calls do to the heap behind its allocator's back is the program's mistake,
 * too. */
static void test_heap_under_a_script(void) {
    static const char *const lines[] = {"zread B 0 13",
                                        "munmap B 1 315",
                                        "brk -40960",
                                        "madv B 0 40 dontneed",
                                        "mremap B 4 4 3 0x10000000",
                                        "mmap 1 9 rw fixed@0x6f3000"}; /* that image's break */
    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *process = g_strdup_printf(
            "{'image':'static','program':[{'op':'malloc','id':'b','size':49153},{'op':'malloc','id'"
            ":"
            "'c','size':1},{'op':'script','lines':['%s','forkhold','touch B 0 1 1 r','endfork']},"
            "{'op':'malloc','id':'d','size':5000},{'op':'free','id':'b'}]}",
            lines[i]);
        Fixture f = fixture_of("", process);
        fixture_run(&f);
        fixture_clear(&f);
    }
}

/* A heap damaged by its program takes the process down, never the simulator. */
static void test_corrupted_heap(void) {
    for (const ComponentInfo *const *info = registry_vocabulary()->allocators; *info; info++) {
        for (int value = 0; value < 256; value += 85) {
            g_autofree char *process = g_strdup_printf(
                "{'allocator':'%s','on_segv':'continue','program':["
                "{'op':'repeat','times':8,'as':'i','do':[{'op':'malloc','id':'a[$i]','size':100}]},"
                "{'op':'free','id':'a[1]'},{'op':'free','id':'a[3]'},"
                "{'op':'write','id':'a[0]','length':700,'value':%d},"
                "{'op':'repeat','times':8,'as':'i','do':[{'op':'malloc','id':'b','size':60}]},"
                "{'op':'free','id':'a[5]'},{'op':'realloc','id':'a[6]','size':3000}]}",
                (*info)->name, value);
            Fixture f = fixture_of("'frames': 8", process);
            fixture_run(&f);
            g_assert_true(process_over(process_of(&f, 0)));
            fixture_clear(&f);
        }
    }
}

/* The largest goes; who asked goes on, and has its memory. */
static void test_oom_kills_the_largest(void) {
    Fixture f = fixture_of("'frames': 10, 'swap': 'none'",
                           "{'name':'big','program':[{'op':'mmap','id':'r','length':'28KiB'},"
                           "{'op':'touch','id':'r'},{'op':'sleep','time':'1s'}]},"
                           "{'name':'small','start':'1ms','program':["
                           "{'op':'mmap','id':'r','length':'24KiB'},"
                           "{'op':'fill','id':'r','seed':2},{'op':'verify','id':'r','seed':2}]}");
    GArray *events = listen_to(&f, EVENT_BIT(EVENT_oom_kill));
    fixture_run(&f);
    g_assert_cmpint(process_of(&f, 0)->status, ==, PROCESS_OOM_KILLED);
    g_assert_cmpint(process_of(&f, 1)->status, ==, PROCESS_EXITED);
    g_assert_cmpuint(counters_of(&f, 1).verify_errors, ==, 0);
    g_assert_cmpuint(f.machine->counters.oom_kills, ==, 1);
    g_assert_cmpuint(process_of(&f, 0)->last.rss, ==, 7);
    g_assert_cmpuint(event_at(events, 0)->a, ==, 7);
    g_assert_cmpuint(event_at(events, 0)->pid, ==, 1);
    g_assert_cmpuint(f.machine->clock.now, <, 1000000000); /* nobody waits for the dead */
    g_array_unref(events);
    fixture_clear(&f);
}

static void test_oom_kills_the_asking(void) {
    Fixture f =
        program_on("'frames': 4, 'swap': 'none'",
                   "{'op':'mmap','id':'r','length':'28KiB'},{'op':'fill','id':'r','value':1}");
    fixture_run(&f);
    g_assert_cmpint(process_of(&f, 0)->status, ==, PROCESS_OOM_KILLED);
    g_assert_cmpuint(process_of(&f, 0)->last.rss, ==, 4);
    fixture_clear(&f);
}

/* ---- allocations in bulk ---- */

static void test_churn(void) {
    static const char *const lifetimes[] = {"random", "lifo", "fifo"};
    for (size_t i = 0; i < G_N_ELEMENTS(lifetimes); i++) {
        g_autofree char *op = g_strdup_printf("{'op':'churn','operations':400,'live_bytes':'8KiB',"
                                              "'lifetime':'%s','sizes':{'min':1,'max':900}}",
                                              lifetimes[i]);
        Fixture f = program(op);
        fixture_run(&f);
        Counters c = counters_of(&f, 0);
        g_assert_cmpuint(c.mallocs, ==, c.frees);
        g_assert_cmpuint(c.mallocs, >=, 200);
        g_assert_cmpuint(process_of(&f, 0)->last.live_bytes, ==, 0);
        g_assert_cmpuint(process_of(&f, 0)->last.peak_live_bytes, <=, 8192);
        g_assert_cmpuint(process_of(&f, 0)->by_allocator.loads, >, 0);
        fixture_clear(&f);
    }
}

/* As in C, a realloc that fails leaves the block. */
static void test_failed_realloc(void) {
    Fixture f = program("{'op':'malloc','id':'a','size':100},{'op':'fill','id':'a','seed':1},"
                        "{'op':'realloc','id':'a','size':'200TiB'},"
                        "{'op':'verify','id':'a','seed':1},{'op':'free','id':'a'}");
    fixture_run(&f);
    Counters c = counters_of(&f, 0);
    g_assert_cmpint(process_of(&f, 0)->status, ==, PROCESS_EXITED);
    g_assert_cmpuint(c.failed_mallocs, ==, 1);
    g_assert_cmpuint(c.frees, ==, 1);
    g_assert_cmpuint(c.verify_errors, ==, 0);
    fixture_clear(&f);
}

/* ---- traces ---- */

/* A machine with a process that replays these lines on an allocator. */
static Fixture replay_with(const char *machine, const char *allocator, const char *lines) {
    g_autofree char *path = NULL;
    GError *error = NULL;
    int file = g_file_open_tmp("faultline-XXXXXX.trace", &path, &error);
    g_assert_no_error(error);
    g_close(file, NULL);
    g_assert_true(g_file_set_contents(path, lines, -1, NULL));
    g_autofree char *process = g_strdup_printf(
        "{'name':'p','allocator':'%s','program':[{'op':'trace','file':'%s'}]}", allocator, path);
    Fixture f = fixture_of(machine, process);
    machine_run(f.machine, NULL);
    g_remove(path);
    return f;
}
static Fixture replay_of(const char *machine, const char *lines) {
    return replay_with(machine, "explicit", lines);
}

static void test_replay_heap(void) {
    /* r of a live and of an unused id, r to 0, reuse after free, a malloc of 0 bytes */
    Fixture f = replay_of("'frames': 16", "1\n4\n9\n1\na 0 100\na 1 5000\nr 0 9000\nr 2 64\nr 2 0\n"
                                          "f 1\na 1 16\nf 0\nf 1\n");
    g_assert_null(f.machine->error);
    Counters c = counters_of(&f, 0);
    g_assert_cmpint(process_of(&f, 0)->status, ==, PROCESS_EXITED);
    g_assert_cmpuint(process_of(&f, 0)->last.live_bytes, ==, 0);
    /* payload words, each written once: 13 + 625 + (1125 - 13) + 8 + 2 */
    g_assert_cmpuint(process_of(&f, 0)->by_program.stores, ==, 13 + 625 + 1112 + 8 + 2);
    g_assert_cmpuint(c.heap_errors, ==, 0);
    fixture_clear(&f);
}

/* Each thread of a trace is one to the allocator: gnu gives the second an arena of its own, whose
 * first heap is reserved and made writable, and finds the first one's cache again. */
static void test_replay_threads(void) {
    static const char one[] = "1\n3\n5\n1\na 0 100\na 1 100\nf 0\na 2 100\nf 2\n";
    static const char two[] = "1\n3\n5\n1\nt 7\na 0 100\nt 2\na 1 100\nt 7\nf 0\na 2 100\nf 2\n";
    static const char *const traces[] = {one, two};
    for (unsigned i = 0; i < 2; i++) {
        Fixture f = replay_with("'frames': 64", "gnu", traces[i]);
        g_assert_null(f.machine->error);
        Counters c = counters_of(&f, 0);
        g_assert_cmpuint(c.mprotect_calls, ==, i);
        g_assert_cmpuint(c.mmap_calls, ==, i);
        g_assert_cmpuint(process_of(&f, 0)->last.live_bytes, ==, 100);
        fixture_clear(&f);
    }
}

static void test_replay_double_free(void) {
    Fixture f = replay_of("'frames': 16", "1\n1\n3\n1\na 0 100\nf 0\nf 0\n");
    g_assert_null(f.machine->error);
    g_assert_cmpint(process_of(&f, 0)->status, ==, PROCESS_SIGABRT);
    g_assert_cmpuint(counters_of(&f, 0).heap_errors, ==, 1);
    fixture_clear(&f);
}

static void test_replay_damaged(void) {
    Fixture f = replay_of("'frames': 16", "1\n2\n9\n1\na 0 100\na 1 zebra\n");
    g_assert_error(f.machine->error, MACHINE_ERROR, MACHINE_ERROR_INPUT);
    fixture_clear(&f);
}

/* Pages come into being when named; straddling accesses are two. */
static void test_replay_references(void) {
    Fixture f = replay_of("'frames': 16", "I  04001000,3\n L 04002ffc,8\n S 1ffeff0000,4\n"
                                          " M 04002000,8\nI  ffffffffffff0000,1\n");
    g_assert_null(f.machine->error);
    Counters c = counters_of(&f, 0);
    g_assert_cmpuint(c.stores, ==, 2);
    g_assert_cmpuint(c.loads, ==, 1 + 2 + 1);
    g_assert_cmpuint(c.mmap_calls, ==, 0);
    g_assert_cmpuint(c.sigsegv, ==, 1); /* the last one lies beyond the user's half */
    g_assert_cmpuint(c.invalid_faults, ==, 1);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/process/one_store", test_one_store);
    g_test_add_func("/sim/process/touch_counts_pages", test_touch_counts_pages);
    g_test_add_func("/sim/process/fill_and_verify", test_fill_and_verify);
    g_test_add_func("/sim/process/verify_finds", test_verify_finds);
    g_test_add_func("/sim/process/copy_is_memmove", test_copy_is_memmove);
    g_test_add_func("/sim/process/loops_and_ids", test_loops_and_ids);
    g_test_add_func("/sim/process/phases", test_phases);
    g_test_add_func("/sim/process/private_region", test_private_region);
    g_test_add_func("/sim/process/impossible_patterns", test_impossible_patterns);
    g_test_add_func("/sim/process/calls_are_counted", test_calls_are_counted);
    g_test_add_func("/sim/process/deaths", test_deaths);
    g_test_add_func("/sim/process/survives_segv", test_survives_segv);
    g_test_add_func("/sim/process/corrupted_heap", test_corrupted_heap);
    g_test_add_func("/sim/process/oom_kills_the_largest", test_oom_kills_the_largest);
    g_test_add_func("/sim/process/oom_kills_the_asking", test_oom_kills_the_asking);
    g_test_add_func("/sim/process/churn", test_churn);
    g_test_add_func("/sim/process/failed_realloc", test_failed_realloc);
    g_test_add_func("/sim/process/replay_heap", test_replay_heap);
    g_test_add_func("/sim/process/replay_threads", test_replay_threads);
    g_test_add_func("/sim/process/replay_double_free", test_replay_double_free);
    g_test_add_func("/sim/process/phases_are_bounded", test_phases_are_bounded);
    g_test_add_func("/sim/process/heap_under_a_script", test_heap_under_a_script);
    g_test_add_func("/sim/process/replay_damaged", test_replay_damaged);
    g_test_add_func("/sim/process/replay_references", test_replay_references);
    return g_test_run();
}
