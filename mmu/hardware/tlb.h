/* tlb.h - a translation look-aside buffer: a few set-associative levels, tagged by ASID.
 *
 *   tag  = vpn << 16 | asid          (asid >= 1, so tag 0 means an invalid entry)
 *   data = frame << 8 | TLB_ bits
 *   set  = low bits of the page number;  entry i of set s = s * ways + i
 *
 * A level may have a second array of entries for huge pages, looked at when the first has nothing:
 * the tag's page number is then that of the huge page (vpn >> huge_shift), the frame its first.  A
 * page is in one of the arrays at most.  All functions are called with the tag of the page itself.
 *
 * LRU levels keep each set's entries most recent first and the invalid ones last, so the
 * common hit is one compare; tree-PLRU levels keep entries in place and one bit per inner node
 * of a binary tree over the ways (ways: a power of two, at most 64).
 *
 * Invariant (tlb_check): an entry stands in the set of its page, and once; in an LRU set no
 * valid entry stands behind an invalid one.
 * Invariant (mmu_check): every entry equals a present page-table entry of the same address
 * space, with the same frame and no greater rights; TLB_DIRTY only if the entry is dirty.
 * Filled and emptied by mmu.c; nobody else writes here.
 */
#ifndef FAULTLINE_TLB_H
#define FAULTLINE_TLB_H

#include "faultline/types.h"

#define TLB_LEVELS_MAX    3
#define TLB_ENTRIES_MAX   65536
#define TLB_LRU_WAYS_MAX  4096
#define TLB_PLRU_WAYS_MAX 64

#define TLB_WRITABLE    UINT64_C(1) /* stores are allowed                                    */
#define TLB_DIRTY       UINT64_C(2) /* the page-table entry's dirty bit is set already       */
#define TLB_SEEN        UINT64_C(4) /* the page was counted in the current working-set window */
#define TLB_HUGE        UINT64_C(8) /* the entry of a huge page                              */
#define TLB_FRAME_SHIFT 8

/* What a first-level entry must have for an access to need no further look. */
#define TLB_NEED_READ  TLB_SEEN
#define TLB_NEED_WRITE (TLB_SEEN | TLB_WRITABLE | TLB_DIRTY)

typedef enum TlbReplacement { TLB_LRU, TLB_PLRU } TlbReplacement;

typedef struct TlbLevelConfig {
    uint32_t entries; /* a multiple of ways; entries / ways is a power of two */
    uint32_t ways;    /* ways == entries: fully associative */
    TlbReplacement replacement;
} TlbLevelConfig;

/* One array of entries. */
typedef struct TlbLevel {
    uint64_t *tags, *data;
    uint64_t *plru; /* one word a set; NULL with TLB_LRU */
    uint64_t set_mask;
    uint32_t ways;
    TlbReplacement replacement;
} TlbLevel;

typedef struct Tlb {
    TlbLevel level[TLB_LEVELS_MAX];
    unsigned levels; /* 0: no TLB, every access walks (level[0] is then one invalid entry) */
    TlbLevel huge[TLB_LEVELS_MAX]; /* ways 0: none */
    unsigned huge_shift;           /* a huge page has 2^this pages; 0: there are none */
} Tlb;

static inline uint64_t tlb_tag(Asid asid, Vpn vpn) { return vpn << 16 | asid; }

/* NULL if a TLB can have these levels, else what is wrong.  For shapes out of a file. */
const char *tlb_config_check(const TlbLevelConfig *levels, unsigned count);
/* False: a shape that cannot be, or out of host memory. */
bool tlb_init(Tlb *tlb, const TlbLevelConfig *levels, unsigned count);
/* From now on huge pages of 2^shift pages may be put into it, too: its levels have so many entries
 * for them, 0: none.  Once, while it is empty.  False: a shape that cannot be, or out of host
 * memory. */
bool tlb_init_huge(Tlb *tlb, const TlbLevelConfig *levels, unsigned shift);
void tlb_clear(Tlb *tlb);
const char *tlb_check(const Tlb *tlb);

/* The entry of `tag` in one level, marked most recently used; NULL if it is not there.
 * The pointer is to the entry's data and holds until the next call. */
uint64_t *tlb_level_find(TlbLevel *level, uint64_t tag);
/* The same, leaving the order of use alone. */
uint64_t *tlb_level_peek(const TlbLevel *level, uint64_t tag);
/* Put an entry that the level does not have in the place of an invalid one or of the least
 * recently used.  Returns where its data stand, until the next call. */
uint64_t *tlb_level_insert(TlbLevel *level, uint64_t tag, uint64_t data);

/* The entry of `tag` in the first level that has it, marked most recently used there and
 * copied to all levels above; the result is the first level's.  *hit: the level that had it,
 * from 1.  NULL: none has. */
uint64_t *tlb_find(Tlb *tlb, uint64_t tag, unsigned *hit);
/* The frame of a page that has this entry. */
static inline Pfn tlb_frame(const Tlb *tlb, uint64_t tag, uint64_t data) {
    uint64_t within = (tag >> 16) & ((UINT64_C(1) << tlb->huge_shift) - 1);
    return (Pfn)((data >> TLB_FRAME_SHIFT) + ((data & TLB_HUGE) != 0 ? within : 0));
}
/* Put an entry that no level has into all of them; one with TLB_HUGE covers all of its page. */
void tlb_insert(Tlb *tlb, uint64_t tag, uint64_t data);
/* Add TLB_ bits to a translation wherever it is cached. */
void tlb_add_bits(Tlb *tlb, uint64_t tag, uint64_t bits);

/* Drop one translation, or that of the huge page that it is a part of, from every level.  True if
 * any level held it. */
bool tlb_drop(Tlb *tlb, uint64_t tag);
/* Drop all translations of one address space, or of all. */
void tlb_flush_asid(Tlb *tlb, Asid asid);
void tlb_flush_all(Tlb *tlb);
/* A new working-set window begins: no page has been seen in it. */
void tlb_forget_seen(Tlb *tlb);

/* As tlb_hit, among the first level's huge pages, if there are any. */
Pfn tlb_hit_huge_there(Tlb *tlb, uint64_t tag, uint64_t need);
static inline Pfn tlb_hit_huge(Tlb *tlb, uint64_t tag, uint64_t need) {
    return tlb->huge_shift == 0 ? PFN_NONE : tlb_hit_huge_there(tlb, tag, need);
}

/* The hot path: the frame if the first level alone can serve the access, else PFN_NONE.
 * Touches only the one set; counts nothing.  Huge pages are the second look's. */
static inline Pfn tlb_hit(Tlb *tlb, uint64_t tag, uint64_t need) {
    TlbLevel *level = &tlb->level[0];
    uint64_t first = (tag >> 16 & level->set_mask) * level->ways;
    uint64_t *data = &level->data[first];
    if (__builtin_expect(level->tags[first] != tag || level->replacement != TLB_LRU, 0)) {
        data = tlb_level_find(level, tag);
        if (data == NULL) {
            return PFN_NONE;
        }
    }
    return (*data & need) == need ? (Pfn)(*data >> TLB_FRAME_SHIFT) : PFN_NONE;
}

#endif
