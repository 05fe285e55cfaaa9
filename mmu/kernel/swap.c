/* swap.c - see swap.h. */
#include "kernel/swap.h"

#include "faultline/lazy.h"

bool swap_init(Swap *swap, uint32_t total, Contents *contents) {
    *swap = (Swap){.total = total, .contents = contents};
    swap->slots = lazy_alloc(total, sizeof(uint32_t));
    if (swap->slots != NULL && index_set_init(&swap->free, total, true)) {
        return true;
    }
    swap_clear(swap);
    return false;
}

void swap_clear(Swap *swap) {
    index_set_clear(&swap->free);
    lazy_free(swap->slots, swap->total, sizeof(uint32_t));
    *swap = (Swap){0};
}

uint32_t swap_take(Swap *swap) { return index_set_take(&swap->free); }

void swap_give(Swap *swap, uint32_t slot) {
    contents_drop(swap->contents, &swap->slots[slot]);
    index_set_add(&swap->free, slot);
}

void swap_write(Swap *swap, uint32_t slot, uint32_t from) {
    contents_copy(swap->contents, &swap->slots[slot], from);
}

void swap_read(const Swap *swap, uint32_t slot, uint32_t *to) {
    contents_copy(swap->contents, to, swap->slots[slot]);
}
