/* interval_tree.c - the treap behind interval_tree.h.  No recursion: insertion cuts a subtree in
 * two along one path down, removal joins two subtrees along one path down. */
#include "interval_tree.h"

#include <stdlib.h>
#include <string.h>

void interval_tree_clear(IntervalTree *tree) {
    free(tree->nodes);
    *tree = (IntervalTree){0};
}

bool interval_tree_copy(IntervalTree *tree, const IntervalTree *from) {
    *tree = *from;
    if (from->nodes == NULL) {
        return true;
    }
    tree->nodes = malloc(from->capacity * sizeof *tree->nodes);
    if (tree->nodes == NULL) {
        *tree = (IntervalTree){0};
        return false;
    }
    memcpy(tree->nodes, from->nodes, (from->used == 0 ? 1 : from->used) * sizeof *tree->nodes);
    return true;
}

uint64_t interval_tree_host_bytes(const IntervalTree *tree) {
    return tree->capacity * sizeof *tree->nodes;
}

static bool grow_nodes(IntervalTree *tree, uint64_t wanted) {
    uint64_t capacity = tree->capacity < 32 ? 64 : (uint64_t)tree->capacity * 2;
    capacity = capacity < wanted ? wanted : capacity;
    if (capacity > UINT32_MAX) {
        return false;
    }
    Interval *nodes = realloc(tree->nodes, capacity * sizeof *nodes);
    if (nodes == NULL) {
        return false;
    }
    tree->nodes = nodes;
    tree->capacity = (uint32_t)capacity;
    return true;
}

bool interval_reserve(IntervalTree *tree, uint32_t more) {
    uint32_t used = tree->used == 0 ? 1 : tree->used;
    uint64_t vacant = used - 1 - tree->count;
    if (vacant >= more || used + (more - vacant) <= tree->capacity) {
        return true;
    }
    return grow_nodes(tree, used + (more - vacant));
}

static uint32_t take_node(IntervalTree *tree) {
    uint32_t node = tree->vacant;
    if (node != 0) {
        tree->vacant = tree->nodes[node].left;
        return node;
    }
    tree->used = tree->used == 0 ? 1 : tree->used;
    return tree->used++;
}

/* Cut the subtree `rest` into what starts below `start` (hung to *low) and the others (*high). */
static void split(Interval *nodes, uint32_t rest, VAddr start, uint32_t *low, uint32_t *high) {
    while (rest != 0) {
        if (nodes[rest].start < start) {
            *low = rest;
            low = &nodes[rest].right;
            rest = *low;
        } else {
            *high = rest;
            high = &nodes[rest].left;
            rest = *high;
        }
    }
    *low = *high = 0;
}

uint32_t interval_insert(IntervalTree *tree, VAddr start, uint64_t length) {
    uint32_t priority = (uint32_t)(rng_next(&tree->rng) >> 32);
    uint32_t node = take_node(tree);
    Interval *nodes = tree->nodes;
    uint32_t *link = &tree->root;
    while (*link != 0 && nodes[*link].priority >= priority) {
        link = start < nodes[*link].start ? &nodes[*link].left : &nodes[*link].right;
    }
    nodes[node] = (Interval){.start = start, .length = length, .priority = priority};
    split(nodes, *link, start, &nodes[node].left, &nodes[node].right);
    *link = node;
    tree->count++;
    return node;
}

/* Hang the union of two subtrees, every start in `low` below every start in `high`, to *link. */
static void join(Interval *nodes, uint32_t low, uint32_t high, uint32_t *link) {
    while (low != 0 && high != 0) {
        if (nodes[low].priority >= nodes[high].priority) {
            *link = low;
            link = &nodes[low].right;
            low = *link;
        } else {
            *link = high;
            link = &nodes[high].left;
            high = *link;
        }
    }
    *link = low != 0 ? low : high;
}

void interval_remove(IntervalTree *tree, uint32_t node) {
    Interval *nodes = tree->nodes;
    VAddr start = nodes[node].start;
    uint32_t *link = &tree->root;
    while (*link != node) {
        link = start < nodes[*link].start ? &nodes[*link].left : &nodes[*link].right;
    }
    join(nodes, nodes[node].left, nodes[node].right, link);
    nodes[node].left = tree->vacant;
    tree->vacant = node;
    tree->count--;
}

uint32_t interval_at_or_below(const IntervalTree *tree, VAddr va) {
    uint32_t best = 0;
    for (uint32_t node = tree->root; node != 0;) {
        const Interval *n = &tree->nodes[node];
        best = n->start <= va ? node : best;
        node = n->start <= va ? n->right : n->left;
    }
    return best;
}

uint32_t interval_above(const IntervalTree *tree, VAddr va) {
    uint32_t best = 0;
    for (uint32_t node = tree->root; node != 0;) {
        const Interval *n = &tree->nodes[node];
        best = n->start > va ? node : best;
        node = n->start > va ? n->left : n->right;
    }
    return best;
}

static uint32_t first_node(const IntervalTree *tree) {
    uint32_t node = tree->root;
    while (node != 0 && tree->nodes[node].left != 0) {
        node = tree->nodes[node].left;
    }
    return node;
}

static bool priorities_fall(const Interval *nodes, const Interval *n) {
    return (n->left == 0 || nodes[n->left].priority <= n->priority) &&
           (n->right == 0 || nodes[n->right].priority <= n->priority);
}

const char *interval_check(const IntervalTree *tree) {
    uint64_t seen = 0;
    VAddr end = 0;
    for (uint32_t i = first_node(tree); i != 0; seen++) {
        const Interval *n = &tree->nodes[i];
        if (n->length == 0 || n->start < end || n->start > UINT64_MAX - n->length) {
            return "interval tree: intervals overlap or are empty";
        }
        if (!priorities_fall(tree->nodes, n)) {
            return "interval tree: a child's priority is above its parent's";
        }
        end = n->start + n->length;
        i = interval_above(tree, n->start);
    }
    return seen == tree->count ? NULL : "interval tree: the count is wrong";
}
