/* tlb.c - what a TLB does when the first look does not settle it.
 *
 * Idea: true LRU needs no clock if the order of the entries is the order of use: a hit moves
 * its entry to the front of the set, a fill pushes the last one out.  Tree-PLRU is what
 * hardware builds instead: ways - 1 bits a set, each pointing away from the last use.
 *
 *        node 1           bit 0: the older half is the left one, 1: the right one
 *       /      \
 *    node 2   node 3      a use of way 2 (leaf 6) sets node 3 to 1 (away from leaf 6)
 *    /   \    /   \       and node 1 to 0 (away from node 3)
 *   w0   w1  w2   w3
 *
 * Used by mmu.c, by tlb_hit(), and by the kernel for drops and flushes.
 */
#include "tlb.h"

#include <stdlib.h>
#include <string.h>

static bool is_power_of_two(uint32_t n) { return n != 0 && (n & (n - 1)) == 0; }

static uint64_t level_sets(const TlbLevel *level) { return level->set_mask + 1; }

static uint64_t level_entries(const TlbLevel *level) { return level_sets(level) * level->ways; }

static uint64_t set_of(const TlbLevel *level, uint64_t tag) { return tag >> 16 & level->set_mask; }

/* ---- shapes ---------------------------------------------------------------------------- */

const char *tlb_config_check(const TlbLevelConfig *levels, unsigned count) {
    if (count > TLB_LEVELS_MAX) {
        return "a TLB has at most 3 levels";
    }
    for (unsigned i = 0; i < count; i++) {
        const TlbLevelConfig *c = &levels[i];
        if (c->entries < 1 || c->entries > TLB_ENTRIES_MAX) {
            return "a TLB level has 1 to 65536 entries";
        }
        if (c->ways < 1 || c->entries % c->ways != 0 || !is_power_of_two(c->entries / c->ways)) {
            return "entries / ways of a TLB level must be a power of two";
        }
        if (c->replacement == TLB_LRU && c->ways > TLB_LRU_WAYS_MAX) {
            return "an LRU level of a TLB has at most 4096 ways";
        }
        if (c->replacement == TLB_PLRU &&
            (c->ways > TLB_PLRU_WAYS_MAX || !is_power_of_two(c->ways))) {
            return "the ways of a PLRU level of a TLB are a power of two, at most 64";
        }
    }
    return NULL;
}

static bool level_init(TlbLevel *level, const TlbLevelConfig *config) {
    uint32_t sets = config->entries / config->ways;
    *level = (TlbLevel){
        .tags = calloc(config->entries, sizeof(uint64_t)),
        .data = calloc(config->entries, sizeof(uint64_t)),
        .plru = config->replacement == TLB_PLRU ? calloc(sets, sizeof(uint64_t)) : NULL,
        .set_mask = sets - 1,
        .ways = config->ways,
        .replacement = config->replacement,
    };
    return level->tags != NULL && level->data != NULL &&
           (level->plru != NULL || config->replacement != TLB_PLRU);
}

bool tlb_init(Tlb *tlb, const TlbLevelConfig *levels, unsigned count) {
    *tlb = (Tlb){.levels = count};
    if (tlb_config_check(levels, count) != NULL) {
        return false;
    }
    /* No TLB is one entry that nobody ever fills: tlb_hit() needs no question about it. */
    static const TlbLevelConfig never_filled = {.entries = 1, .ways = 1};
    bool ok = count != 0 || level_init(&tlb->level[0], &never_filled);
    for (unsigned i = 0; i < count; i++) {
        ok = level_init(&tlb->level[i], &levels[i]) && ok;
    }
    if (!ok) {
        tlb_clear(tlb);
    }
    return ok;
}

void tlb_clear(Tlb *tlb) {
    for (unsigned i = 0; i < TLB_LEVELS_MAX; i++) {
        free(tlb->level[i].tags);
        free(tlb->level[i].data);
        free(tlb->level[i].plru);
    }
    *tlb = (Tlb){0};
}

/* ---- one set --------------------------------------------------------------------------- */

/* The way of the set that begins at entry `first` which holds `tag`; ways: none does. */
static inline uint32_t way_of(const TlbLevel *level, uint64_t first, uint64_t tag) {
    uint32_t way = 0;
    while (way < level->ways && level->tags[first + way] != tag) {
        way++;
    }
    return way;
}

/* Make entry `way` the set's first; those before it move back by one. */
static inline void lru_to_front(TlbLevel *level, uint64_t first, uint32_t way) {
    uint64_t *tags = &level->tags[first], *data = &level->data[first];
    uint64_t tag = tags[way], entry = data[way];
    for (uint32_t i = way; i > 0; i--) {
        tags[i] = tags[i - 1];
        data[i] = data[i - 1];
    }
    tags[0] = tag;
    data[0] = entry;
}

/* Make every node on the way from leaf `way` to the root point away from it. */
static void plru_mark(TlbLevel *level, uint64_t set, uint32_t way) {
    for (uint32_t node = level->ways + way; node > 1; node /= 2) {
        uint64_t parent = UINT64_C(1) << node / 2;
        if (node % 2 == 0) {
            level->plru[set] |= parent;
        } else {
            level->plru[set] &= ~parent;
        }
    }
}

/* Follow the pointers from the root to a leaf. */
static uint32_t plru_victim(const TlbLevel *level, uint64_t set) {
    uint32_t node = 1;
    while (node < level->ways) {
        node = 2 * node + (uint32_t)(level->plru[set] >> node & 1);
    }
    return node - level->ways;
}

/* Mark entry `way` of the set most recently used; its data then stand at the result. */
static inline uint64_t *use_way(TlbLevel *level, uint64_t set, uint32_t way) {
    uint64_t first = set * level->ways;
    if (level->replacement == TLB_PLRU) {
        plru_mark(level, set, way);
        return &level->data[first + way];
    }
    lru_to_front(level, first, way);
    return &level->data[first];
}

uint64_t *tlb_level_find(TlbLevel *level, uint64_t tag) {
    uint64_t set = set_of(level, tag);
    uint32_t way = way_of(level, set * level->ways, tag);
    return way == level->ways ? NULL : use_way(level, set, way);
}

uint64_t *tlb_level_peek(const TlbLevel *level, uint64_t tag) {
    uint64_t first = set_of(level, tag) * level->ways;
    uint32_t way = way_of(level, first, tag);
    return way == level->ways ? NULL : &level->data[first + way];
}

uint64_t *tlb_level_insert(TlbLevel *level, uint64_t tag, uint64_t data) {
    uint64_t set = set_of(level, tag), first = set * level->ways;
    uint32_t way = level->ways - 1; /* LRU: the least recently used, or one of the invalid */
    if (level->replacement == TLB_PLRU) {
        way = way_of(level, first, 0);
        way = way == level->ways ? plru_victim(level, set) : way;
    }
    level->tags[first + way] = tag;
    level->data[first + way] = data;
    return use_way(level, set, way);
}

/* ---- all levels ------------------------------------------------------------------------ */

uint64_t *tlb_find(Tlb *tlb, uint64_t tag, unsigned *hit) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        uint64_t *data = tlb_level_find(&tlb->level[i], tag);
        if (data != NULL) {
            *hit = i + 1;
            for (unsigned above = i; above-- > 0;) {
                data = tlb_level_insert(&tlb->level[above], tag, *data);
            }
            return data;
        }
    }
    *hit = 0;
    return NULL;
}

void tlb_insert(Tlb *tlb, uint64_t tag, uint64_t data) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        tlb_level_insert(&tlb->level[i], tag, data);
    }
}

void tlb_add_bits(Tlb *tlb, uint64_t tag, uint64_t bits) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        uint64_t *data = tlb_level_peek(&tlb->level[i], tag);
        if (data != NULL) {
            *data |= bits;
        }
    }
}

/* Invalidate entry `way` of a set; in an LRU set the later ones close the gap. */
static void level_drop_way(TlbLevel *level, uint64_t first, uint32_t way) {
    uint32_t last = way;
    if (level->replacement == TLB_LRU) {
        last = level->ways - 1;
        memmove(&level->tags[first + way], &level->tags[first + way + 1],
                (last - way) * sizeof(uint64_t));
        memmove(&level->data[first + way], &level->data[first + way + 1],
                (last - way) * sizeof(uint64_t));
    }
    level->tags[first + last] = 0;
    level->data[first + last] = 0;
}

bool tlb_drop(Tlb *tlb, uint64_t tag) {
    bool held = false;
    for (unsigned i = 0; i < tlb->levels; i++) {
        TlbLevel *level = &tlb->level[i];
        uint64_t first = set_of(level, tag) * level->ways;
        uint32_t way = way_of(level, first, tag);
        if (way != level->ways) {
            level_drop_way(level, first, way);
            held = true;
        }
    }
    return held;
}

void tlb_flush_asid(Tlb *tlb, Asid asid) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        TlbLevel *level = &tlb->level[i];
        /* Backwards, so that what closes a gap was looked at already. */
        for (uint64_t entry = level_entries(level); entry-- > 0;) {
            if ((level->tags[entry] & UINT16_MAX) == asid) {
                uint64_t way = entry % level->ways;
                level_drop_way(level, entry - way, (uint32_t)way);
            }
        }
    }
}

void tlb_flush_all(Tlb *tlb) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        TlbLevel *level = &tlb->level[i];
        memset(level->tags, 0, level_entries(level) * sizeof(uint64_t));
        memset(level->data, 0, level_entries(level) * sizeof(uint64_t));
    }
}

void tlb_forget_seen(Tlb *tlb) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        TlbLevel *level = &tlb->level[i];
        for (uint64_t entry = 0; entry < level_entries(level); entry++) {
            level->data[entry] &= ~TLB_SEEN;
        }
    }
}

/* ---- the invariant --------------------------------------------------------------------- */

static const char *check_set(const TlbLevel *level, uint64_t set) {
    uint64_t first = set * level->ways;
    for (uint32_t way = 0; way < level->ways; way++) {
        uint64_t tag = level->tags[first + way];
        if (tag == 0) {
            continue;
        }
        if (set_of(level, tag) != set) {
            return "TLB: an entry stands in the wrong set";
        }
        if (way_of(level, first, tag) != way) {
            return "TLB: a translation stands twice in one level";
        }
        if (level->replacement == TLB_LRU && way > 0 && level->tags[first + way - 1] == 0) {
            return "TLB: a valid entry of an LRU set stands behind an invalid one";
        }
    }
    return NULL;
}

const char *tlb_check(const Tlb *tlb) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        for (uint64_t set = 0; set < level_sets(&tlb->level[i]); set++) {
            const char *wrong = check_set(&tlb->level[i], set);
            if (wrong != NULL) {
                return wrong;
            }
        }
    }
    if (tlb->levels == 0 && tlb->level[0].tags[0] != 0) {
        return "TLB: something is cached although there is no TLB";
    }
    return NULL;
}
