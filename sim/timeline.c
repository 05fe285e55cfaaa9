/* timeline.c - see timeline.h. */
#include "timeline.h"

#include <inttypes.h>

#include "fault_words.h"
#include "op_words.h"
#include "output/style.h"
#include "output/track_event.h"
#include "page_words.h"
#include "process_script.h"

/* Numbers of tracks: a process has 2^32 of its own, the machine's are below them. */
enum { PROCESS_TRACK, PROCESS_RSS, PROCESS_WORKING_SET, PROCESS_HEAP, PROCESS_THREADS };
enum { MACHINE_FREE = 1, MACHINE_ZEROED, MACHINE_SWAP, MACHINE_NOTE, MACHINE_CPUS };

/* The track of a thread, and what is open on it. */
typedef struct Lane {
    TrackId track;
    uint32_t pid;
    unsigned depth; /* slices that have begun and not ended: an operation, a script's line in it */
} Lane;

struct Timeline {
    const Machine *machine;
    GString *trace;
    GArray *lanes;      /* Lane, in the order in which they appeared */
    GHashTable *places; /* track -> its place in `lanes`, from 1; only ever looked up */
    uint32_t processes; /* described so far */
    uint64_t events;
    uint64_t turns;           /* slices begun on the tracks of CPUs */
    Tick turn_from[CPUS_MAX]; /* when the one that is open began ... */
    bool in_turn[CPUS_MAX];   /* ... if one is */
};

/* ---- tracks -------------------------------------------------------------------------------------- */

static TrackId track_of(uint32_t pid, uint32_t number) { return (uint64_t)pid << 32 | number; }

static void describe_processes(Timeline *t) {
    for (; t->processes < t->machine->process_count; t->processes++) {
        g_autofree char *name = style_printable(t->machine->processes[t->processes]->name);
        uint32_t pid = t->processes + 1;
        TrackId parent = track_of(pid, PROCESS_TRACK);
        track_process(t->trace, parent, pid, name);
        track_counter(t->trace, track_of(pid, PROCESS_RSS), parent, "rss", COUNTER_BYTES);
        track_counter(t->trace, track_of(pid, PROCESS_WORKING_SET), parent, "working set",
                      COUNTER_BYTES);
        track_counter(t->trace, track_of(pid, PROCESS_HEAP), parent, "heap", COUNTER_BYTES);
    }
}

static uint32_t thread_of(const Timeline *t, uint32_t pid) {
    const Task *running = t->machine->running;
    return running != NULL && running->process->pid == pid ? running->number : 0;
}

static Lane *lane_of(Timeline *t, uint32_t pid, uint32_t thread) {
    TrackId track = track_of(pid, PROCESS_THREADS + thread);
    unsigned place = GPOINTER_TO_UINT(g_hash_table_lookup(t->places, &track));
    if (place == 0) {
        g_autofree char *name =
            thread == 0 ? g_strdup("main") : g_strdup_printf("thread %" PRIu32, thread);
        track_slices(t->trace, track, track_of(pid, PROCESS_TRACK), name);
        Lane lane = {.track = track, .pid = pid};
        g_array_append_val(t->lanes, lane);
        place = t->lanes->len;
        g_hash_table_insert(t->places, g_memdup2(&track, sizeof(track)), GUINT_TO_POINTER(place));
    }
    return &g_array_index(t->lanes, Lane, place - 1);
}

static void lane_open(Timeline *t, Lane *lane, Tick time, const char *name) {
    g_autofree char *printable = style_printable(name);
    track_begin(t->trace, lane->track, time, printable, NULL);
    lane->depth++;
}

static void lane_close(Timeline *t, Lane *lane, Tick time, unsigned depth) {
    for (; lane->depth > depth; lane->depth--) {
        track_end(t->trace, lane->track, time);
    }
}

static void close_process(Timeline *t, uint32_t pid, Tick time) {
    for (unsigned i = 0; i < t->lanes->len; i++) {
        Lane *lane = &g_array_index(t->lanes, Lane, i);
        if (lane->pid == pid) {
            lane_close(t, lane, time, 0);
        }
    }
}

/* ---- events ---------------------------------------------------------------------------------------- */

static void show_op(Timeline *t, Lane *lane, const Process *process, const Event *event) {
    lane_close(t, lane, event->time, 0);
    g_autofree char *words = op_describe(process, &process->spec->program.ops[event->a]);
    if (words != NULL) {
        lane_open(t, lane, event->time, words);
    }
}

static void show_line(Timeline *t, Lane *lane, const Process *process, const Event *event) {
    lane_close(t, lane, event->time, 1);
    const ScriptOp *op = script_op(process->task->work.script->script, (uint32_t)event->a);
    lane_open(t, lane, event->time, op->text);
}

static void show_fault(Timeline *t, const Lane *lane, const Process *process, const Event *event) {
    g_autofree char *name = g_strconcat("fault: ", fault_name((FaultKind)event->a), NULL);
    g_autofree char *page = page_name(process, event->va >> t->machine->config.geometry.page_shift);
    g_autofree char *address = g_strdup_printf("0x%" PRIx64, event->va);
    const TrackNote notes[] = {
        {.name = "page", .text = page},
        {.name = "address", .text = address},
        {.name = "access", .text = event->access == ACCESS_WRITE ? "write" : "read"},
        {.name = event->frame == PFN_NONE ? NULL : "frame", .number = event->frame},
        {.name = NULL}};
    track_begin(t->trace, lane->track, event->time - event->b, name, notes);
    track_end(t->trace, lane->track, event->time);
}

static char *instant_words(const Timeline *t, const Process *process, const Event *event) {
    const Program *program = &process->spec->program;
    switch (event->kind) {
    case EVENT_evict: {
        g_autofree char *page =
            page_name(process, event->va >> t->machine->config.geometry.page_shift);
        return g_strdup_printf("%s is evicted", page);
    }
    case EVENT_phase:
        return g_strdup_printf("phase: %s", program->strings[event->a]);
    case EVENT_note:
        return g_strdup(program->strings[event->a]);
    case EVENT_signal:
        return g_strdup_printf("signal %" PRIu64, event->a);
    default:
        return g_strdup("killed: out of memory");
    }
}

static void show_instant(Timeline *t, TrackId track, const Process *process, const Event *event) {
    g_autofree char *words = instant_words(t, process, event);
    g_autofree char *printable = style_printable(words);
    track_instant(t->trace, track, event->time, printable);
}

static void show_event(Timeline *t, const Process *process, const Event *event) {
    Lane *lane = lane_of(t, event->pid, thread_of(t, event->pid));
    switch (event->kind) {
    case EVENT_op:
        show_op(t, lane, process, event);
        break;
    case EVENT_line:
        show_line(t, lane, process, event);
        break;
    case EVENT_fault:
        show_fault(t, lane, process, event);
        break;
    case EVENT_evict: /* somebody else may be at work: its page goes, not its time */
        show_instant(t, track_of(event->pid, PROCESS_TRACK), process, event);
        break;
    default:
        show_instant(t, lane->track, process, event);
    }
}

/* ---- who runs on which CPU ----------------------------------------------------------------------- */

/* Who is killed by another CPU may have been ahead of it. */
static void turn_end(Timeline *t, uint64_t cpu, Tick time) {
    if (t->in_turn[cpu]) {
        track_end(t->trace, MACHINE_CPUS + cpu, MAX(time, t->turn_from[cpu]));
        t->in_turn[cpu] = false;
    }
}

static void turn_begin(Timeline *t, const Process *process, const Event *event) {
    uint32_t thread = thread_of(t, event->pid);
    g_autofree char *name = style_printable(process->name);
    g_autofree char *words =
        thread == 0 ? g_strdup(name) : g_strdup_printf("%s, thread %" PRIu32, name, thread);
    if (++t->turns <= TIMELINE_EVENTS_MAX) {
        track_begin(t->trace, MACHINE_CPUS + event->a, event->time, words, NULL);
        t->in_turn[event->a] = true;
        t->turn_from[event->a] = event->time;
    }
}

static void describe_cpus(Timeline *t) {
    for (uint32_t cpu = 0; cpu < t->machine->config.cpus; cpu++) {
        g_autofree char *name = g_strdup_printf("CPU %" PRIu32, cpu);
        track_slices(t->trace, MACHINE_CPUS + cpu, 0, name);
    }
}

/* Slices that are open are closed in any case. */
static void show_end(Timeline *t, const Event *event) {
    if (event->kind == EVENT_exit) {
        close_process(t, event->pid, event->time);
    } else if (event->b == 1) {
        lane_close(t, lane_of(t, event->pid, (uint32_t)event->a), event->time, 0);
    }
}

/* Of the page cache, that nobody maps. */
static void show_cache_eviction(Timeline *t, const Event *event) {
    if (++t->events <= TIMELINE_EVENTS_MAX) {
        track_instant(t->trace, MACHINE_NOTE, event->time, "a page of the page cache is evicted");
    }
}

static void on_event(void *host, const Event *event) {
    Timeline *t = host;
    if (event->pid == 0) {
        show_cache_eviction(t, event);
        return;
    }
    const Process *process = t->machine->processes[event->pid - 1];
    if (event->kind == EVENT_dispatch) {
        turn_begin(t, process, event);
        return;
    }
    if (event->kind == EVENT_leave) {
        turn_end(t, event->a, event->time);
        return;
    }
    if (process->loading) {
        return;
    }
    describe_processes(t);
    if (event->kind == EVENT_exit || event->kind == EVENT_thread) {
        show_end(t, event);
        return;
    }
    t->events++;
    if (t->events <= TIMELINE_EVENTS_MAX) {
        show_event(t, process, event);
    } else if (t->events == TIMELINE_EVENTS_MAX + 1) {
        track_instant(t->trace, MACHINE_NOTE, event->time,
                      "too many events: from here on counters");
    }
}

Timeline *timeline_attach(Machine *machine) {
    Timeline *t = g_new0(Timeline, 1);
    t->machine = machine;
    t->trace = g_string_new(NULL);
    t->lanes = g_array_new(FALSE, FALSE, sizeof(Lane));
    t->places = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    track_counter(t->trace, MACHINE_FREE, 0, "free frames", COUNTER_COUNT);
    track_counter(t->trace, MACHINE_ZEROED, 0, "zeroed frames", COUNTER_COUNT);
    track_counter(t->trace, MACHINE_SWAP, 0, "swap slots used", COUNTER_COUNT);
    track_slices(t->trace, MACHINE_NOTE, 0, "remarks");
    describe_cpus(t);
    EventSink sink = {
        .mask = EVENT_BIT(EVENT_op) | EVENT_BIT(EVENT_line) | EVENT_BIT(EVENT_fault) |
                EVENT_BIT(EVENT_evict) | EVENT_BIT(EVENT_phase) | EVENT_BIT(EVENT_note) |
                EVENT_BIT(EVENT_signal) | EVENT_BIT(EVENT_oom_kill) | EVENT_BIT(EVENT_exit) |
                EVENT_BIT(EVENT_thread) | EVENT_BIT(EVENT_dispatch) | EVENT_BIT(EVENT_leave),
        .emit = on_event,
        .host = t};
    machine_subscribe(machine, &sink);
    return t;
}

/* ---- counters ---------------------------------------------------------------------------------------- */

/* A counter goes on as it was until it is told again. */
static void count(Timeline *t, TrackId track, Tick time, uint64_t value, bool first,
                  uint64_t before) {
    if (first || value != before) {
        track_count(t->trace, track, time, value);
    }
}

static void count_machine(Timeline *t, const Recorder *recorder, uint32_t row) {
    bool first = row == 0;
    const MachineSample *now = recorder_machine(recorder, row);
    const MachineSample *before = recorder_machine(recorder, first ? 0 : row - 1);
    count(t, MACHINE_FREE, now->time, now->free, first, before->free);
    count(t, MACHINE_ZEROED, now->time, now->zeroed, first, before->zeroed);
    count(t, MACHINE_SWAP, now->time, now->swap_used, first, before->swap_used);
}

static void count_process(Timeline *t, uint32_t pid, const Recorder *recorder, uint32_t row) {
    bool first = row == 0;
    const ProcessSample *now = recorder_process(recorder, row, pid - 1);
    const ProcessSample *before = recorder_process(recorder, first ? 0 : row - 1, pid - 1);
    Tick time = recorder_machine(recorder, row)->time;
    uint64_t page = geometry_page_size(&t->machine->config.geometry);
    count(t, track_of(pid, PROCESS_RSS), time, now->rss * page, first, before->rss * page);
    count(t, track_of(pid, PROCESS_WORKING_SET), time, now->working_set * page, first,
          before->working_set * page);
    count(t, track_of(pid, PROCESS_HEAP), time, now->heap_bytes, first, before->heap_bytes);
}

const GString *timeline_finish(Timeline *t, const Recorder *recorder) {
    describe_processes(t);
    for (uint32_t row = 0; row < recorder_count(recorder); row++) {
        count_machine(t, recorder, row);
        for (uint32_t pid = 1; pid <= recorder_processes(recorder); pid++) {
            count_process(t, pid, recorder, row);
        }
    }
    return t->trace;
}

void timeline_free(Timeline *t) {
    if (t != NULL) {
        g_string_free(t->trace, TRUE);
        g_array_unref(t->lanes);
        g_hash_table_unref(t->places);
        g_free(t);
    }
}
