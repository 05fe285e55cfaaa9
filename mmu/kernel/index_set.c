/* index_set.c - see index_set.h. */
#include "kernel/index_set.h"

#include <assert.h>

#include "faultline/lazy.h"

static uint64_t word_get(const IndexSet *set, unsigned level, uint64_t word) {
    return set->words[level][word] ^ set->flip;
}

bool index_set_init(IndexSet *set, uint32_t size, bool full) {
    *set = (IndexSet){.flip = full ? UINT64_MAX : 0, .size = size, .count = full ? size : 0};
    uint64_t bits = size;
    do {
        bits = (bits + 63) / 64;
        uint64_t words = bits == 0 ? 1 : bits;
        set->words[set->levels] = lazy_alloc(words, sizeof(uint64_t));
        if (set->words[set->levels] == NULL) {
            index_set_clear(set);
            return false;
        }
        set->word_count[set->levels++] = words;
    } while (bits > 1);
    return true;
}

void index_set_clear(IndexSet *set) {
    for (unsigned level = 0; level < set->levels; level++) {
        lazy_free(set->words[level], set->word_count[level], sizeof(uint64_t));
    }
    *set = (IndexSet){0};
}

/* Bits beyond the end of a full set's last words look like members; they lie above every real
 * one, so the lowest is never among them, and they are left out here. */
uint64_t index_set_word(const IndexSet *set, uint64_t word) {
    if (word >= set->word_count[0]) {
        return 0;
    }
    uint64_t beyond = word == set->size / 64 ? UINT64_MAX << set->size % 64 : 0;
    return word_get(set, 0, word) & ~beyond;
}

bool index_set_has(const IndexSet *set, uint32_t index) {
    return index < set->size && (word_get(set, 0, index / 64) >> index % 64 & 1) != 0;
}

void index_set_add(IndexSet *set, uint32_t index) {
    assert(index < set->size && !index_set_has(set, index));
    uint64_t at = index;
    for (unsigned level = 0; level < set->levels; level++, at /= 64) {
        bool was_empty = word_get(set, level, at / 64) == 0;
        set->words[level][at / 64] ^= UINT64_C(1) << at % 64;
        if (!was_empty) {
            break;
        }
    }
    set->count++;
}

void index_set_remove(IndexSet *set, uint32_t index) {
    assert(index_set_has(set, index));
    uint64_t at = index;
    for (unsigned level = 0; level < set->levels; level++, at /= 64) {
        set->words[level][at / 64] ^= UINT64_C(1) << at % 64;
        if (word_get(set, level, at / 64) != 0) {
            break;
        }
    }
    set->count--;
}

uint32_t index_set_lowest(const IndexSet *set) {
    if (set->count == 0) {
        return INDEX_NONE;
    }
    uint64_t at = 0;
    for (unsigned level = set->levels; level-- > 0;) {
        at = at * 64 + (uint64_t)__builtin_ctzll(word_get(set, level, at));
    }
    return (uint32_t)at;
}

uint32_t index_set_take(IndexSet *set) {
    uint32_t index = index_set_lowest(set);
    if (index != INDEX_NONE) {
        index_set_remove(set, index);
    }
    return index;
}

const char *index_set_check(const IndexSet *set) {
    uint64_t members = 0;
    for (uint64_t word = 0; word < set->word_count[0]; word++) {
        members += (uint64_t)__builtin_popcountll(index_set_word(set, word));
    }
    if (members != set->count) {
        return "an index set's count is not its number of members";
    }
    for (unsigned level = 0; level + 1 < set->levels; level++) {
        for (uint64_t word = 0; word < set->word_count[level]; word++) {
            bool any = word_get(set, level, word) != 0;
            if (any != ((word_get(set, level + 1, word / 64) >> word % 64 & 1) != 0)) {
                return "an index set's summary bit disagrees with its word";
            }
        }
    }
    return NULL;
}
