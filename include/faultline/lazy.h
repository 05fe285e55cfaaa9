/* lazy.h - arrays as large as the simulated machine, paid for only where touched.
 *
 * Idea: "cost follows what is touched".  A 1 TiB machine has 2^28 frames; its arrays are
 * reserved as address space and the host hands out zeroed memory page by page.  Reading an
 * element that was never written gives 0, so 0 must be every structure's "nothing yet".
 * Small arrays come from the C library: a mapping of their own would cost two system calls and a
 * page, and there the sanitizers see whoever reads beyond their end.
 */
#ifndef FAULTLINE_LAZY_H
#define FAULTLINE_LAZY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Larger arrays are mapped. */
#define LAZY_SMALL_BYTES (UINT64_C(64) << 10)

/* Reserve `count` elements of `size` bytes, all zero.  NULL if the host has no such address
 * space (or count * size overflows); never NULL for a count of 0. */
static inline void *lazy_alloc(uint64_t count, uint64_t size) {
    uint64_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) {
        return NULL;
    }
    if (bytes <= LAZY_SMALL_BYTES) {
        return calloc(1, bytes == 0 ? 1 : (size_t)bytes);
    }
    void *base = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return base == MAP_FAILED ? NULL : base;
}

/* Give back what lazy_alloc(count, size) reserved.  NULL is let pass. */
static inline void lazy_free(void *base, uint64_t count, uint64_t size) {
    if (count * size <= LAZY_SMALL_BYTES) {
        free(base);
    } else if (base != NULL) {
        munmap(base, (size_t)(count * size));
    }
}

#endif
