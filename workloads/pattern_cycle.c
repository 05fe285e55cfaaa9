/* pattern_cycle.c - a linked list through all elements, in no order that hardware could guess.
 *
 * Idea: Sattolo's shuffle.  Fisher-Yates lets an element stay where it is (j <= i) and yields any
 * permutation; with j < i it yields only permutations that are one single cycle, so following
 * the links from anywhere visits every element once before it returns.
 *
 * Invariant: after count steps from any element one is back there, and not before.
 * Source: S. Sattolo, "An algorithm to generate a random cyclic permutation", Information
 * Processing Letters 22, 1986.  Used by pattern.c.
 */
#include "pattern_parts.h"

uint32_t *cycle_create(uint64_t count, Rng *rng) {
    g_assert(count >= 1 && count <= PATTERN_TABLE_MAX);
    uint32_t *links = g_try_new(uint32_t, count);
    if (links == NULL) {
        return NULL;
    }
    for (uint64_t i = 0; i < count; i++) {
        links[i] = (uint32_t)i;
    }
    for (uint64_t i = count - 1; i >= 1; i--) {
        uint64_t j = rng_below(rng, i);
        uint32_t held = links[i];
        links[i] = links[j];
        links[j] = held;
    }
    return links;
}
