/* chunk.c - getting aligned memory, and keeping the list of it. */
#include "chunk.h"

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

void chunk_list_init(ChunkList *list, const AllocatorEnv *env, uint64_t bytes) {
    uint64_t least = larger(bytes, CHUNK_PAGES_MIN * env->page_size);
    *list = (ChunkList){.bytes = UINT64_C(1) << log2_up(least)};
}

static void unmap_part(const AllocatorEnv *env, VAddr start, VAddr end) {
    if (start < end) {
        env->munmap(env->host, start, end - start);
    }
}

/* Reserve so much address space that an aligned piece is in it for sure, and keep that. */
static VAddr map_inside(const AllocatorEnv *env, uint64_t length, uint64_t alignment) {
    uint64_t reserved = length + alignment - env->page_size;
    VAddr start = env->reserve(env->host, 0, reserved);
    if (start == VADDR_FAIL) {
        return 0;
    }
    VAddr aligned = round_up(start, alignment);
    unmap_part(env, start, aligned);
    unmap_part(env, aligned + length, start + reserved);
    if (!env->protect(env->host, aligned, length, true)) {
        env->munmap(env->host, aligned, length);
        return 0;
    }
    return aligned;
}

/* A mapping often follows the one before it, and then it is aligned if that was. */
/* New memory at a multiple of `alignment`, a power of two; 0: out of memory. */
static VAddr map_aligned(const AllocatorEnv *env, uint64_t length, uint64_t alignment) {
    length = round_up(length, env->page_size);
    VAddr start = env->mmap(env->host, length);
    if (start == VADDR_FAIL) {
        return 0;
    }
    if (start % alignment == 0) {
        return start;
    }
    env->munmap(env->host, start, length);
    return map_inside(env, length, alignment);
}

static void push_chunk(ChunkList *list, const AllocatorEnv *env, VAddr chunk, uint64_t length,
                       VAddr lone) {
    set_chunk_next(env, chunk, list->first);
    set_chunk_prev(env, chunk, 0);
    set_chunk_length(env, chunk, length);
    set_chunk_lone(env, chunk, lone);
    if (list->first != 0) {
        set_chunk_prev(env, list->first, chunk);
    }
    list->first = chunk;
}

VAddr chunk_add(ChunkList *list, const AllocatorEnv *env) {
    VAddr chunk = map_aligned(env, list->bytes, list->bytes);
    if (chunk != 0) {
        push_chunk(list, env, chunk, list->bytes, 0);
    }
    return chunk;
}

/* The payload is one page behind the header, or as far as its alignment wants; at most a chunk. */
VAddr chunk_add_lone(ChunkList *list, const AllocatorEnv *env, uint64_t alignment, uint64_t size) {
    uint64_t offset = larger(alignment, env->page_size);
    uint64_t length = round_up(offset + size, env->page_size);
    VAddr start = map_aligned(env, length, larger(alignment, list->bytes));
    if (start == 0) {
        return 0;
    }
    VAddr payload = start + offset, chunk = chunk_of(list, payload);
    unmap_part(env, start, chunk);
    push_chunk(list, env, chunk, start + length - chunk, payload);
    return payload;
}

void chunk_remove(ChunkList *list, const AllocatorEnv *env, VAddr chunk) {
    VAddr next = chunk_next(env, chunk), previous = chunk_prev(env, chunk);
    if (!env->munmap(env->host, chunk, chunk_length(env, chunk))) {
        set_chunk_lone(env, chunk, chunk);
        return;
    }
    if (next != 0) {
        set_chunk_prev(env, next, previous);
    }
    if (previous != 0) {
        set_chunk_next(env, previous, next);
    } else {
        list->first = next;
    }
}

bool chunk_walk_lone(const AllocatorEnv *peek, VAddr chunk, HeapVisit visit, void *host) {
    VAddr payload = chunk_lone(peek, chunk), end = chunk + chunk_length(peek, chunk);
    if (payload == 0) {
        return false;
    }
    if (payload == chunk) {
        visit_overhead(chunk, end - chunk, visit, host);
        return true;
    }
    visit_overhead(chunk, payload - chunk, visit, host);
    visit(host, &(HeapBlock){.va = payload,
                             .length = end - payload,
                             .payload = payload,
                             .payload_length = end - payload,
                             .kind = BLOCK_USED});
    return true;
}

const char *chunk_list_check(const ChunkList *list, const AllocatorEnv *peek) {
    VAddr previous = 0;
    for (VAddr chunk = list->first; chunk != 0; chunk = chunk_next(peek, chunk)) {
        if (chunk % list->bytes != 0) {
            return "chunk: a chunk is not aligned";
        }
        if (chunk_prev(peek, chunk) != previous) {
            return "chunk: next and prev do not agree";
        }
        uint64_t lone = chunk_lone(peek, chunk), length = chunk_length(peek, chunk);
        if (lone == 0 ? length != list->bytes : lone - chunk >= length) {
            return "chunk: a chunk's length is wrong";
        }
        previous = chunk;
    }
    return NULL;
}
