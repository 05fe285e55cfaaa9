/* swap.c - see swap.h. */
#include "kernel/swap.h"

#include <assert.h>

#include "faultline/lazy.h"

static uint32_t cluster_count(const Swap *swap) {
    return (uint32_t)(((uint64_t)swap->total + SWAP_CLUSTER - 1) / SWAP_CLUSTER);
}

bool swap_init(Swap *swap, uint32_t total, bool clustered, Contents *contents) {
    *swap = (Swap){.total = total, .clustered = clustered, .contents = contents};
    swap->slots = lazy_alloc(total, sizeof(uint32_t));
    swap->references = lazy_alloc(total, sizeof(uint32_t));
    swap->cached = lazy_alloc(total, sizeof(uint32_t));
    swap->of_object = lazy_alloc(total, sizeof(bool));
    swap->cluster_used = lazy_alloc(cluster_count(swap), sizeof(uint32_t));
    if (swap->slots != NULL && swap->references != NULL && swap->cached != NULL &&
        swap->of_object != NULL && swap->cluster_used != NULL &&
        index_set_init(&swap->free, total, true) &&
        index_set_init(&swap->empty, cluster_count(swap), true)) {
        return true;
    }
    swap_clear(swap);
    return false;
}

void swap_clear(Swap *swap) {
    index_set_clear(&swap->free);
    index_set_clear(&swap->empty);
    lazy_free(swap->slots, swap->total, sizeof(uint32_t));
    lazy_free(swap->references, swap->total, sizeof(uint32_t));
    lazy_free(swap->cached, swap->total, sizeof(uint32_t));
    lazy_free(swap->of_object, swap->total, sizeof(bool));
    lazy_free(swap->cluster_used, cluster_count(swap), sizeof(uint32_t));
    *swap = (Swap){0};
}

/* ---- slots come and go ---------------------------------------------------------------------- */

/* The next free slot of the cluster that is being given out; if there is none, of an empty one. */
static uint32_t cluster_slot(Swap *swap) {
    while (swap->next < swap->end && !index_set_has(&swap->free, swap->next)) {
        swap->next++;
    }
    if (swap->next == swap->end) {
        uint32_t cluster = index_set_lowest(&swap->empty);
        if (cluster == INDEX_NONE) {
            return index_set_lowest(&swap->free);
        }
        uint64_t end = ((uint64_t)cluster + 1) * SWAP_CLUSTER;
        swap->next = cluster * SWAP_CLUSTER;
        swap->end = end < swap->total ? (uint32_t)end : swap->total;
    }
    return swap->next;
}

uint32_t swap_take(Swap *swap) {
    uint32_t slot = swap->clustered ? cluster_slot(swap) : index_set_lowest(&swap->free);
    if (slot != INDEX_NONE) {
        index_set_remove(&swap->free, slot);
        if (swap->cluster_used[slot / SWAP_CLUSTER]++ == 0) {
            index_set_remove(&swap->empty, slot / SWAP_CLUSTER);
        }
    }
    return slot;
}

static void give_if_unused(Swap *swap, uint32_t slot) {
    if (swap->references[slot] > 0 || swap->cached[slot] != 0) {
        return;
    }
    contents_drop(swap->contents, &swap->slots[slot]);
    swap->of_object[slot] = false;
    index_set_add(&swap->free, slot);
    if (--swap->cluster_used[slot / SWAP_CLUSTER] == 0) {
        index_set_add(&swap->empty, slot / SWAP_CLUSTER);
    }
}

void swap_refer(Swap *swap, uint32_t slot) { swap->references[slot]++; }

void swap_refer_object(Swap *swap, uint32_t slot) {
    swap->references[slot]++;
    swap->of_object[slot] = true;
}

void swap_release(Swap *swap, uint32_t slot) {
    assert(swap->references[slot] > 0);
    swap->references[slot]--;
    give_if_unused(swap, slot);
}

void swap_cache(Swap *swap, uint32_t slot, Pfn pfn) {
    assert(swap->cached[slot] == 0);
    swap->cached[slot] = pfn + 1;
}

void swap_uncache(Swap *swap, uint32_t slot) {
    assert(swap->cached[slot] != 0);
    swap->cached[slot] = 0;
    give_if_unused(swap, slot);
}

void swap_write(Swap *swap, uint32_t slot, uint32_t from) {
    contents_copy(swap->contents, &swap->slots[slot], from);
}

void swap_read(const Swap *swap, uint32_t slot, uint32_t *to) {
    contents_copy(swap->contents, to, swap->slots[slot]);
}

const char *swap_check(const Swap *swap) {
    const char *wrong = index_set_check(&swap->free);
    wrong = wrong != NULL ? wrong : index_set_check(&swap->empty);
    uint64_t used = 0;
    for (uint32_t cluster = 0; cluster < cluster_count(swap) && wrong == NULL; cluster++) {
        used += swap->cluster_used[cluster];
        if (index_set_has(&swap->empty, cluster) != (swap->cluster_used[cluster] == 0)) {
            wrong = "a cluster of swap slots is empty and used, or neither";
        }
    }
    return wrong != NULL || used == swap_used(swap) ? wrong : "used swap slots are miscounted";
}
