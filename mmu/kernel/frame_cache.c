/* frame_cache.c - see frame_cache.h. */
#include "kernel/frame_cache.h"

#include <stdlib.h>
#include <string.h>

static uint32_t *held_by(const FrameCaches *caches, uint32_t cpu, IdleKind kind) {
    return &caches->held[cpu * IDLE_KINDS + kind];
}

static Pfn *list_of(const FrameCaches *caches, uint32_t cpu, IdleKind kind) {
    return &caches->frames[(cpu * IDLE_KINDS + kind) * (caches->size.high + UINT64_C(1))];
}

bool frame_caches_init(FrameCaches *caches, PerCpuPages size, uint32_t cpus, Counters *machine) {
    *caches = (FrameCaches){.size = size, .cpus = cpus, .machine = machine};
    if (size.high == 0) {
        return true;
    }
    size_t lists = (size_t)cpus * IDLE_KINDS;
    caches->held = calloc(lists, sizeof(uint32_t));
    caches->frames = calloc(lists * (size.high + UINT64_C(1)), sizeof(Pfn));
    return caches->held != NULL && caches->frames != NULL;
}

void frame_caches_clear(FrameCaches *caches) {
    free(caches->held);
    free(caches->frames);
    *caches = (FrameCaches){0};
}

Pfn frame_cache_take(FrameCaches *caches, IndexSet *set, IdleKind kind) {
    uint32_t *held = held_by(caches, caches->cpu, kind);
    Pfn *list = list_of(caches, caches->cpu, kind);
    if (*held == 0) {
        while (*held < caches->size.batch && set->count > 0) {
            list[(*held)++] = index_set_take(set);
        }
        caches->count[kind] += *held;
        caches->machine->pcp_refills += *held > 0;
        for (uint32_t i = 0; i < *held / 2; i++) { /* the lowest is the first to go */
            Pfn low = list[i];
            list[i] = list[*held - 1 - i];
            list[*held - 1 - i] = low;
        }
    }
    if (*held == 0) {
        return PFN_NONE;
    }
    caches->count[kind]--;
    return list[--*held];
}

/* The list's oldest `count` frames go to the set. */
static void give_back(FrameCaches *caches, uint32_t cpu, IdleKind kind, uint32_t count,
                      IndexSet *set) {
    uint32_t *held = held_by(caches, cpu, kind);
    Pfn *list = list_of(caches, cpu, kind);
    for (uint32_t i = 0; i < count; i++) {
        index_set_add(set, list[i]);
    }
    *held -= count;
    memmove(list, list + count, *held * sizeof(Pfn));
    caches->count[kind] -= count;
    caches->machine->pcp_drains += count > 0;
}

void frame_cache_put(FrameCaches *caches, IndexSet *free, Pfn pfn) {
    uint32_t *held = held_by(caches, caches->cpu, IDLE_FREE);
    list_of(caches, caches->cpu, IDLE_FREE)[(*held)++] = pfn;
    caches->count[IDLE_FREE]++;
    if (*held > caches->size.high) {
        give_back(caches, caches->cpu, IDLE_FREE, caches->size.batch, free);
    }
}

void frame_caches_drain(FrameCaches *caches, IndexSet *free, IndexSet *zeroed) {
    for (uint32_t cpu = 0; cpu < caches->cpus; cpu++) {
        give_back(caches, cpu, IDLE_FREE, *held_by(caches, cpu, IDLE_FREE), free);
        give_back(caches, cpu, IDLE_ZEROED, *held_by(caches, cpu, IDLE_ZEROED), zeroed);
    }
}

bool frame_caches_have(const FrameCaches *caches, IdleKind kind, Pfn pfn) {
    bool found = false;
    for (uint32_t cpu = 0; frame_caches_exist(caches) && cpu < caches->cpus; cpu++) {
        const Pfn *list = list_of(caches, cpu, kind);
        for (uint32_t i = 0; i < *held_by(caches, cpu, kind); i++) {
            found = found || list[i] == pfn;
        }
    }
    return found;
}

const char *frame_caches_check(const FrameCaches *caches, const IndexSet *free,
                               const IndexSet *zeroed) {
    uint64_t count[IDLE_KINDS] = {0};
    for (uint32_t i = 0; frame_caches_exist(caches) && i < caches->cpus * IDLE_KINDS; i++) {
        IdleKind kind = (IdleKind)(i % IDLE_KINDS);
        const Pfn *list = list_of(caches, i / IDLE_KINDS, kind);
        count[kind] += caches->held[i];
        for (uint32_t at = 0; at < caches->held[i]; at++) {
            if (index_set_has(free, list[at]) || index_set_has(zeroed, list[at])) {
                return "a frame is in a CPU's list and in one of the machine's sets";
            }
        }
    }
    return count[IDLE_FREE] == caches->count[IDLE_FREE] &&
                   count[IDLE_ZEROED] == caches->count[IDLE_ZEROED]
               ? NULL
               : "frames in the lists of CPUs are not as many as counted";
}
