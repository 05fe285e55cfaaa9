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

/* Do `low` and `high` touch, and are they alike in everything? */
static bool vma_can_merge(const Vma *low, const Vma *high) {
    return low->end == high->first && low->kind == high->kind && low->prot == high->prot &&
           low->flags == high->flags &&
           (low->kind == VMA_ANONYMOUS ||
            (low->file == high->file &&
             low->file_page + (low->end - low->first) == high->file_page));
}

/* Merge the mappings at-1 and at, if they are alike. */
static void list_merge(VmaList *vmas, uint32_t at) {
    if (at > 0 && at < vmas->count && vma_can_merge(&vmas->list[at - 1], &vmas->list[at])) {
        vmas->list[at - 1].end = vmas->list[at].end;
        list_cut(vmas, at, at + 1);
    }
}

bool vma_insert(VmaList *vmas, Vma vma) {
    assert(vma.first < vma.end);
    if (!vma_reserve(vmas, 1)) {
        return false;
    }
    uint32_t at = vma_lower_bound(vmas, vma.first);
    assert(at == vmas->count || vmas->list[at].first >= vma.end);
    list_put(vmas, at, vma);
    list_merge(vmas, at + 1);
    list_merge(vmas, at);
    return true;
}

bool vma_add(VmaList *vmas, Vma vma) {
    if (!vma_reserve(vmas, 1)) {
        return false;
    }
    list_put(vmas, vma_lower_bound(vmas, vma.first), vma);
    return true;
}

void vma_prepare_anon(VmaList *vmas, Vma *vma) {
    (void)vmas;
    vma->anon_vma = 1;
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

bool vma_protect(VmaList *vmas, Vpn first, Vpn end, unsigned prot) {
    if (!vma_reserve(vmas, 2)) {
        return false;
    }
    list_split(vmas, first);
    list_split(vmas, end);
    uint32_t from = vma_lower_bound(vmas, first);
    uint32_t to = vma_lower_bound(vmas, end);
    for (uint32_t at = from; at < to; at++) {
        vmas->list[at].prot = prot;
    }
    for (uint32_t at = to + 1; at-- > from;) {
        list_merge(vmas, at);
    }
    return true;
}

/* Where a gap that ends at mapping `at` (or at `ceiling`) really ends: a mapping that grows
 * down keeps a guard gap below it. */
static Vpn gap_end(const VmaList *vmas, uint32_t at, Vpn ceiling) {
    if (at == vmas->count) {
        return ceiling;
    }
    Vpn end = vmas->list[at].first;
    if (vmas->list[at].flags & VMA_GROWS_DOWN) {
        end = end > vmas->guard_pages ? end - vmas->guard_pages : 0;
    }
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

const char *vma_list_check(const VmaList *vmas) {
    for (uint32_t at = 0; at < vmas->count; at++) {
        const Vma *vma = &vmas->list[at];
        if (vma->first >= vma->end) {
            return "a mapping is empty";
        }
        if (at > 0 && vma[-1].end > vma->first) {
            return "mappings overlap or are not in order";
        }
        if (at > 0 && vma_can_merge(&vma[-1], vma)) {
            return "two mappings that are alike were not merged";
        }
    }
    return NULL;
}
