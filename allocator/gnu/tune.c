/* tune.c - parameters, mallopt, malloc_trim.
 *
 * Who sets one of the four numbers about the system (trim_threshold, top_pad, mmap_threshold,
 * mmap_max) says that he knows better: the thresholds stay put from then on.
 */
#include "arena.h"
#include "tcache.h"

enum {
    PARAM_TCACHE,
    PARAM_TCACHE_COUNT,
    PARAM_MXFAST,
    PARAM_MMAP_THRESHOLD,
    PARAM_MMAP_MAX,
    PARAM_TRIM_THRESHOLD,
    PARAM_TOP_PAD,
    PARAM_ARENA_MAX,
    PARAM_CPUS,
};

#define KIB128     (UINT64_C(128) << 10)
#define MXFAST_MAX 160
#define SIZE_LIMIT (UINT64_C(1) << 40)

const Param gnu_params[] = {
    [PARAM_TCACHE] = {.name = "tcache",
                      .kind = PARAM_BOOL,
                      .initial = 1,
                      .help = "each thread has a cache of small chunks"},
    [PARAM_TCACHE_COUNT] = {.name = "tcache_count",
                            .kind = PARAM_COUNT,
                            .initial = 7,
                            .max = 65535,
                            .help = "chunks of each size in a tcache"},
    [PARAM_MXFAST] = {.name = "mxfast",
                      .kind = PARAM_SIZE,
                      .initial = 128,
                      .max = MXFAST_MAX,
                      .help = "largest request that fastbins serve; 0: none (M_MXFAST)"},
    [PARAM_MMAP_THRESHOLD] = {.name = "mmap_threshold",
                              .kind = PARAM_SIZE,
                              .initial = KIB128,
                              .max = SIZE_LIMIT,
                              .help = "chunks of this size on are mappings (M_MMAP_THRESHOLD)"},
    [PARAM_MMAP_MAX] = {.name = "mmap_max",
                        .kind = PARAM_COUNT,
                        .initial = 65536,
                        .max = INT32_MAX,
                        .help = "at most so many mapped chunks at a time (M_MMAP_MAX)"},
    [PARAM_TRIM_THRESHOLD] = {.name = "trim_threshold",
                              .kind = PARAM_SIZE,
                              .initial = KIB128,
                              .max = SIZE_LIMIT,
                              .help = "a top of this size is cut by a free (M_TRIM_THRESHOLD)"},
    [PARAM_TOP_PAD] = {.name = "top_pad",
                       .kind = PARAM_SIZE,
                       .initial = KIB128,
                       .max = SIZE_LIMIT,
                       .help = "how much more than needed is asked for and kept (M_TOP_PAD)"},
    [PARAM_ARENA_MAX] = {.name = "arena_max",
                         .kind = PARAM_COUNT,
                         .initial = 0,
                         .max = UINT32_MAX,
                         .help = "at most so many arenas; 0: 8 for each processor (M_ARENA_MAX)"},
    [PARAM_CPUS] = {.name = "cpus",
                    .kind = PARAM_COUNT,
                    .initial = 4,
                    .min = 1,
                    .max = 4096,
                    .help = "processors that malloc believes to have"},
    {.name = NULL},
};

static bool is_initial(const uint64_t *params, unsigned which) {
    return params[which] == gnu_params[which].initial;
}

/* A request of so many bytes makes the largest fast chunk.  0: no chunk is that small. */
static uint64_t fast_limit(uint64_t request) {
    return request == 0 ? MIN_CHUNK / 2 : (request + WORD) & ~(uint64_t)(ALIGNMENT - 1);
}

GnuTuning tuning_from(const uint64_t *params) {
    return (GnuTuning){
        .trim_threshold = params[PARAM_TRIM_THRESHOLD],
        .top_pad = params[PARAM_TOP_PAD],
        .mmap_threshold = params[PARAM_MMAP_THRESHOLD],
        .mmaps_max = (int32_t)params[PARAM_MMAP_MAX],
        .dynamic = is_initial(params, PARAM_TRIM_THRESHOLD) && is_initial(params, PARAM_TOP_PAD) &&
                   is_initial(params, PARAM_MMAP_THRESHOLD) && is_initial(params, PARAM_MMAP_MAX),
        .max_fast = fast_limit(params[PARAM_MXFAST]),
        .tcache_bins = params[PARAM_TCACHE] != 0 ? TCACHE_BINS : 0,
        .tcache_count = params[PARAM_TCACHE_COUNT],
        .arena_max = params[PARAM_ARENA_MAX],
        .arena_test = ARENAS_PER_CPU,
        .cpus = params[PARAM_CPUS],
    };
}

/* ---- mallopt ---- */

/* As in <malloc.h>. */
enum {
    M_MXFAST = 1,
    M_TRIM_THRESHOLD = -1,
    M_TOP_PAD = -2,
    M_MMAP_THRESHOLD = -3,
    M_MMAP_MAX = -4,
    M_PERTURB = -6,
    M_ARENA_TEST = -7,
    M_ARENA_MAX = -8,
};

static bool set_system_number(GnuTuning *tuning, int option, int32_t value) {
    uint64_t bytes = (uint64_t)(int64_t)value;
    switch (option) {
    case M_TRIM_THRESHOLD:
        tuning->trim_threshold = bytes;
        break;
    case M_TOP_PAD:
        tuning->top_pad = bytes;
        break;
    case M_MMAP_THRESHOLD:
        tuning->mmap_threshold = bytes;
        break;
    default:
        tuning->mmaps_max = value;
    }
    tuning->dynamic = false;
    return true;
}

static bool set_max_fast(GnuTuning *tuning, int32_t value) {
    if (value < 0 || value > MXFAST_MAX) {
        return false;
    }
    tuning->max_fast = fast_limit((uint64_t)value);
    return true;
}

static void set_arena_number(uint64_t *number, int32_t value) {
    if (value > 0) {
        *number = (uint64_t)value;
    }
}

/* glibc's takes an int, and accepts options that it does not know. */
bool gnu_tune(void *self, int option, uint64_t value) {
    Gnu *gnu = self;
    int32_t number = (int32_t)(uint32_t)value;
    fastbins_consolidate(gnu, MAIN_ARENA);
    switch (option) {
    case M_MXFAST:
        return set_max_fast(&gnu->tuning, number);
    case M_TRIM_THRESHOLD:
    case M_TOP_PAD:
    case M_MMAP_THRESHOLD:
    case M_MMAP_MAX:
        return set_system_number(&gnu->tuning, option, number);
    case M_PERTURB:
        gnu->tuning.perturb = (uint8_t)number;
        return true;
    case M_ARENA_TEST:
        set_arena_number(&gnu->tuning.arena_test, number);
        return true;
    case M_ARENA_MAX:
        set_arena_number(&gnu->tuning.arena_max, number);
        return true;
    default:
        return true;
    }
}

/* ---- malloc_trim ---- */

/* The whole pages inside the free chunk, but those with its own words.  True: there are some. */
static bool discard_pages(Gnu *gnu, VAddr chunk) {
    const uint64_t own_words = 48, page = gnu->env->page_size;
    VAddr start = round_up(chunk + own_words, page);
    VAddr end = (chunk + chunk_size(gnu, chunk)) & ~(page - 1);
    if (start >= end) {
        return false;
    }
    gnu->env->discard(gnu->env->host, start, end - start, false);
    return true;
}

static bool trim_bin(Gnu *gnu, VAddr head) {
    bool released = false;
    for (VAddr chunk = chunk_bk(gnu, head); chunk != head; chunk = chunk_bk(gnu, chunk)) {
        released |= discard_pages(gnu, chunk);
    }
    return released;
}

static bool trim_arena(Gnu *gnu, VAddr arena, uint64_t pad) {
    bool released = false;
    fastbins_consolidate(gnu, arena);
    for (unsigned i = UNSORTED; i < BINS; i++) {
        if (i == UNSORTED || i >= bin_index(gnu->env->page_size)) {
            released |= trim_bin(gnu, bin_head(arena, i));
        }
    }
    return (arena == MAIN_ARENA && main_trim(gnu, pad)) || released;
}

bool gnu_trim(void *self, uint64_t pad) {
    Gnu *gnu = self;
    bool released = false;
    VAddr arena = MAIN_ARENA;
    do {
        released |= trim_arena(gnu, arena, pad);
        arena = arena_next(gnu, arena);
    } while (arena != MAIN_ARENA);
    return released;
}
