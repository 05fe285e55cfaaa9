/* two_list.c - a list of holes and a list of allocated blocks, each sorted by address.
 *
 *     holes:     [A, 1024] -> [A + 1280, 2816]         [..1024..|oo256oo|..2816..]
 *     allocated: [A + 1024, 256]                        A
 *
 * Idea: the textbook's picture of a heap, word for word.  malloc takes the front of the first
 * hole that is big enough; if there is none, the system gives whole pages, which are a new hole
 * of their own.  free moves a node from one list to the other; with `coalesce` it also merges the
 * hole with holes that touch it.
 *
 * A node is {length, next} and lies in front of the block (lists = inside; 16 bytes, part of
 * length), or it is {length, next, address} in a page of nodes of its own (lists = outside; the
 * heap itself then holds nothing but the program's bytes).  Pages of nodes come from mmap.
 *
 * An address is looked for from the node on that was found last, if that lies below, else from the
 * first: neighbours come and go together.  A hole is always looked for from the first.
 *
 * Invariants (two_list_check): both lists ascend; near is on its list; no two nodes overlap; lengths are multiples of
 * 16 and > 0;  the sum of all lengths = held = what sbrk gave;  with coalesce no two holes touch;
 * outside: nodes on the lists + spare nodes + fresh nodes = nodes in the pages.
 */
#include "allocators.h"
#include "model.h"

#include <stdlib.h>

#define ALIGNMENT 16
#define HEADER    16 /* of a node inside  */
#define NODE      24 /* of a node outside */

HEADER_FIELD(node_length, 0)
HEADER_FIELD(node_next, 8)
HEADER_FIELD(node_stored_address, 16) /* outside only */
HEADER_FIELD(page_next, 0)            /* a page of nodes begins with the link to the next page */

typedef struct List {
    VAddr first; /* node; 0: none                                            */
    VAddr near;  /* node that was found last; 0: look from the first one on */
} List;

typedef struct TwoList {
    const AllocatorEnv *env;
    bool inside, coalesce;
    uint64_t growth;
    List holes, allocated;
    uint64_t held;          /* bytes got from sbrk, padding aside                       */
    VAddr spare;            /* outside: nodes to use again, chained by next             */
    VAddr fresh, fresh_end; /* outside: nodes of the newest page that were never used   */
    VAddr pages;            /* outside: pages of nodes, newest first                    */
} TwoList;

enum { PARAM_LISTS, PARAM_COALESCE, PARAM_GROWTH };
static const Param two_list_params[] = {
    [PARAM_LISTS] = {.name = "lists",
                     .kind = PARAM_CHOICE,
                     .initial = 0,
                     .choices = "outside|inside",
                     .help = "where the nodes lie: in pages of their own, or before each block"},
    [PARAM_COALESCE] = {.name = "coalesce",
                        .kind = PARAM_BOOL,
                        .initial = 0,
                        .help = "merge a new hole with the holes that touch it"},
    [PARAM_GROWTH] = {.name = "growth",
                      .kind = PARAM_SIZE,
                      .initial = 1,
                      .min = 1,
                      .max = UINT64_C(1) << 40,
                      .help = "the least that is asked of the system, rounded up to pages"},
    {.name = NULL},
};

static void *two_list_create(const AllocatorEnv *env, const uint64_t *params) {
    TwoList *lists = calloc(1, sizeof *lists);
    if (lists != NULL) {
        lists->env = env;
        lists->inside = params[PARAM_LISTS] == 1;
        lists->coalesce = params[PARAM_COALESCE] != 0;
        lists->growth = params[PARAM_GROWTH];
    }
    return lists;
}

/* ---- nodes ---- */

static uint64_t header_size(const TwoList *lists) { return lists->inside ? HEADER : 0; }

static VAddr node_address(const TwoList *lists, const AllocatorEnv *env, VAddr node) {
    return lists->inside ? node : node_stored_address(env, node);
}

static VAddr node_end(const TwoList *lists, const AllocatorEnv *env, VAddr node) {
    return node_address(lists, env, node) + node_length(env, node);
}

/* A page holds its link, then as many nodes as fit. */
static bool add_page(TwoList *lists) {
    const AllocatorEnv *env = lists->env;
    VAddr page = env->mmap(env->host, env->page_size);
    if (page == VADDR_FAIL) {
        return false;
    }
    set_page_next(env, page, lists->pages);
    lists->pages = page;
    lists->fresh = page + NODE;
    lists->fresh_end = page + env->page_size / NODE * NODE;
    return true;
}

/* An outside node, or 0. */
static VAddr take_node(TwoList *lists) {
    VAddr node = lists->spare;
    if (node != 0) {
        lists->spare = node_next(lists->env, node);
        return node;
    }
    if (lists->fresh == lists->fresh_end && !add_page(lists)) {
        return 0;
    }
    node = lists->fresh;
    lists->fresh += NODE;
    return node;
}

static void give_node(TwoList *lists, VAddr node) {
    if (!lists->inside) {
        set_node_next(lists->env, node, lists->spare);
        lists->spare = node;
    }
}

static void fill_node(TwoList *lists, VAddr node, VAddr address, uint64_t length) {
    set_node_length(lists->env, node, length);
    if (!lists->inside) {
        set_node_stored_address(lists->env, node, address);
    }
}

/* ---- lists ---- */

/* The node behind `previous`, where 0 stands for the list itself. */
static VAddr node_behind(const TwoList *lists, const List *list, VAddr previous) {
    return previous == 0 ? list->first : node_next(lists->env, previous);
}

static void set_behind(TwoList *lists, List *list, VAddr previous, VAddr node) {
    if (previous == 0) {
        list->first = node;
    } else {
        set_node_next(lists->env, previous, node);
    }
}

/* The last node below `address`, or 0. */
static VAddr find_below(const TwoList *lists, List *list, VAddr address) {
    const AllocatorEnv *env = lists->env;
    VAddr near = list->near, node;
    VAddr below = near != 0 && node_address(lists, env, near) < address ? near : 0;
    while ((node = node_behind(lists, list, below)) != 0 &&
           node_address(lists, env, node) < address) {
        below = node;
    }
    list->near = below;
    return below;
}

static void remove_behind(TwoList *lists, List *list, VAddr previous, VAddr node) {
    set_behind(lists, list, previous, node_next(lists->env, node));
    list->near = list->near == node ? previous : list->near;
}

/* Where its address belongs; returns the node before it, or 0. */
static VAddr insert_node(TwoList *lists, List *list, VAddr node) {
    VAddr below = find_below(lists, list, node_address(lists, lists->env, node));
    set_node_next(lists->env, node, node_behind(lists, list, below));
    set_behind(lists, list, below, node);
    return below;
}

/* Merge two neighbouring holes of the list into the first, if they touch. */
static void merge_holes(TwoList *lists, VAddr left, VAddr right) {
    const AllocatorEnv *env = lists->env;
    if (left == 0 || right == 0 || node_end(lists, env, left) != node_address(lists, env, right)) {
        return;
    }
    set_node_length(env, left, node_length(env, left) + node_length(env, right));
    remove_behind(lists, &lists->holes, left, right);
    give_node(lists, right);
}

static void insert_hole(TwoList *lists, VAddr hole) {
    VAddr below = insert_node(lists, &lists->holes, hole);
    if (lists->coalesce) {
        merge_holes(lists, hole, node_next(lists->env, hole));
        merge_holes(lists, below, hole);
    }
}

/* ---- malloc and free ---- */

/* The first hole of at least `length` bytes, or 0; *previous is the one before it. */
static VAddr first_fit(const TwoList *lists, uint64_t length, VAddr *previous) {
    *previous = 0;
    for (VAddr hole = lists->holes.first; hole != 0; hole = node_next(lists->env, hole)) {
        if (node_length(lists->env, hole) >= length) {
            return hole;
        }
        *previous = hole;
    }
    return 0;
}

/* Make a hole of at least `length` bytes of new pages.  An outside node is taken first, because
 * giving it back is easier than giving back pages. */
static bool add_hole(TwoList *lists, uint64_t length) {
    const AllocatorEnv *env = lists->env;
    uint64_t bytes = round_up(length > lists->growth ? length : lists->growth, env->page_size);
    VAddr node = lists->inside ? 0 : take_node(lists);
    if (!lists->inside && node == 0) {
        return false;
    }
    VAddr address = grow_break(env, bytes, ALIGNMENT);
    if (address == 0) {
        give_node(lists, node);
        return false;
    }
    node = lists->inside ? address : node;
    fill_node(lists, node, address, bytes);
    lists->held += bytes;
    insert_hole(lists, node);
    return true;
}

/* Cut the hole down to `length` bytes; what is left over becomes the hole behind it, unless it is
 * too small for a block.  False: no memory for its node. */
static bool cut_hole(TwoList *lists, VAddr hole, uint64_t length) {
    const AllocatorEnv *env = lists->env;
    uint64_t rest_length = node_length(env, hole) - length;
    if (rest_length < header_size(lists) + ALIGNMENT) {
        return true;
    }
    VAddr address = node_address(lists, env, hole) + length;
    VAddr rest = lists->inside ? address : take_node(lists);
    if (rest == 0) {
        return false;
    }
    fill_node(lists, rest, address, rest_length);
    set_node_next(env, rest, node_next(env, hole));
    set_node_next(env, hole, rest);
    set_node_length(env, hole, length);
    return true;
}

static VAddr two_list_malloc(void *self, uint64_t size) {
    TwoList *lists = self;
    uint64_t length = round_up(size, ALIGNMENT) + header_size(lists);
    VAddr previous = 0;
    VAddr hole = first_fit(lists, length, &previous);
    if (hole == 0 && add_hole(lists, length)) {
        hole = first_fit(lists, length, &previous);
    }
    if (hole == 0 || !cut_hole(lists, hole, length)) {
        return 0;
    }
    remove_behind(lists, &lists->holes, previous, hole);
    insert_node(lists, &lists->allocated, hole);
    return node_address(lists, lists->env, hole) + header_size(lists);
}

/* The node of a live block, and the one before it; 0 if the program has overwritten the list. */
static VAddr find_allocated(TwoList *lists, VAddr payload, VAddr *previous) {
    VAddr address = payload - header_size(lists);
    *previous = find_below(lists, &lists->allocated, address);
    VAddr node = node_behind(lists, &lists->allocated, *previous);
    return node != 0 && node_address(lists, lists->env, node) == address ? node : 0;
}

static void two_list_free(void *self, VAddr payload) {
    TwoList *lists = self;
    VAddr previous = 0;
    VAddr node = find_allocated(lists, payload, &previous);
    if (node != 0) {
        remove_behind(lists, &lists->allocated, previous, node);
        insert_hole(lists, node);
    }
}

static uint64_t two_list_usable_size(void *self, VAddr payload) {
    TwoList *lists = self;
    VAddr previous = 0;
    VAddr node = lists->inside ? payload - HEADER : find_allocated(lists, payload, &previous);
    return node == 0 ? 0 : node_length(lists->env, node) - header_size(lists);
}

/* ---- walk and check ---- */

static void visit_node(const TwoList *lists, const AllocatorEnv *peek, VAddr node, BlockKind kind,
                       HeapVisit visit, void *host) {
    VAddr address = node_address(lists, peek, node);
    VAddr next = node_next(peek, node);
    uint64_t length = node_length(peek, node);
    visit(host, &(HeapBlock){.va = address,
                             .length = length,
                             .payload = address + header_size(lists),
                             .payload_length = length - header_size(lists),
                             .kind = kind,
                             .link = next == 0 ? 0 : node_address(lists, peek, next)});
}

static void two_list_walk(void *self, const AllocatorEnv *peek, HeapVisit visit, void *host) {
    const TwoList *lists = self;
    VAddr hole = lists->holes.first, block = lists->allocated.first;
    while (hole != 0 || block != 0) {
        bool is_hole = block == 0 || (hole != 0 && node_address(lists, peek, hole) <
                                                       node_address(lists, peek, block));
        VAddr *at = is_hole ? &hole : &block;
        visit_node(lists, peek, *at, is_hole ? BLOCK_FREE : BLOCK_USED, visit, host);
        *at = node_next(peek, *at);
    }
    for (VAddr page = lists->pages; page != 0; page = page_next(peek, page)) {
        visit(host, &(HeapBlock){.va = page, .length = peek->page_size, .kind = BLOCK_OVERHEAD});
    }
}

/* Nodes in the chain that begins at `node`. */
static uint64_t count_chain(const AllocatorEnv *peek, VAddr node) {
    uint64_t count = 0;
    for (; node != 0; node = node_next(peek, node)) {
        count++;
    }
    return count;
}

static const char *check_nodes(const TwoList *lists, const AllocatorEnv *peek) {
    uint64_t nodes = count_chain(peek, lists->holes.first) +
                     count_chain(peek, lists->allocated.first) + count_chain(peek, lists->spare) +
                     (lists->fresh_end - lists->fresh) / NODE;
    for (VAddr page = lists->pages; page != 0; page = page_next(peek, page)) {
        nodes -= peek->page_size / NODE - 1;
    }
    return lists->inside || nodes == 0 ? NULL : "two-list: a node is lost";
}

/* One list: ascending, disjoint, of sane lengths; adds up its bytes. */
static const char *check_list(const TwoList *lists, const AllocatorEnv *peek, const List *list,
                              bool may_touch, uint64_t *bytes) {
    VAddr end = 0;
    bool is_near = list->near == 0;
    for (VAddr node = list->first; node != 0; node = node_next(peek, node)) {
        VAddr address = node_address(lists, peek, node);
        uint64_t length = node_length(peek, node);
        if (address < end || address % ALIGNMENT != 0) {
            return "two-list: a list does not ascend or its blocks overlap";
        }
        if (length < header_size(lists) + ALIGNMENT || length % ALIGNMENT != 0) {
            return "two-list: a length is too small or no multiple of 16";
        }
        if (!may_touch && address == end) {
            return "two-list: two holes touch and were not merged";
        }
        end = address + length;
        *bytes += length;
        is_near |= node == list->near;
    }
    return is_near ? NULL : "two-list: the node found last is not on its list";
}

static const char *two_list_check(void *self, const AllocatorEnv *peek) {
    const TwoList *lists = self;
    uint64_t bytes = 0;
    const char *wrong = check_list(lists, peek, &lists->holes, !lists->coalesce, &bytes);
    wrong = wrong != NULL ? wrong : check_list(lists, peek, &lists->allocated, true, &bytes);
    wrong = wrong != NULL ? wrong : check_nodes(lists, peek);
    if (wrong == NULL && bytes != lists->held) {
        return "two-list: holes and blocks do not add up to the heap";
    }
    return wrong;
}

static void *two_list_clone(const void *self, const AllocatorEnv *env) {
    return model_clone(self, sizeof(TwoList), env);
}

const AllocatorOps allocator_two_list = {
    .info = {.name = "two-list",
             .summary = "sorted lists of holes and of blocks; the first hole big enough",
             .source = "the textbook picture: Tanenbaum, Modern Operating Systems, 3.2.3",
             .params = two_list_params},
    .alignment = ALIGNMENT,
    .create = two_list_create,
    .destroy = free,
    .clone = two_list_clone,
    .malloc = two_list_malloc,
    .free = two_list_free,
    .usable_size = two_list_usable_size,
    .walk = two_list_walk,
    .check = two_list_check,
};
