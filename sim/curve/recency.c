/* recency.c - see recency.h. */
#include "curve/recency.h"

#include <string.h>

enum { WORD_BITS = 64 };

static uint32_t words_of(const Recency *r) { return r->slots / WORD_BITS; }

void recency_init(Recency *recency, uint32_t page_count) {
    g_assert(page_count <= RECENCY_PAGES_MAX);
    uint32_t slots = (2 * page_count / WORD_BITS + 1) * WORD_BITS;
    *recency = (Recency){.page_count = page_count,
                         .slots = slots,
                         .slot_of = g_new(uint32_t, page_count),
                         .page_at = g_new(uint32_t, slots),
                         .taken = g_new0(uint64_t, slots / WORD_BITS),
                         .tree = g_new0(uint32_t, slots / WORD_BITS + 1)};
    for (uint32_t page = 0; page < page_count; page++) {
        recency->slot_of[page] = RECENCY_NEVER;
    }
}

void recency_clear(Recency *recency) {
    g_free(recency->slot_of);
    g_free(recency->page_at);
    g_free(recency->taken);
    g_free(recency->tree);
}

/* ---- counting taken slots ---------------------------------------------------------------- */

static void tree_add(Recency *r, uint32_t word, uint32_t change) {
    for (uint32_t i = word + 1; i <= words_of(r); i += i & -i) {
        r->tree[i] += change; /* of -1, it wraps around and back */
    }
}

static uint32_t count_through(const Recency *r, uint32_t slot) {
    uint32_t word = slot / WORD_BITS;
    uint64_t upto = r->taken[word] & (UINT64_MAX >> (WORD_BITS - 1 - slot % WORD_BITS));
    uint32_t count = (uint32_t)__builtin_popcountll(upto);
    for (uint32_t i = word; i > 0; i &= i - 1) {
        count += r->tree[i];
    }
    return count;
}

static void slot_take(Recency *r, uint32_t page) {
    r->taken[r->now / WORD_BITS] |= UINT64_C(1) << r->now % WORD_BITS;
    tree_add(r, r->now / WORD_BITS, 1);
    r->page_at[r->now] = page;
    r->slot_of[page] = r->now++;
}

static void slot_leave(Recency *r, uint32_t slot) {
    r->taken[slot / WORD_BITS] &= ~(UINT64_C(1) << slot % WORD_BITS);
    tree_add(r, slot / WORD_BITS, UINT32_MAX);
}

/* ---- a full row -------------------------------------------------------------------------- */

/* Each node of the tree hands its sum to the node that covers it. */
static void tree_rebuild(Recency *r) {
    uint32_t words = words_of(r);
    for (uint32_t i = 1; i <= words; i++) {
        r->tree[i] = (uint32_t)__builtin_popcountll(r->taken[i - 1]);
    }
    for (uint32_t i = 1; i <= words; i++) {
        uint32_t above = i + (i & -i);
        if (above <= words) {
            r->tree[above] += r->tree[i];
        }
    }
}

/* Move the taken slots together at the front, in their order. */
static void recency_compact(Recency *r) {
    uint32_t kept = 0;
    for (uint32_t word = 0; word < words_of(r); word++) {
        for (uint64_t left = r->taken[word]; left != 0; left &= left - 1) {
            uint32_t slot = word * WORD_BITS + (uint32_t)__builtin_ctzll(left);
            uint32_t page = r->page_at[slot];
            r->page_at[kept] = page;
            r->slot_of[page] = kept++;
        }
    }
    memset(r->taken, 0, words_of(r) * sizeof(uint64_t));
    for (uint32_t slot = 0; slot < kept; slot++) {
        r->taken[slot / WORD_BITS] |= UINT64_C(1) << slot % WORD_BITS;
    }
    tree_rebuild(r);
    r->now = kept;
}

uint32_t recency_use(Recency *recency, uint32_t page) {
    g_assert(page < recency->page_count);
    uint32_t slot = recency->slot_of[page];
    if (slot != RECENCY_NEVER && slot + 1 == recency->now) {
        return 1;
    }
    if (recency->now == recency->slots) {
        recency_compact(recency);
        slot = recency->slot_of[page];
    }
    uint32_t distance = 0;
    if (slot == RECENCY_NEVER) {
        recency->seen++;
    } else {
        distance = recency->seen - count_through(recency, slot) + 1;
        slot_leave(recency, slot);
    }
    slot_take(recency, page);
    return distance;
}

const char *recency_check(const Recency *recency) {
    uint32_t count = 0;
    for (uint32_t slot = 0; slot < recency->slots; slot++) {
        if ((recency->taken[slot / WORD_BITS] >> slot % WORD_BITS & 1) != 0) {
            uint32_t page = recency->page_at[slot];
            if (slot >= recency->now || recency->slot_of[page] != slot) {
                return "recency: a taken slot is not the last use of its page";
            }
            count++;
        }
        if (count_through(recency, slot) != count) {
            return "recency: the tree does not hold the sums of the bits";
        }
    }
    return count == recency->seen ? NULL : "recency: pages seen and taken slots differ in number";
}
