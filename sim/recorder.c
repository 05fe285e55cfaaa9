/* recorder.c - see recorder.h. */
#include "recorder.h"

#include <string.h>

#include "scheduler.h"

#define FIRST_INTERVAL_NS 100
#define SAMPLES_MAX       2000
#define SAMPLES_MIN       16
#define CELLS_MAX         200000 /* samples times processes, unless that leaves too few samples */

struct Recorder {
    Tick interval;
    uint32_t process_count, stride, capacity, count; /* stride: processes that there is room for */
    MachineSample *machine;
    ProcessSample *processes; /* sample by sample */
};

Recorder *recorder_create(uint32_t processes, Tick interval, uint32_t capacity) {
    Recorder *recorder = g_new0(Recorder, 1);
    recorder->interval = interval;
    recorder->process_count = recorder->stride = processes;
    recorder->capacity = capacity;
    recorder->machine = g_new0(MachineSample, capacity);
    recorder->processes = g_new0(ProcessSample, (size_t)capacity * processes);
    return recorder;
}

static uint32_t fitting_capacity(uint32_t processes) {
    uint32_t fitting = CELLS_MAX / MAX(processes, 1);
    return CLAMP(fitting, SAMPLES_MIN, SAMPLES_MAX) & ~1u;
}

Recorder *recorder_for(const Machine *machine) {
    return recorder_create(machine->process_count, FIRST_INTERVAL_NS,
                           fitting_capacity(machine->process_count));
}

void recorder_free(Recorder *recorder) {
    if (recorder != NULL) {
        g_free(recorder->machine);
        g_free(recorder->processes);
        g_free(recorder);
    }
}

static ProcessSample *cell(const Recorder *recorder, uint32_t sample, uint32_t process) {
    return &recorder->processes[(size_t)sample * recorder->stride + process];
}

static MachineSample merged_machine(const MachineSample *first, const MachineSample *second) {
    MachineSample sample = *second;
    sample.rss_min = MIN(first->rss_min, second->rss_min);
    sample.rss_max = MAX(first->rss_max, second->rss_max);
    return sample;
}

static ProcessSample merged_process(const ProcessSample *first, const ProcessSample *second) {
    ProcessSample sample = *second;
    sample.rss_min = MIN(first->rss_min, second->rss_min);
    sample.rss_max = MAX(first->rss_max, second->rss_max);
    return sample;
}

/* Merge sample `from` and the one behind it, if there is one, into `to`. */
static void merge_pair(Recorder *recorder, uint32_t to, uint32_t from) {
    uint32_t second = MIN(from + 1, recorder->count - 1);
    recorder->machine[to] = merged_machine(&recorder->machine[from], &recorder->machine[second]);
    for (uint32_t p = 0; p < recorder->process_count; p++) {
        *cell(recorder, to, p) = merged_process(cell(recorder, from, p), cell(recorder, second, p));
    }
}

/* Halve the samples, double the interval. */
static void merge_pairs(Recorder *recorder) {
    for (uint32_t i = 0; i < recorder->count; i += 2) {
        merge_pair(recorder, i / 2, i);
    }
    recorder->count = (recorder->count + 1) / 2;
    recorder->interval *= 2;
}

/* The same samples in rows of `stride` cells. */
static void widen(Recorder *recorder, uint32_t stride) {
    ProcessSample *wider = g_new0(ProcessSample, (size_t)recorder->capacity * stride);
    for (uint32_t i = 0; i < recorder->count; i++) {
        memcpy(&wider[(size_t)i * stride], cell(recorder, i, 0),
               recorder->process_count * sizeof *wider);
    }
    g_free(recorder->processes);
    recorder->processes = wider;
    recorder->stride = stride;
}

void recorder_grow(Recorder *recorder, uint32_t processes) {
    if (processes > recorder->stride) {
        uint32_t stride = MAX(processes, 2 * recorder->stride);
        recorder->capacity = MIN(recorder->capacity, fitting_capacity(stride));
        while (recorder->count >= recorder->capacity) {
            merge_pairs(recorder);
        }
        widen(recorder, stride);
    }
    recorder->process_count = MAX(processes, recorder->process_count);
}

void recorder_add(Recorder *recorder, MachineSample sample, const ProcessSample *processes) {
    uint32_t count = recorder->count;
    if (count > 0 && recorder->machine[count - 1].time >= sample.time) {
        return;
    }
    sample.rss_min = sample.rss_max = sample.rss;
    recorder->machine[count] = sample;
    for (uint32_t p = 0; p < recorder->process_count; p++) {
        ProcessSample *to = cell(recorder, count, p);
        *to = processes[p];
        to->rss_min = to->rss_max = to->rss;
    }
    recorder->count++;
    if (recorder->count == recorder->capacity) {
        merge_pairs(recorder);
    }
}

/* A process that has not begun or is over holds nothing. */
static ProcessSample sample_process(const Process *process, Counters *sum) {
    Counters counters = process_counters(process);
    counters_add(sum, &counters);
    ProcessSample sample = {.pgfault = counters.pgfault};
    if (process->status != PROCESS_NEW && !process_over(process)) {
        Gauges gauges = process_gauges(process);
        sample.rss = gauges.rss;
        sample.working_set = gauges.working_set;
        sample.heap_bytes = gauges.heap_bytes;
        sample.live_bytes = gauges.live_bytes;
        sample.granted_bytes = gauges.granted_bytes;
    }
    return sample;
}

void recorder_sample(Recorder *recorder, const Machine *machine) {
    Counters sum = machine->counters;
    FrameCensus census = memory_census(machine->memory);
    recorder_grow(recorder, machine->process_count);
    g_autofree ProcessSample *processes = g_new0(ProcessSample, machine->process_count);
    uint64_t rss = 0;
    for (uint32_t p = 0; p < machine->process_count; p++) {
        processes[p] = sample_process(machine->processes[p], &sum);
        rss += processes[p].rss;
    }
    Tick now = machine->clock.now, cpu = scheduler_cpu_time(machine->scheduler);
    MachineSample sample = {.time = now,
                            .free = census.free,
                            .zeroed = census.zeroed,
                            .resident = census.resident,
                            .swap_used = census.swap_used,
                            .rss = rss,
                            .minflt = sum.minflt,
                            .majflt = sum.majflt,
                            .pgfault = sum.pgfault,
                            .zfod = sum.zfod,
                            .zero_page_reads = sum.zero_page_reads,
                            .softflt = sum.softflt,
                            .tlb_misses = sum.tlb_misses,
                            .busy_ns = (cpu - MIN(cpu, sum.idle_ns)) / machine->config.cpus};
    recorder_add(recorder, sample, processes);
}

Tick recorder_interval(const Recorder *recorder) { return recorder->interval; }

uint32_t recorder_count(const Recorder *recorder) { return recorder->count; }

uint32_t recorder_processes(const Recorder *recorder) { return recorder->process_count; }

const MachineSample *recorder_machine(const Recorder *recorder, uint32_t sample) {
    return &recorder->machine[sample];
}

const ProcessSample *recorder_process(const Recorder *recorder, uint32_t sample, uint32_t process) {
    return cell(recorder, sample, process);
}

const char *recorder_check(const Recorder *recorder) {
    if (recorder->count >= recorder->capacity) {
        return "more samples than there is room for";
    }
    for (uint32_t i = 0; i < recorder->count; i++) {
        const MachineSample *sample = &recorder->machine[i];
        if (i > 0 && sample->time <= recorder->machine[i - 1].time) {
            return "times of samples do not ascend";
        }
        if (sample->rss < sample->rss_min || sample->rss > sample->rss_max) {
            return "rss is not between its least and its greatest";
        }
    }
    return NULL;
}
