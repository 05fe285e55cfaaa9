/* page_runs.c - taking and giving runs of pages, merging and splitting holes. */
#include "page_runs.h"

void page_runs_init(PageRuns *runs, const AllocatorEnv *env, uint64_t chunk_bytes) {
    *runs = (PageRuns){.env = env};
    chunk_list_init(&runs->chunks, env, chunk_bytes);
    runs->chunk_pages = runs->chunks.bytes / env->page_size;
    uint64_t page_header = RECORD + page_bits_bytes(env);
    uint64_t header = CHUNK_HEADER + runs->chunk_pages * page_header;
    runs->header_pages = (header + env->page_size - 1) / env->page_size;
}

/* ---- lists and records ---- */

void run_list_push(const AllocatorEnv *env, VAddr *head, VAddr run) {
    set_run_next(env, run, *head);
    set_run_prev(env, run, 0);
    if (*head != 0) {
        set_run_prev(env, *head, run);
    }
    *head = run;
}

void run_list_remove(const AllocatorEnv *env, VAddr *head, VAddr run) {
    VAddr next = run_next(env, run), previous = run_prev(env, run);
    if (next != 0) {
        set_run_prev(env, next, previous);
    }
    if (previous != 0) {
        set_run_next(env, previous, next);
    } else {
        *head = next;
    }
}

void run_mark(const AllocatorEnv *env, VAddr run, RunKind kind, uint64_t pages) {
    set_run_info(env, run, make_info(kind, 0, pages));
    if (pages > 1) {
        set_run_info(env, run + (pages - 1) * RECORD, make_info(kind, 0, pages));
    }
}

static void put_hole(PageRuns *runs, VAddr run, uint64_t pages, RunKind kind, Tick since) {
    if (pages != 0) {
        run_mark(runs->env, run, kind, pages);
        set_run_since(runs->env, run, since);
        run_list_push(runs->env, &runs->holes[kind], run);
    }
}

/* ---- taking ---- */

/* How many pages of the hole lie before its first aligned one. */
static uint64_t pages_before(const PageRuns *runs, VAddr hole, uint64_t alignment) {
    VAddr start = run_address(runs, hole);
    return alignment <= runs->env->page_size
               ? 0
               : (round_up(start, alignment) - start) / runs->env->page_size;
}

/* The shortest hole of a kind that has room; the first on the list of equals; 0: none. */
static VAddr best_hole(const PageRuns *runs, RunKind kind, uint64_t pages, uint64_t alignment) {
    const AllocatorEnv *env = runs->env;
    VAddr best = 0;
    uint64_t best_pages = 0;
    for (VAddr hole = runs->holes[kind]; hole != 0; hole = run_next(env, hole)) {
        uint64_t have = info_pages(run_info(env, hole));
        if (have >= pages + pages_before(runs, hole, alignment) &&
            (best == 0 || have < best_pages)) {
            best = hole;
            best_pages = have;
        }
    }
    return best;
}

static VAddr find_hole(const PageRuns *runs, uint64_t pages, uint64_t alignment) {
    VAddr hole = 0;
    for (RunKind kind = RUN_DIRTY; hole == 0 && kind <= RUN_CLEAN; kind++) {
        hole = best_hole(runs, kind, pages, alignment);
    }
    return hole;
}

/* A new chunk is one clean hole; of its header only the last record is ever read. */
static VAddr add_chunk(PageRuns *runs) {
    VAddr chunk = chunk_add(&runs->chunks, runs->env);
    if (chunk == 0) {
        return 0;
    }
    VAddr hole = chunk + CHUNK_HEADER + runs->header_pages * RECORD;
    set_run_info(runs->env, hole - RECORD, make_info(RUN_HEADER, 0, 0));
    put_hole(runs, hole, runs->chunk_pages - runs->header_pages, RUN_CLEAN,
             runs->env->now(runs->env->host));
    return hole;
}

bool page_runs_fit(const PageRuns *runs, uint64_t pages, uint64_t alignment) {
    uint64_t page = runs->env->page_size, bytes = runs->chunks.bytes;
    uint64_t first = round_up(runs->header_pages * page, alignment);
    return first < bytes && pages <= (bytes - first) / page;
}

VAddr page_runs_take(PageRuns *runs, uint64_t pages, uint64_t alignment) {
    const AllocatorEnv *env = runs->env;
    VAddr hole = find_hole(runs, pages, alignment);
    hole = hole != 0 ? hole : add_chunk(runs);
    if (hole == 0) {
        return 0;
    }
    uint64_t info = run_info(env, hole), before = pages_before(runs, hole, alignment);
    RunKind kind = info_kind(info);
    Tick since = run_since(env, hole);
    if (!kind_is_hole(kind)) { /* the program has written over the records */
        return 0;
    }
    VAddr run = hole + before * RECORD;
    run_list_remove(env, &runs->holes[kind], hole);
    put_hole(runs, hole, before, kind, since);
    put_hole(runs, run + pages * RECORD, info_pages(info) - before - pages, kind, since);
    runs->events++;
    return run;
}

/* ---- giving ---- */

void page_runs_give(PageRuns *runs, VAddr run, uint64_t pages, RunKind kind) {
    const AllocatorEnv *env = runs->env;
    VAddr right = run + pages * RECORD;
    if (run_index(runs, run) + pages < runs->chunk_pages) {
        uint64_t info = run_info(env, right);
        if (info_kind(info) == kind) {
            run_list_remove(env, &runs->holes[kind], right);
            pages += info_pages(info);
        }
    }
    uint64_t left = run_info(env, run - RECORD);
    if (info_kind(left) == kind) {
        run -= info_pages(left) * RECORD;
        run_list_remove(env, &runs->holes[kind], run);
        pages += info_pages(left);
    }
    put_hole(runs, run, pages, kind, env->now(env->host));
    runs->events++;
}

void page_runs_turn(PageRuns *runs, VAddr hole, RunKind kind) {
    uint64_t info = run_info(runs->env, hole);
    run_list_remove(runs->env, &runs->holes[info_kind(info) % (RUN_CLEAN + 1)], hole);
    page_runs_give(runs, hole, info_pages(info), kind);
}

bool page_runs_trim(PageRuns *runs) {
    const AllocatorEnv *env = runs->env;
    bool gave = false;
    VAddr next = 0;
    for (VAddr chunk = runs->chunks.first; chunk != 0; chunk = next) {
        next = chunk_next(env, chunk);
        VAddr run = chunk + CHUNK_HEADER + runs->header_pages * RECORD;
        uint64_t info = chunk_lone(env, chunk) != 0 ? 0 : run_info(env, run);
        if (kind_is_hole(info_kind(info)) &&
            info_pages(info) == runs->chunk_pages - runs->header_pages) {
            run_list_remove(env, &runs->holes[info_kind(info)], run);
            chunk_remove(&runs->chunks, env, chunk);
            gave = true;
        }
    }
    return gave;
}

/* ---- check ---- */

static const char *check_chunk(const PageRuns *runs, const AllocatorEnv *peek, VAddr chunk,
                               uint64_t holes[RUN_KINDS]) {
    uint64_t at = runs->header_pages;
    RunKind before = RUN_HEADER;
    while (at < runs->chunk_pages) {
        VAddr run = chunk + CHUNK_HEADER + at * RECORD;
        uint64_t info = run_info(peek, run), pages = info_pages(info);
        RunKind kind = info_kind(info);
        if (kind < RUN_DIRTY || kind > RUN_SLAB || pages == 0 || pages > runs->chunk_pages - at) {
            return "page runs: runs do not fill the chunk";
        }
        uint64_t last = run_info(peek, run + (pages - 1) * RECORD);
        if (kind != RUN_SLAB && last != info) {
            return "page runs: a run's last record is not like its first";
        }
        if (kind_is_hole(kind) && kind == before) {
            return "page runs: two holes of one kind touch";
        }
        holes[kind]++;
        before = kind;
        at += pages;
    }
    return NULL;
}

static const char *check_list(const PageRuns *runs, const AllocatorEnv *peek, RunKind kind,
                              uint64_t holes) {
    VAddr previous = 0;
    for (VAddr hole = runs->holes[kind]; hole != 0; hole = run_next(peek, hole)) {
        if (info_kind(run_info(peek, hole)) != kind || run_prev(peek, hole) != previous) {
            return "page runs: a list of holes is wrong";
        }
        previous = hole;
        holes--;
    }
    return holes == 0 ? NULL : "page runs: a hole is on no list";
}

const char *page_runs_check(const PageRuns *runs, const AllocatorEnv *peek) {
    uint64_t holes[RUN_KINDS] = {0};
    const char *wrong = chunk_list_check(&runs->chunks, peek);
    for (VAddr chunk = runs->chunks.first; wrong == NULL && chunk != 0;
         chunk = chunk_next(peek, chunk)) {
        wrong = chunk_lone(peek, chunk) != 0 ? NULL : check_chunk(runs, peek, chunk, holes);
    }
    for (RunKind kind = RUN_DIRTY; wrong == NULL && kind <= RUN_CLEAN; kind++) {
        wrong = check_list(runs, peek, kind, holes[kind]);
    }
    return wrong;
}
