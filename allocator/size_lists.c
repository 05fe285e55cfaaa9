/* size_lists.c - see size_lists.h. */
#include "size_lists.h"

static unsigned lowest_bit(uint64_t value) { return (unsigned)__builtin_ctzll(value); }

ListId size_lists_id(const SizeLists *lists, uint64_t size) {
    unsigned first = highest_bit(size | HOLE_MIN);
    uint64_t second = (size >> (first - lists->sli)) & ((UINT64_C(1) << lists->sli) - 1);
    return (ListId){first, (unsigned)second};
}

uint64_t size_lists_least(const SizeLists *lists, ListId id) {
    return (UINT64_C(1) << id.first) + ((uint64_t)id.second << (id.first - lists->sli));
}

uint64_t size_lists_round(const SizeLists *lists, uint64_t size) {
    return size + (UINT64_C(1) << (highest_bit(size) - lists->sli)) - 1;
}

static void set_head(SizeLists *lists, ListId id, VAddr hole) {
    uint64_t *map = &lists->second_map[id.first], bit = UINT64_C(1) << id.second;
    lists->heads[id.first][id.second] = hole;
    *map = hole != 0 ? *map | bit : *map & ~bit;
    bit = UINT64_C(1) << id.first;
    lists->first_map = *map != 0 ? lists->first_map | bit : lists->first_map & ~bit;
}

void size_lists_insert(SizeLists *lists, const AllocatorEnv *env, VAddr hole, uint64_t size) {
    ListId id = size_lists_id(lists, size);
    VAddr next = size_lists_head(lists, id);
    set_hole_next(env, hole, next);
    set_hole_prev(env, hole, 0);
    if (next != 0) {
        set_hole_prev(env, next, hole);
    }
    set_head(lists, id, hole);
}

void size_lists_remove(SizeLists *lists, const AllocatorEnv *env, VAddr hole, uint64_t size) {
    VAddr next = hole_next(env, hole), previous = hole_prev(env, hole);
    if (next != 0) {
        set_hole_prev(env, next, previous);
    }
    if (previous != 0) {
        set_hole_next(env, previous, next);
    } else {
        set_head(lists, size_lists_id(lists, size), next);
    }
}

bool size_lists_find(const SizeLists *lists, ListId from, ListId *found) {
    uint64_t map = lists->second_map[from.first] >> from.second << from.second;
    unsigned first = from.first;
    if (map == 0) {
        uint64_t above = first == 63 ? 0 : lists->first_map >> (first + 1) << (first + 1);
        if (above == 0) {
            return false;
        }
        first = lowest_bit(above);
        map = lists->second_map[first];
    }
    *found = (ListId){first, lowest_bit(map)};
    return true;
}

const char *size_lists_check(const SizeLists *lists) {
    for (unsigned first = 0; first < 64; first++) {
        uint64_t map = lists->second_map[first];
        bool right = (lists->first_map >> first & 1) == (map != 0);
        for (unsigned second = 0; right && second < 1u << lists->sli; second++) {
            right = (map >> second & 1) == (lists->heads[first][second] != 0);
        }
        if (!right) {
            return "size lists: a bitmap is wrong";
        }
    }
    return NULL;
}
