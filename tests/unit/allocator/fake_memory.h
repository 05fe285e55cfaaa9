/* fake_memory.h - a process for allocators under test: two flat arrays instead of an MMU.
 *
 * Idea: the break and the mappings lie in host memory, so tests read headers and payloads with
 * plain pointers.  Like a kernel, it zeroes what it hands out for the first time, works in whole
 * pages, and can be told to refuse every n-th request.  An access outside of mapped memory is
 * the test's failure, unless `trap` is set: then it is noted and reads 0.
 *
 * Invariant: a page of the mapping area is mapped if and only if mapped[page] != FAKE_NONE.
 */
#ifndef FAKE_MEMORY_H
#define FAKE_MEMORY_H

#include <glib.h>
#include <string.h>

#include "faultline/allocator.h"
#include "faultline/lazy.h"
#include "faultline/rng.h"

#define FAKE_PAGE     UINT64_C(4096)
#define FAKE_BRK_BASE UINT64_C(0x10000000)
#define FAKE_MAP_BASE UINT64_C(0x7f0000000000)
#define FAKE_AREA     (UINT64_C(512) << 20)

/* States of a page of the mapping area; a reserved page has an address, but no rights and no bytes. */
enum { FAKE_NONE, FAKE_WRITABLE, FAKE_RESERVED };

typedef struct FakeMemory {
    uint8_t *brk_area, *map_area;
    uint8_t *mapped; /* one byte a page of the mapping area */
    VAddr brk;
    uint64_t fail_every; /* refuse every n-th growing call; 0: never */
    uint64_t grow_calls, refused;
    uint64_t sbrk_calls, mmap_calls, munmap_calls, loads, stores;
    uint64_t pages_mapped;
    uint32_t thread;
    Tick now;
    bool trap, trapped;
    bool keep;     /* munmap is refused */
    uint8_t fresh; /* what new mappings are full of */
    Rng rng;
} FakeMemory;

static inline void fake_init(FakeMemory *fake) {
    *fake = (FakeMemory){.brk = FAKE_BRK_BASE};
    fake->brk_area = lazy_alloc(FAKE_AREA, 1);
    fake->map_area = lazy_alloc(FAKE_AREA, 1);
    fake->mapped = lazy_alloc(FAKE_AREA / FAKE_PAGE, 1);
    g_assert_true(fake->brk_area != NULL && fake->map_area != NULL && fake->mapped != NULL);
}

static inline void fake_clear(FakeMemory *fake) {
    lazy_free(fake->brk_area, FAKE_AREA, 1);
    lazy_free(fake->map_area, FAKE_AREA, 1);
    lazy_free(fake->mapped, FAKE_AREA / FAKE_PAGE, 1);
}

static inline uint64_t fake_page_up(uint64_t value) {
    return (value + FAKE_PAGE - 1) & ~(FAKE_PAGE - 1);
}

/* Where `length` bytes at `va` lie on the host, NULL if they are not all mapped.  The page that
 * the break lies in is mapped to its end, as in a real process. */
static inline uint8_t *fake_find(const FakeMemory *fake, VAddr va, uint64_t length) {
    if (va >= FAKE_BRK_BASE && va - FAKE_BRK_BASE < FAKE_AREA) {
        uint64_t held = fake_page_up(fake->brk) - FAKE_BRK_BASE;
        uint64_t offset = va - FAKE_BRK_BASE;
        return offset <= held && length <= held - offset ? fake->brk_area + offset : NULL;
    }
    if (va < FAKE_MAP_BASE || va - FAKE_MAP_BASE >= FAKE_AREA ||
        length > FAKE_AREA - (va - FAKE_MAP_BASE)) {
        return NULL;
    }
    uint64_t offset = va - FAKE_MAP_BASE;
    for (uint64_t page = offset / FAKE_PAGE; page * FAKE_PAGE < offset + length; page++) {
        if (fake->mapped[page] != FAKE_WRITABLE) {
            return NULL;
        }
    }
    return fake->map_area + offset;
}

static inline uint8_t *fake_bytes(FakeMemory *fake, VAddr va, uint64_t length) {
    uint8_t *bytes = fake_find(fake, va, length);
    if (bytes == NULL && fake->trap) {
        fake->trapped = true;
    } else if (bytes == NULL) {
        g_error("access to %" G_GUINT64_FORMAT " unmapped bytes at %#" G_GINT64_MODIFIER "x",
                length, va);
    }
    return bytes;
}

static inline bool fake_refuses(FakeMemory *fake) {
    fake->grow_calls++;
    bool refuse = fake->fail_every != 0 && fake->grow_calls % fake->fail_every == 0;
    fake->refused += refuse;
    return refuse;
}

static inline VAddr fake_sbrk(void *host, int64_t increment) {
    FakeMemory *fake = host;
    fake->sbrk_calls++;
    VAddr old = fake->brk;
    if (increment > 0 && fake_refuses(fake)) {
        return VADDR_FAIL;
    }
    uint64_t held = old - FAKE_BRK_BASE;
    if ((increment > 0 && (uint64_t)increment > FAKE_AREA - held) ||
        (increment < 0 && -(uint64_t)increment > held)) {
        return VADDR_FAIL;
    }
    fake->brk += (uint64_t)increment;
    uint64_t from = fake_page_up(fake->brk), to = fake_page_up(old);
    if (from < to) { /* pages given back come zeroed the next time */
        memset(fake->brk_area + (from - FAKE_BRK_BASE), 0, to - from);
    }
    return old;
}

static inline VAddr fake_map(FakeMemory *fake, uint64_t length, uint8_t state) {
    fake->mmap_calls++;
    uint64_t pages = fake_page_up(length) / FAKE_PAGE, run = 0;
    if (length == 0 || fake_refuses(fake)) {
        return VADDR_FAIL;
    }
    for (uint64_t page = 0; page < FAKE_AREA / FAKE_PAGE; page++) {
        run = fake->mapped[page] ? 0 : run + 1;
        if (run == pages) {
            uint64_t first = page + 1 - pages;
            memset(fake->mapped + first, state, pages);
            fake->pages_mapped += pages;
            if (state == FAKE_WRITABLE) {
                memset(fake->map_area + first * FAKE_PAGE, fake->fresh, pages * FAKE_PAGE);
            }
            return FAKE_MAP_BASE + first * FAKE_PAGE;
        }
    }
    return VADDR_FAIL;
}

static inline VAddr fake_mmap(void *host, uint64_t length) {
    return fake_map(host, length, FAKE_WRITABLE);
}

static inline VAddr fake_reserve(void *host, VAddr hint, uint64_t length) {
    (void)hint;
    return fake_map(host, length, FAKE_RESERVED);
}

/* The states of the pages of a range, all of which must be mapped; NULL: not so, and trapped. */
static inline uint8_t *fake_pages(FakeMemory *fake, VAddr va, uint64_t length) {
    uint64_t offset = va - FAKE_MAP_BASE, pages = fake_page_up(length) / FAKE_PAGE;
    bool sane = va % FAKE_PAGE == 0 && va >= FAKE_MAP_BASE && length <= FAKE_AREA &&
                offset <= FAKE_AREA - length;
    uint8_t *first = fake->mapped + (sane ? offset / FAKE_PAGE : 0);
    sane = sane && memchr(first, FAKE_NONE, pages) == NULL;
    g_assert_true(sane || fake->trap);
    fake->trapped = fake->trapped || !sane;
    return sane ? first : NULL;
}

static inline bool fake_munmap(void *host, VAddr va, uint64_t length) {
    FakeMemory *fake = host;
    fake->munmap_calls++;
    uint8_t *states = fake->keep ? NULL : fake_pages(fake, va, length);
    if (states == NULL) {
        return false;
    }
    memset(states, FAKE_NONE, fake_page_up(length) / FAKE_PAGE);
    fake->pages_mapped -= fake_page_up(length) / FAKE_PAGE;
    return true;
}

static inline bool fake_protect(void *host, VAddr va, uint64_t length, bool writable) {
    FakeMemory *fake = host;
    uint8_t *states = fake_pages(fake, va, length);
    if (states == NULL || (writable && fake_refuses(fake))) {
        return false;
    }
    for (uint64_t page = 0; page < fake_page_up(length) / FAKE_PAGE; page++) {
        if (writable && states[page] == FAKE_RESERVED) {
            memset(fake->map_area + (va - FAKE_MAP_BASE) + page * FAKE_PAGE, fake->fresh,
                   FAKE_PAGE);
        }
        states[page] = writable ? FAKE_WRITABLE : FAKE_RESERVED;
    }
    return true;
}

static inline bool fake_discard(void *host, VAddr va, uint64_t length, bool lazily) {
    uint8_t *bytes = fake_bytes(host, va, length);
    if (bytes != NULL && !lazily) {
        memset(bytes, 0, length);
    }
    return bytes != NULL;
}

static inline VAddr fake_remap(void *host, VAddr va, uint64_t length, uint64_t new_length) {
    VAddr moved = fake_map(host, new_length, FAKE_WRITABLE);
    if (moved != VADDR_FAIL) {
        memcpy(fake_bytes(host, moved, new_length), fake_bytes(host, va, length),
               length < new_length ? length : new_length);
        fake_munmap(host, va, length);
    }
    return moved;
}

/* The 8 bytes at `va`, uncounted: what tests look at headers with. */
static inline uint64_t fake_word(FakeMemory *fake, VAddr va) {
    uint64_t value = 0;
    uint8_t *bytes = fake_bytes(fake, va, 8);
    if (bytes != NULL) {
        memcpy(&value, bytes, 8);
    }
    return value;
}

static inline void fake_put(FakeMemory *fake, VAddr va, uint64_t value) {
    uint8_t *bytes = fake_bytes(fake, va, 8);
    if (bytes != NULL) {
        memcpy(bytes, &value, 8);
    }
}

static inline uint64_t fake_load(void *host, VAddr va, unsigned size) {
    FakeMemory *fake = host;
    fake->loads++;
    uint64_t value = 0;
    uint8_t *bytes = fake_bytes(fake, va, size);
    if (bytes != NULL) {
        memcpy(&value, bytes, size);
    }
    return value;
}

static inline void fake_store(void *host, VAddr va, unsigned size, uint64_t value) {
    FakeMemory *fake = host;
    fake->stores++;
    uint8_t *bytes = fake_bytes(fake, va, size);
    if (bytes != NULL) {
        memcpy(bytes, &value, size);
    }
}

static inline void fake_copy(void *host, VAddr to, VAddr from, uint64_t length) {
    FakeMemory *fake = host;
    const uint8_t *source = fake_bytes(fake, from, length);
    uint8_t *target = fake_bytes(fake, to, length);
    if (source != NULL && target != NULL) {
        memmove(target, source, length);
    }
}

static inline void fake_set(void *host, VAddr va, uint8_t byte, uint64_t length) {
    uint8_t *bytes = fake_bytes(host, va, length);
    if (bytes != NULL) {
        memset(bytes, byte, length);
    }
}

static inline uint64_t fake_random(void *host, uint64_t bound) {
    FakeMemory *fake = host;
    return rng_below(&fake->rng, bound);
}

static inline uint32_t fake_thread(void *host) { return ((FakeMemory *)host)->thread; }
static inline Tick fake_now(void *host) { return ((FakeMemory *)host)->now; }

/* As load, but uncounted and without complaint. */
static inline uint64_t fake_peek(void *host, VAddr va, unsigned size) {
    uint64_t value = 0;
    const uint8_t *bytes = fake_find(host, va, size);
    if (bytes != NULL) {
        memcpy(&value, bytes, size);
    }
    return value;
}

static inline AllocatorEnv fake_env(FakeMemory *fake) {
    return (AllocatorEnv){.host = fake,
                          .page_size = FAKE_PAGE,
                          .zeroed = fake->fresh == 0,
                          .sbrk = fake_sbrk,
                          .mmap = fake_mmap,
                          .munmap = fake_munmap,
                          .reserve = fake_reserve,
                          .protect = fake_protect,
                          .discard = fake_discard,
                          .remap = fake_remap,
                          .load = fake_load,
                          .store = fake_store,
                          .peek = fake_peek,
                          .copy = fake_copy,
                          .set = fake_set,
                          .random = fake_random,
                          .thread = fake_thread,
                          .now = fake_now};
}

/* The twin's memory holds what the other's does. */
static inline void fake_fork(FakeMemory *twin, const FakeMemory *fake) {
    FakeMemory own = *twin;
    *twin = *fake;
    twin->brk_area = own.brk_area;
    twin->map_area = own.map_area;
    twin->mapped = own.mapped;
    memcpy(twin->brk_area, fake->brk_area, fake->brk - FAKE_BRK_BASE);
    for (uint64_t page = 0; page < FAKE_AREA / FAKE_PAGE; page++) {
        if (fake->mapped[page] != FAKE_NONE) {
            twin->mapped[page] = fake->mapped[page];
            memcpy(&twin->map_area[page * FAKE_PAGE], &fake->map_area[page * FAKE_PAGE], FAKE_PAGE);
        }
    }
}

static inline AllocatorEnv fake_peek_env(FakeMemory *fake) {
    return (AllocatorEnv){.host = fake, .page_size = FAKE_PAGE, .load = fake_peek};
}

#endif
