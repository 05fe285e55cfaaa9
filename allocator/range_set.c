/* range_set.c - union and difference of address ranges, on an interval tree. */
#include "range_set.h"

void range_set_clear(RangeSet *set) {
    interval_tree_clear(&set->tree);
    set->bytes = 0;
}

bool range_set_copy(RangeSet *set, const RangeSet *from) {
    bool copied = interval_tree_copy(&set->tree, &from->tree);
    set->bytes = copied ? from->bytes : 0;
    return copied;
}

/* A removal may leave two pieces of one range, an addition is one range more. */
bool range_set_reserve(RangeSet *set) { return interval_reserve(&set->tree, 2); }

static void drop(RangeSet *set, uint32_t node) {
    set->bytes -= set->tree.nodes[node].length;
    interval_remove(&set->tree, node);
}

static void put(RangeSet *set, VAddr start, VAddr end) {
    if (start < end) {
        interval_insert(&set->tree, start, end - start);
        set->bytes += end - start;
    }
}

void range_set_remove(RangeSet *set, VAddr start, uint64_t length) {
    VAddr end = start + length;
    while (start < end) {
        uint32_t node = interval_at_or_below(&set->tree, end - 1);
        if (node == 0) {
            return;
        }
        Interval found = set->tree.nodes[node];
        if (found.start + found.length <= start) {
            return;
        }
        drop(set, node);
        put(set, found.start, start);
        put(set, end, found.start + found.length);
    }
}

void range_set_add(RangeSet *set, VAddr start, uint64_t length) {
    VAddr end = start + length;
    if (length == 0) {
        return;
    }
    range_set_remove(set, start, length);
    uint32_t left = interval_at_or_below(&set->tree, start);
    if (left != 0 && set->tree.nodes[left].start + set->tree.nodes[left].length == start) {
        start = set->tree.nodes[left].start;
        drop(set, left);
    }
    uint32_t right = interval_at_or_below(&set->tree, end);
    if (right != 0 && set->tree.nodes[right].start == end) {
        end += set->tree.nodes[right].length;
        drop(set, right);
    }
    put(set, start, end);
}

bool range_set_touches(const RangeSet *set, VAddr start, uint64_t length) {
    uint32_t node = length == 0 ? 0 : interval_at_or_below(&set->tree, start + length - 1);
    return node != 0 && set->tree.nodes[node].start + set->tree.nodes[node].length > start;
}

bool range_set_covers(const RangeSet *set, VAddr start, uint64_t length) {
    uint32_t node = interval_at_or_below(&set->tree, start);
    if (node == 0) {
        return false;
    }
    const Interval *range = &set->tree.nodes[node];
    uint64_t offset = start - range->start;
    return offset < range->length && length <= range->length - offset;
}

const char *range_set_check(const RangeSet *set) {
    uint64_t bytes = 0;
    VAddr end = 0;
    for (uint32_t i = interval_above(&set->tree, 0); i != 0; i = interval_above(&set->tree, end)) {
        const Interval *range = &set->tree.nodes[i];
        if (range->start == end && end != 0) {
            return "held memory: two ranges touch and were not merged";
        }
        end = range->start + range->length - 1;
        bytes += range->length;
    }
    if (bytes != set->bytes) {
        return "held memory: bytes is not the sum of the ranges";
    }
    return interval_check(&set->tree);
}
