/* heap_map.c - see heap_map.h. */
#include "heap_map.h"

#include <inttypes.h>

#define SHOWN_BLOCKS 8
#define FAR_BYTES    (UINT64_C(1) << 30)

static void add_block(void *host, const HeapBlock *block) {
    HeapMap *map = host;
    g_array_append_val(map->blocks, *block);
    map->free_bytes += block->kind == BLOCK_FREE ? block->length : 0;
}

HeapMap *heap_map_new(VAddr base, const HeapBlock *blocks, unsigned count) {
    HeapMap *map = g_new0(HeapMap, 1);
    map->base = base;
    map->blocks = g_array_new(FALSE, FALSE, sizeof(HeapBlock));
    for (unsigned i = 0; i < count; i++) {
        add_block(map, &blocks[i]);
    }
    return map;
}

HeapMap *heap_map_take(const Process *process) {
    AllocatorEnv peek = process_heap_peek(process);
    HeapMap *map = heap_map_new(heap_base(process->heap), NULL, 0);
    heap_walk(process->heap, &peek, add_block, map);
    return map;
}

void heap_map_free(HeapMap *map) {
    if (map != NULL) {
        g_array_unref(map->blocks);
        g_free(map);
    }
}

char *heap_map_address(VAddr base, VAddr va) {
    if (va == base) {
        return g_strdup("A");
    }
    if ((va > base ? va - base : base - va) >= FAR_BYTES) {
        return g_strdup_printf("0x%" PRIx64, va);
    }
    return va > base ? g_strdup_printf("A+%" PRIu64, va - base)
                     : g_strdup_printf("A-%" PRIu64, base - va);
}

/* " [A,1024],[A+1024,256]", or " none". */
static void append_list(GString *out, const HeapMap *map, BlockKind kind) {
    unsigned count = 0;
    for (unsigned i = 0; i < map->blocks->len; i++) {
        const HeapBlock *block = &g_array_index(map->blocks, HeapBlock, i);
        if (block->kind != kind) {
            continue;
        }
        if (count < SHOWN_BLOCKS) {
            g_autofree char *address = heap_map_address(map->base, block->va);
            g_string_append_printf(out, "%s[%s,%" PRIu64 "]", count == 0 ? " " : ",", address,
                                   block->length);
        }
        count++;
    }
    if (count > SHOWN_BLOCKS) {
        g_string_append_printf(out, " ... and %u more", count - SHOWN_BLOCKS);
    }
    g_string_append(out, count == 0 ? " none" : "");
}

char *heap_map_lists(const HeapMap *map) {
    GString *out = g_string_new("free");
    append_list(out, map, BLOCK_FREE);
    g_string_append(out, ", allocated");
    append_list(out, map, BLOCK_USED);
    g_string_append_printf(out, ", heap %" PRIu64 " free", map->free_bytes);
    return g_string_free(out, FALSE);
}

static const char *mark_of(BlockKind kind) {
    return kind == BLOCK_FREE ? ".." : kind == BLOCK_USED ? "oo" : "##";
}

static const HeapBlock *block_at(const HeapMap *map, unsigned index) {
    return &g_array_index(map->blocks, HeapBlock, index);
}

/* A model's own data is drawn where it touches other blocks. */
static bool drawn(const HeapMap *map, unsigned index) {
    const HeapBlock *block = block_at(map, index);
    bool touches =
        index > 0 && block_at(map, index - 1)->va + block_at(map, index - 1)->length == block->va;
    touches = touches || (index + 1 < map->blocks->len &&
                          block->va + block->length == block_at(map, index + 1)->va);
    return touches || block->kind != BLOCK_OVERHEAD;
}

char *heap_map_drawing(const HeapMap *map) {
    GString *out = g_string_new("[");
    unsigned count = 0;
    for (unsigned i = 0; i < map->blocks->len; i++) {
        if (!drawn(map, i)) {
            continue;
        }
        const HeapBlock *block = block_at(map, i);
        if (count < 2 * SHOWN_BLOCKS) {
            const char *mark = mark_of(block->kind);
            bool marked = block->flags != NULL && block->flags[0] != '\0';
            g_string_append_printf(out, "%s%s%" PRIu64 "%s%s%s", count == 0 ? "" : "|", mark,
                                   block->length, mark, marked ? " " : "",
                                   marked ? block->flags : "");
        }
        count++;
    }
    if (count > 2 * SHOWN_BLOCKS) {
        g_string_append_printf(out, "| ... and %u more", count - 2 * SHOWN_BLOCKS);
    }
    g_string_append_printf(out, "]  %" PRIu64 " bytes free", map->free_bytes);
    return g_string_free(out, FALSE);
}

/* ---- lists with names ---- */

static void append_block(GString *out, const HeapMap *map, const HeapBlock *block) {
    g_autofree char *address = heap_map_address(map->base, block->va);
    g_string_append_printf(out, "[%s,%" PRIu64 "]", address, block->length);
}

/* Blocks by where they begin; and the set of places that links lead to. */
static GHashTable *index_blocks(const HeapMap *map, GHashTable *linked) {
    GHashTable *blocks = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (unsigned i = 0; i < map->blocks->len; i++) {
        HeapBlock *block = &g_array_index(map->blocks, HeapBlock, i);
        g_hash_table_insert(blocks, &block->va, block);
        if (block->link != 0) {
            g_hash_table_add(linked, &block->link);
        }
    }
    return blocks;
}

/* "tcache 32: [A+664,32]>[A+696,32]" */
static void append_chain(GString *out, const HeapMap *map, GHashTable *blocks,
                         const HeapBlock *block) {
    g_string_append(out, block->list);
    if (block->list_size != 0) {
        g_string_append_printf(out, " %" PRIu64, block->list_size);
    }
    g_string_append(out, ": ");
    for (unsigned shown = 0; block != NULL; shown++) {
        if (shown == SHOWN_BLOCKS) {
            g_string_append(out, " ...");
            return;
        }
        g_string_append(out, shown == 0 ? "" : ">");
        append_block(out, map, block);
        block = block->link == 0 ? NULL : g_hash_table_lookup(blocks, &block->link);
    }
}

char *heap_map_bins(const HeapMap *map) {
    g_autoptr(GHashTable) linked = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autoptr(GHashTable) blocks = index_blocks(map, linked);
    GString *out = g_string_new(NULL);
    unsigned count = 0;
    for (unsigned i = 0; i < map->blocks->len; i++) {
        const HeapBlock *block = block_at(map, i);
        if (block->list == NULL || g_hash_table_contains(linked, &block->va)) {
            continue;
        }
        if (count < SHOWN_BLOCKS) {
            g_string_append(out, count == 0 ? "" : "; ");
            append_chain(out, map, blocks, block);
        }
        count++;
    }
    if (count > SHOWN_BLOCKS) {
        g_string_append_printf(out, " ... and %u more", count - SHOWN_BLOCKS);
    }
    return g_string_free(out, count == 0);
}
