/* swap.c - see swap.h. */
#include "kernel/swap.h"

#include <assert.h>

#include "faultline/lazy.h"

bool swap_init(Swap *swap, uint32_t total, Contents *contents) {
    *swap = (Swap){.total = total, .contents = contents};
    swap->slots = lazy_alloc(total, sizeof(uint32_t));
    swap->references = lazy_alloc(total, sizeof(uint32_t));
    swap->cached = lazy_alloc(total, sizeof(uint32_t));
    if (swap->slots != NULL && swap->references != NULL && swap->cached != NULL &&
        index_set_init(&swap->free, total, true)) {
        return true;
    }
    swap_clear(swap);
    return false;
}

void swap_clear(Swap *swap) {
    index_set_clear(&swap->free);
    lazy_free(swap->slots, swap->total, sizeof(uint32_t));
    lazy_free(swap->references, swap->total, sizeof(uint32_t));
    lazy_free(swap->cached, swap->total, sizeof(uint32_t));
    *swap = (Swap){0};
}

uint32_t swap_take(Swap *swap) { return index_set_take(&swap->free); }

static void give_if_unused(Swap *swap, uint32_t slot) {
    if (swap->references[slot] == 0 && swap->cached[slot] == 0) {
        contents_drop(swap->contents, &swap->slots[slot]);
        index_set_add(&swap->free, slot);
    }
}

void swap_refer(Swap *swap, uint32_t slot) { swap->references[slot]++; }

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
