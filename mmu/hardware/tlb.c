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

static const char *shape_check(const TlbLevelConfig *c) {
    if (c->entries < 1 || c->entries > TLB_ENTRIES_MAX) {
        return "a TLB level has 1 to 65536 entries";
    }
    if (c->ways < 1 || c->entries % c->ways != 0 || !is_power_of_two(c->entries / c->ways)) {
        return "entries / ways of a TLB level must be a power of two";
    }
    if (c->replacement == TLB_LRU && c->ways > TLB_LRU_WAYS_MAX) {
        return "an LRU level of a TLB has at most 4096 ways";
    }
    if (c->replacement == TLB_PLRU && (c->ways > TLB_PLRU_WAYS_MAX || !is_power_of_two(c->ways))) {
        return "the ways of a PLRU level of a TLB are a power of two, at most 64";
    }
    return NULL;
}

const char *tlb_config_check(const TlbLevelConfig *levels, unsigned count) {
    const char *wrong = count > TLB_LEVELS_MAX ? "a TLB has at most 3 levels" : NULL;
    for (unsigned i = 0; i < count && wrong == NULL; i++) {
        wrong = shape_check(&levels[i]);
    }
    return wrong;
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

static void level_clear(TlbLevel *level) {
    free(level->tags);
    free(level->data);
    free(level->plru);
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

bool tlb_init_huge(Tlb *tlb, const TlbLevelConfig *levels, unsigned shift) {
    bool ok = true;
    for (unsigned i = 0; i < tlb->levels && ok; i++) {
        ok = levels[i].entries == 0 ||
             (shape_check(&levels[i]) == NULL && level_init(&tlb->huge[i], &levels[i]));
    }
    tlb->huge_shift = shift;
    return ok;
}

void tlb_clear(Tlb *tlb) {
    for (unsigned i = 0; i < TLB_LEVELS_MAX; i++) {
        level_clear(&tlb->level[i]);
        level_clear(&tlb->huge[i]);
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

/* The tag that the huge page of a page has. */
static uint64_t huge_tag(const Tlb *tlb, uint64_t tag) {
    return tag >> 16 >> tlb->huge_shift << 16 | (tag & UINT16_MAX);
}

/* As tlb_find, among the huge pages. */
static __attribute__((noinline)) uint64_t *find_huge(Tlb *tlb, uint64_t tag, unsigned *hit) {
    uint64_t covering = huge_tag(tlb, tag);
    for (unsigned i = 0; i < tlb->levels; i++) {
        TlbLevel *level = &tlb->huge[i];
        uint64_t *data = level->ways == 0 ? NULL : tlb_level_find(level, covering);
        if (data != NULL) {
            *hit = i + 1;
            for (unsigned above = i; above > 0 && tlb->huge[above - 1].ways != 0; above--) {
                data = tlb_level_insert(&tlb->huge[above - 1], covering, *data);
            }
            return data;
        }
    }
    return NULL;
}

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
    return tlb->huge_shift == 0 ? NULL : find_huge(tlb, tag, hit);
}

Pfn tlb_hit_huge_there(Tlb *tlb, uint64_t tag, uint64_t need) {
    TlbLevel *level = &tlb->huge[0];
    const uint64_t *data = level->ways == 0 ? NULL : tlb_level_find(level, huge_tag(tlb, tag));
    return data != NULL && (*data & need) == need ? tlb_frame(tlb, tag, *data) : PFN_NONE;
}

static __attribute__((noinline)) void insert_huge(Tlb *tlb, uint64_t tag, uint64_t data) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        if (tlb->huge[i].ways != 0) {
            tlb_level_insert(&tlb->huge[i], huge_tag(tlb, tag), data);
        }
    }
}

void tlb_insert(Tlb *tlb, uint64_t tag, uint64_t data) {
    if ((data & TLB_HUGE) != 0) {
        insert_huge(tlb, tag, data);
        return;
    }
    for (unsigned i = 0; i < tlb->levels; i++) {
        tlb_level_insert(&tlb->level[i], tag, data);
    }
}

static void level_add_bits(TlbLevel *level, uint64_t tag, uint64_t bits) {
    uint64_t *data = level->ways == 0 ? NULL : tlb_level_peek(level, tag);
    if (data != NULL) {
        *data |= bits;
    }
}

void tlb_add_bits(Tlb *tlb, uint64_t tag, uint64_t bits) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        level_add_bits(&tlb->level[i], tag, bits);
        if (tlb->huge_shift != 0) {
            level_add_bits(&tlb->huge[i], huge_tag(tlb, tag), bits);
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

static bool level_drop(TlbLevel *level, uint64_t tag) {
    if (level->ways == 0) {
        return false;
    }
    uint64_t first = set_of(level, tag) * level->ways;
    uint32_t way = way_of(level, first, tag);
    if (way == level->ways) {
        return false;
    }
    level_drop_way(level, first, way);
    return true;
}

bool tlb_drop(Tlb *tlb, uint64_t tag) {
    bool held = false;
    for (unsigned i = 0; i < tlb->levels; i++) {
        held = level_drop(&tlb->level[i], tag) || held;
        if (tlb->huge_shift != 0) {
            held = level_drop(&tlb->huge[i], huge_tag(tlb, tag)) || held;
        }
    }
    return held;
}

static void level_flush_asid(TlbLevel *level, Asid asid) {
    /* Backwards, so that what closes a gap was looked at already. */
    for (uint64_t entry = level_entries(level); entry-- > 0;) {
        if ((level->tags[entry] & UINT16_MAX) == asid) {
            uint64_t way = entry % level->ways;
            level_drop_way(level, entry - way, (uint32_t)way);
        }
    }
}

static void level_flush(TlbLevel *level) {
    for (uint64_t entry = 0; entry < level_entries(level); entry++) {
        level->tags[entry] = level->data[entry] = 0;
    }
}

static void level_forget_seen(TlbLevel *level) {
    for (uint64_t entry = 0; entry < level_entries(level); entry++) {
        level->data[entry] &= ~TLB_SEEN;
    }
}

void tlb_flush_asid(Tlb *tlb, Asid asid) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        level_flush_asid(&tlb->level[i], asid);
        level_flush_asid(&tlb->huge[i], asid);
    }
}

void tlb_flush_all(Tlb *tlb) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        level_flush(&tlb->level[i]);
        level_flush(&tlb->huge[i]);
    }
}

void tlb_forget_seen(Tlb *tlb) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        level_forget_seen(&tlb->level[i]);
        level_forget_seen(&tlb->huge[i]);
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

static const char *check_level(const TlbLevel *level, bool huge) {
    const char *wrong = NULL;
    for (uint64_t set = 0; level->ways != 0 && set < level_sets(level) && wrong == NULL; set++) {
        wrong = check_set(level, set);
    }
    for (uint64_t entry = 0; entry < level_entries(level) && wrong == NULL; entry++) {
        if (level->tags[entry] != 0 && ((level->data[entry] & TLB_HUGE) != 0) != huge) {
            wrong = "TLB: an entry stands among those of pages of another size";
        }
    }
    return wrong;
}

const char *tlb_check(const Tlb *tlb) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        const char *wrong = check_level(&tlb->level[i], false);
        wrong = wrong != NULL ? wrong : check_level(&tlb->huge[i], true);
        if (wrong != NULL) {
            return wrong;
        }
    }
    if (tlb->levels == 0 && tlb->level[0].tags[0] != 0) {
        return "TLB: something is cached although there is no TLB";
    }
    return NULL;
}
