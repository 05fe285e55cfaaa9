/* vma.c - see vma.h. */
#include "kernel/vma.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void vma_list_clear(VmaList *vmas) {
    free(vmas->list);
    *vmas = (VmaList){.guard_pages = vmas->guard_pages};
}

uint32_t vma_lower_bound(const VmaList *vmas, Vpn vpn) {
    uint32_t low = 0, high = vmas->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (vmas->list[middle].end > vpn) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static bool vma_contains(const Vma *vma, Vpn vpn) { return vma->first <= vpn && vpn < vma->end; }

Vma *vma_find(VmaList *vmas, Vpn vpn) {
    if (vmas->last < vmas->count && vma_contains(&vmas->list[vmas->last], vpn)) {
        return &vmas->list[vmas->last];
    }
    uint32_t at = vma_lower_bound(vmas, vpn);
    if (at == vmas->count || !vma_contains(&vmas->list[at], vpn)) {
        return NULL;
    }
    vmas->last = at;
    return &vmas->list[at];
}

bool vma_reserve(VmaList *vmas, uint32_t more) {
    if (vmas->count + more <= vmas->capacity) {
        return true;
    }
    uint32_t capacity = vmas->capacity == 0 ? 8 : vmas->capacity * 2;
    Vma *list = realloc(vmas->list, capacity * sizeof(Vma));
    if (list == NULL) {
        return false;
    }
    vmas->list = list;
    vmas->capacity = capacity;
    return true;
}

static void list_put(VmaList *vmas, uint32_t at, Vma vma) {
    memmove(&vmas->list[at + 1], &vmas->list[at], (vmas->count - at) * sizeof(Vma));
    vmas->list[at] = vma;
    vmas->count++;
}

static void list_cut(VmaList *vmas, uint32_t from, uint32_t to) {
    memmove(&vmas->list[from], &vmas->list[to], (vmas->count - to) * sizeof(Vma));
    vmas->count -= to - from;
}

static bool offsets_continue(const Vma *low, const Vma *high) {
    return low->end == high->first && low->file_page + (low->end - low->first) == high->file_page;
}

/* May the anonymous pages of both be one group? */
static bool anon_can_merge(const Vma *a, const Vma *b) {
    if (a->anon_vma != 0 && b->anon_vma != 0) {
        return a->anon_vma == b->anon_vma;
    }
    return !a->inherited && !b->inherited;
}

/* Do `low` and `high` touch, and are they alike in everything? */
static bool vma_can_merge(const Vma *low, const Vma *high) {
    return low->kind == high->kind && low->prot == high->prot && low->flags == high->flags &&
           (low->kind == VMA_ANONYMOUS || low->file == high->file) && offsets_continue(low, high) &&
           anon_can_merge(low, high);
}

/* Merge the mappings at-1 and at, if they are alike.  True: they were. */
static bool list_merge(VmaList *vmas, uint32_t at) {
    if (at == 0 || at >= vmas->count || !vma_can_merge(&vmas->list[at - 1], &vmas->list[at])) {
        return false;
    }
    Vma *low = &vmas->list[at - 1];
    const Vma *high = &vmas->list[at];
    low->end = high->end;
    if (low->anon_vma == 0) {
        low->anon_vma = high->anon_vma;
        low->inherited = high->inherited;
    }
    list_cut(vmas, at, at + 1);
    return true;
}

/* Merge the mapping at `at` with its neighbours: first the lower, then the upper. */
static void list_merge_around(VmaList *vmas, uint32_t at) {
    if (!list_merge(vmas, at)) {
        at++;
    }
    list_merge(vmas, at);
}

bool vma_add(VmaList *vmas, Vma vma) {
    assert(vma.first < vma.end);
    if (!vma_reserve(vmas, 1)) {
        return false;
    }
    uint32_t at = vma_lower_bound(vmas, vma.first);
    assert(at == vmas->count || vmas->list[at].first >= vma.end);
    list_put(vmas, at, vma);
    return true;
}

bool vma_insert(VmaList *vmas, Vma vma) {
    if (!vma_add(vmas, vma)) {
        return false;
    }
    list_merge_around(vmas, vma_lower_bound(vmas, vma.first));
    return true;
}

/* Cut the mapping that contains `vpn` in two there, if it does not begin there. */
static void list_split(VmaList *vmas, Vpn vpn) {
    uint32_t at = vma_lower_bound(vmas, vpn);
    if (at == vmas->count || vmas->list[at].first >= vpn) {
        return;
    }
    Vma upper = vmas->list[at];
    upper.file_page += vpn - upper.first;
    upper.first = vpn;
    vmas->list[at].end = vpn;
    list_put(vmas, at + 1, upper);
}

bool vma_remove(VmaList *vmas, Vpn first, Vpn end) {
    if (!vma_reserve(vmas, 2)) {
        return false;
    }
    list_split(vmas, first);
    list_split(vmas, end);
    list_cut(vmas, vma_lower_bound(vmas, first), vma_lower_bound(vmas, end));
    return true;
}

bool vma_change(VmaList *vmas, Vpn first, Vpn end, unsigned prot, unsigned flags) {
    if (!vma_reserve(vmas, 2)) {
        return false;
    }
    list_split(vmas, first);
    list_split(vmas, end);
    uint32_t at = vma_lower_bound(vmas, first);
    assert(vmas->list[at].first == first && vmas->list[at].end == end);
    vmas->list[at].prot = prot;
    vmas->list[at].flags = flags;
    list_merge_around(vmas, at);
    return true;
}

/* Could the pages of `low` and `high` be one group?  Rights may differ: pages outlive those. */
static bool anon_compatible(const Vma *low, const Vma *high) {
    return low->kind == high->kind && low->flags == high->flags &&
           (low->kind == VMA_ANONYMOUS || low->file == high->file) && offsets_continue(low, high);
}

void vma_prepare_anon(VmaList *vmas, Vma *vma) {
    if (vma->anon_vma != 0) {
        return;
    }
    uint32_t at = (uint32_t)(vma - vmas->list);
    const Vma *above = at + 1 < vmas->count ? vma + 1 : NULL, *below = at > 0 ? vma - 1 : NULL;
    if (above != NULL && anon_compatible(vma, above) && !above->inherited) {
        vma->anon_vma = above->anon_vma;
    }
    if (vma->anon_vma == 0 && below != NULL && anon_compatible(below, vma) && !below->inherited) {
        vma->anon_vma = below->anon_vma;
    }
    if (vma->anon_vma == 0) {
        vma->anon_vma = ++vmas->anon_vmas;
    }
}

Vpn vma_room_end(const VmaList *vmas, const Vma *vma) {
    uint64_t guard = (vma->flags & VMA_GROWS_DOWN) ? vmas->guard_pages : 0;
    return vma->first > guard ? vma->first - guard : 0;
}

/* Where a gap that ends at mapping `at` (or at `ceiling`) really ends. */
static Vpn gap_end(const VmaList *vmas, uint32_t at, Vpn ceiling) {
    Vpn end = at == vmas->count ? ceiling : vma_room_end(vmas, &vmas->list[at]);
    return end < ceiling ? end : ceiling;
}

Vpn vma_find_gap(const VmaList *vmas, uint64_t pages, Vpn floor, Vpn ceiling) {
    for (uint32_t at = vma_lower_bound(vmas, ceiling) + 1; at-- > 0;) {
        Vpn end = gap_end(vmas, at, ceiling);
        Vpn first = at == 0 ? floor : vmas->list[at - 1].end;
        first = first > floor ? first : floor;
        if (end >= first && end - first >= pages) {
            return end - pages;
        }
        if (first == floor) {
            break;
        }
    }
    return UINT64_MAX;
}

Vpn vma_find_gap_up(const VmaList *vmas, uint64_t pages, Vpn floor, Vpn ceiling) {
    Vpn first = floor;
    for (uint32_t at = vma_lower_bound(vmas, floor);; at++) {
        Vpn end = gap_end(vmas, at, ceiling);
        if (end >= first && end - first >= pages) {
            return first;
        }
        if (at == vmas->count || vmas->list[at].end >= ceiling) {
            return UINT64_MAX;
        }
        first = vmas->list[at].end > first ? vmas->list[at].end : first;
    }
}

const char *vma_list_check(const VmaList *vmas) {
    for (uint32_t at = 0; at < vmas->count; at++) {
        const Vma *vma = &vmas->list[at];
        if (vma->first >= vma->end) {
            return "a mapping is empty";
        }
        if (at > 0 && vma[-1].end > vma->first) {
            return "mappings overlap or are not in order";
        }
        if (vma->anon_vma > vmas->anon_vmas || (vma->inherited && vma->anon_vma == 0)) {
            return "a mapping's group of anonymous pages does not exist";
        }
    }
    return NULL;
}
