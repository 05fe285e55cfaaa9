/* rng.h - splitmix64 streams: the same numbers on every machine.
 *
 * Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators",
 * OOPSLA 2014; the constants are those of Java's SplittableRandom.
 * One stream a subsystem, so that adding a draw in one place moves no other.
 */
#ifndef FAULTLINE_RNG_H
#define FAULTLINE_RNG_H

#include <stdint.h>

typedef struct Rng {
    uint64_t state;
} Rng;

static inline uint64_t rng_next(Rng *rng) {
    uint64_t z = (rng->state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* A number in 0..bound-1 for 1 <= bound <= 2^32: the high half of a 32 x 32 bit product,
 * so one draw and no division. */
static inline uint64_t rng_below(Rng *rng, uint64_t bound) {
    return ((rng_next(rng) >> 32) * bound) >> 32;
}

/* A number in 0..bound-1 for any bound >= 1: rng_below() up to 2^32, a remainder beyond. */
static inline uint64_t rng_below_wide(Rng *rng, uint64_t bound) {
    return bound <= UINT64_C(1) << 32 ? rng_below(rng, bound) : rng_next(rng) % bound;
}

/* An independent stream for subsystem number `stream` of a run seeded with `seed`.
 * Stream 0 is the seed itself. */
static inline Rng rng_stream(uint64_t seed, uint64_t stream) {
    Rng mixer = {stream};
    return (Rng){stream == 0 ? seed : seed ^ rng_next(&mixer)};
}

/* The streams of a run, one a subsystem. */
enum { RNG_POLICY = 0, RNG_ALLOCATOR = 1, RNG_PROCESS = 256 /* + pid */ };

#endif
