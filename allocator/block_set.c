/* block_set.c - live and recently dead blocks, on an interval tree. */
#include "block_set.h"

#include <stdlib.h>
#include <string.h>

void block_set_clear(BlockSet *set) {
    interval_tree_clear(&set->tree);
    free(set->entries);
    *set = (BlockSet){0};
}

bool block_set_reserve(BlockSet *set) {
    if (!interval_reserve(&set->tree, 1)) {
        return false;
    }
    if (set->capacity < set->tree.capacity) {
        BlockEntry *entries = realloc(set->entries, set->tree.capacity * sizeof *entries);
        if (entries == NULL) {
            return false;
        }
        set->entries = entries;
        set->capacity = set->tree.capacity;
    }
    return true;
}

bool block_set_copy(BlockSet *set, const BlockSet *from) {
    *set = *from;
    set->entries = NULL;
    if (!interval_tree_copy(&set->tree, &from->tree)) {
        *set = (BlockSet){0};
        return false;
    }
    if (from->capacity == 0) {
        return true;
    }
    set->entries = calloc(from->capacity, sizeof *set->entries);
    if (set->entries == NULL) {
        block_set_clear(set);
        return false;
    }
    memcpy(set->entries, from->entries, from->tree.used * sizeof *set->entries);
    return true;
}

uint64_t block_set_host_bytes(const BlockSet *set) {
    return interval_tree_host_bytes(&set->tree) + set->capacity * sizeof *set->entries;
}

static uint64_t covered(uint64_t size) { return size == 0 ? 1 : size; }

/* ---- the dead, oldest first ---- */

static void append_dead(BlockSet *set, uint32_t entry) {
    set->entries[entry].older = set->newest;
    set->entries[entry].newer = 0;
    if (set->newest != 0) {
        set->entries[set->newest].newer = entry;
    } else {
        set->oldest = entry;
    }
    set->newest = entry;
    set->dead_count++;
}

static void forget_dead(BlockSet *set, uint32_t entry) {
    uint32_t older = set->entries[entry].older;
    uint32_t newer = set->entries[entry].newer;
    if (older != 0) {
        set->entries[older].newer = newer;
    } else {
        set->oldest = newer;
    }
    if (newer != 0) {
        set->entries[newer].older = older;
    } else {
        set->newest = older;
    }
    set->dead_count--;
    interval_remove(&set->tree, entry);
}

static void forget_dead_within(BlockSet *set, VAddr va, uint64_t length) {
    for (;;) {
        uint32_t entry = interval_at_or_below(&set->tree, va + length - 1);
        if (entry == 0 || block_set_va(set, entry) < va) {
            return;
        }
        forget_dead(set, entry);
    }
}

/* ---- the living ---- */

uint32_t block_set_add(BlockSet *set, VAddr va, uint64_t size, VAddr origin) {
    forget_dead_within(set, va, covered(size));
    uint32_t entry = interval_insert(&set->tree, va, covered(size));
    set->entries[entry] = (BlockEntry){.size = size, .origin = origin, .live = true};
    set->live_count++;
    return entry;
}

void block_set_retire(BlockSet *set, uint32_t entry) {
    set->entries[entry].live = false;
    set->live_count--;
    set->tree.nodes[entry].length = 1;
    append_dead(set, entry);
    if (set->dead_count > BLOCK_SET_DEAD_MAX) {
        forget_dead(set, set->oldest);
    }
}

/* The entry at exactly `va`, live or dead. */
static uint32_t entry_at(const BlockSet *set, VAddr va) {
    uint32_t entry = interval_at_or_below(&set->tree, va);
    return entry != 0 && block_set_va(set, entry) == va ? entry : 0;
}

uint32_t block_set_find(const BlockSet *set, VAddr va) {
    uint32_t entry = entry_at(set, va);
    return entry != 0 && set->entries[entry].live ? entry : 0;
}

bool block_set_is_dead(const BlockSet *set, VAddr va) {
    uint32_t entry = entry_at(set, va);
    return entry != 0 && !set->entries[entry].live;
}

uint32_t block_set_first(const BlockSet *set, VAddr va) {
    uint32_t entry = interval_above(&set->tree, va == 0 ? 0 : va - 1); /* none is at 0 */
    while (entry != 0 && !set->entries[entry].live) {
        entry = interval_above(&set->tree, block_set_va(set, entry));
    }
    return entry;
}

bool block_set_overlaps(const BlockSet *set, VAddr va, uint64_t length) {
    uint32_t entry = interval_at_or_below(&set->tree, va);
    if (entry != 0 && set->entries[entry].live &&
        va - block_set_va(set, entry) < set->tree.nodes[entry].length) {
        return true;
    }
    entry = interval_above(&set->tree, va);
    while (entry != 0 && block_set_va(set, entry) - va < length) {
        if (set->entries[entry].live) {
            return true;
        }
        entry = interval_above(&set->tree, block_set_va(set, entry));
    }
    return false;
}

const char *block_set_check(const BlockSet *set) {
    if ((uint64_t)set->live_count + set->dead_count != set->tree.count) {
        return "block set: live and dead do not add up to the entries";
    }
    uint32_t dead = 0;
    for (uint32_t i = set->oldest; i != 0 && dead <= set->dead_count; dead++) {
        if (set->entries[i].live) {
            return "block set: a live block is listed among the dead";
        }
        i = set->entries[i].newer;
    }
    if (dead != set->dead_count || dead > BLOCK_SET_DEAD_MAX) {
        return "block set: the list of the dead has the wrong length";
    }
    return interval_check(&set->tree);
}
