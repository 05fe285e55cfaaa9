/* logging_kernel.h - a process on Linux, as far as malloc can tell: it writes down each system call,
 * gives the addresses that Linux gives, and counts minor faults.
 *
 * Idea: mappings are a sorted array of areas; a page exists once it is touched.  The first touch is
 * a minor fault; if it was a read, the page of zeros is shared, and the first write is another.
 * New mappings lie as high as possible below the others; whole multiples of 2 MiB are aligned to
 * that, as Linux has done since 6.7.
 *
 * Invariant: areas ascend and are disjoint;  a page exists  =>  its area exists.
 */
#ifndef LOGGING_KERNEL_H
#define LOGGING_KERNEL_H

#include <glib.h>
#include <string.h>

#include "faultline/allocator.h"

#define KERNEL_PAGE UINT64_C(4096)
#define KERNEL_HEAP UINT64_C(0x555555cdb000) /* the initial break */
#define KERNEL_TOP  UINT64_C(0x7ffff7dce000) /* where mappings begin, downwards */
#define KERNEL_HUGE (UINT64_C(2) << 20)

typedef struct Area {
    VAddr start, end;
    bool writable;
} Area;

typedef struct Page {
    bool written;
    uint8_t bytes[KERNEL_PAGE];
} Page;

typedef struct LoggingKernel {
    GArray *areas;
    GHashTable *pages; /* by number */
    VAddr brk;
    uint64_t minflt;
    GString *log; /* " call(arguments)=result" of each since it was last cleared */
    uint32_t thread;
} LoggingKernel;

static inline void kernel_init(LoggingKernel *kernel) {
    *kernel = (LoggingKernel){.brk = KERNEL_HEAP, .log = g_string_new(NULL)};
    kernel->areas = g_array_new(FALSE, FALSE, sizeof(Area));
    kernel->pages = g_hash_table_new_full(NULL, NULL, NULL, g_free);
}

static inline void kernel_clear(LoggingKernel *kernel) {
    g_array_free(kernel->areas, TRUE);
    g_hash_table_destroy(kernel->pages);
    g_string_free(kernel->log, TRUE);
}

static inline void G_GNUC_PRINTF(2, 3) kernel_log(LoggingKernel *kernel, const char *format, ...) {
    g_string_append_c(kernel->log, ' ');
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(kernel->log, format, args);
    va_end(args);
}

static inline bool kernel_in_heap(const LoggingKernel *kernel, VAddr va) {
    return va >= KERNEL_HEAP && va <= kernel->brk;
}

/* "heap+0x21000", or "0x7ffff7ccd000": a new string. */
static inline char *kernel_address(VAddr va, bool in_heap) {
    return g_strdup_printf("%s%#" G_GINT64_MODIFIER "x", in_heap ? "heap+" : "",
                           in_heap ? va - KERNEL_HEAP : va);
}

/* ---- areas ---- */

static inline Area *kernel_area(const LoggingKernel *kernel, guint i) {
    return &g_array_index(kernel->areas, Area, i);
}

/* The first area that ends behind va. */
static inline guint kernel_find(const LoggingKernel *kernel, VAddr va) {
    guint i = 0;
    while (i < kernel->areas->len && kernel_area(kernel, i)->end <= va) {
        i++;
    }
    return i;
}

static inline bool kernel_is_free(const LoggingKernel *kernel, VAddr start, VAddr end) {
    guint i = kernel_find(kernel, start);
    return i == kernel->areas->len || kernel_area(kernel, i)->start >= end;
}

static inline void kernel_drop_pages(LoggingKernel *kernel, VAddr start, VAddr end) {
    for (VAddr va = start; va < end; va += KERNEL_PAGE) {
        g_hash_table_remove(kernel->pages, GSIZE_TO_POINTER(va / KERNEL_PAGE));
    }
}

/* No area has a byte of [start, end) any more. */
static inline void kernel_cut(LoggingKernel *kernel, VAddr start, VAddr end) {
    for (guint i = kernel_find(kernel, start); i < kernel->areas->len;) {
        Area area = *kernel_area(kernel, i);
        if (area.start >= end) {
            return;
        }
        g_array_remove_index(kernel->areas, i);
        if (area.start < start) {
            g_array_insert_val(kernel->areas, i++, ((Area){area.start, start, area.writable}));
        }
        if (area.end > end) {
            g_array_insert_val(kernel->areas, i++, ((Area){end, area.end, area.writable}));
        }
    }
}

static inline void kernel_put(LoggingKernel *kernel, VAddr start, VAddr end, bool writable) {
    kernel_cut(kernel, start, end);
    Area area = {start, end, writable};
    g_array_insert_val(kernel->areas, kernel_find(kernel, start), area);
}

/* The highest place for `length` bytes. */
static inline VAddr kernel_place(const LoggingKernel *kernel, VAddr hint, uint64_t length) {
    if (hint != 0 && kernel_is_free(kernel, hint, hint + length)) {
        return hint;
    }
    VAddr end = KERNEL_TOP;
    for (guint i = kernel->areas->len;; i--) {
        VAddr va = end - length;
        va = length % KERNEL_HUGE == 0 ? va & ~(KERNEL_HUGE - 1) : va;
        if (i == 0 || kernel_area(kernel, i - 1)->end <= va) {
            return va;
        }
        end = kernel_area(kernel, i - 1)->start;
    }
}

static inline uint64_t kernel_whole(uint64_t length) {
    return (length + KERNEL_PAGE - 1) & ~(KERNEL_PAGE - 1);
}

/* `flag`: the words of mmap behind MAP_PRIVATE|MAP_ANONYMOUS. */
static inline VAddr kernel_map(LoggingKernel *kernel, const char *flag, VAddr hint, uint64_t length,
                               bool writable) {
    length = kernel_whole(length);
    VAddr va = kernel_place(kernel, hint, length);
    kernel_put(kernel, va, va + length, writable);
    g_autofree char *where = hint == 0 ? g_strdup("NULL") : kernel_address(hint, false);
    kernel_log(kernel,
               "mmap(%s,%" G_GUINT64_FORMAT
               ",%s,MAP_PRIVATE|MAP_ANONYMOUS%s,-1,0)=%#" G_GINT64_MODIFIER "x",
               where, length, writable ? "PROT_READ|PROT_WRITE" : "PROT_NONE", flag, va);
    return va;
}

/* ---- system calls ---- */

static inline VAddr kernel_sbrk(void *host, int64_t increment) {
    LoggingKernel *kernel = host;
    VAddr old = kernel->brk;
    if (increment == 0) {
        return old;
    }
    VAddr wanted = old + (uint64_t)increment;
    /* Linux wants a free page behind the heap, too. */
    VAddr end = kernel_whole(wanted), old_end = kernel_whole(old);
    bool refused = end > old_end && !kernel_is_free(kernel, old_end, end + KERNEL_PAGE);
    g_autofree char *asked = kernel_address(wanted, true);
    g_autofree char *given = kernel_address(refused ? old : wanted, true);
    kernel_log(kernel, "brk(%s)=%s", asked, given);
    if (refused) {
        return VADDR_FAIL;
    }
    kernel_cut(kernel, KERNEL_HEAP, old_end);
    if (end > KERNEL_HEAP) {
        kernel_put(kernel, KERNEL_HEAP, end, true);
    }
    kernel_drop_pages(kernel, end, old_end);
    kernel->brk = wanted;
    return old;
}

static inline VAddr kernel_mmap(void *host, uint64_t length) {
    return kernel_map(host, "", 0, length, true);
}

static inline VAddr kernel_reserve(void *host, VAddr hint, uint64_t length) {
    return kernel_map(host, "|MAP_NORESERVE", hint, length, false);
}

static inline bool kernel_munmap(void *host, VAddr va, uint64_t length) {
    LoggingKernel *kernel = host;
    kernel_log(kernel, "munmap(%#" G_GINT64_MODIFIER "x,%" G_GUINT64_FORMAT ")=0", va, length);
    kernel_cut(kernel, va, va + length);
    kernel_drop_pages(kernel, va, va + length);
    return true;
}

static inline bool kernel_protect(void *host, VAddr va, uint64_t length, bool writable) {
    LoggingKernel *kernel = host;
    kernel_log(kernel,
               "mprotect(%#" G_GINT64_MODIFIER "x,%" G_GUINT64_FORMAT ",PROT_READ|PROT_WRITE)=0",
               va, length);
    g_assert_false(kernel_is_free(kernel, va, va + length));
    kernel_put(kernel, va, va + length, writable);
    return true;
}

static inline bool kernel_discard(void *host, VAddr va, uint64_t length, bool lazily) {
    LoggingKernel *kernel = host;
    g_assert_false(lazily);
    g_autofree char *where = kernel_address(va, kernel_in_heap(kernel, va));
    kernel_log(kernel, "madvise(%s,%" G_GUINT64_FORMAT ",MADV_DONTNEED)=0", where, length);
    kernel_drop_pages(kernel, va, va + length);
    return true;
}

static inline void kernel_move_pages(LoggingKernel *kernel, VAddr to, VAddr from, uint64_t length) {
    for (uint64_t offset = 0; offset < length; offset += KERNEL_PAGE) {
        gpointer key = GSIZE_TO_POINTER((from + offset) / KERNEL_PAGE), old_key, page;
        if (g_hash_table_steal_extended(kernel->pages, key, &old_key, &page)) {
            g_hash_table_insert(kernel->pages, GSIZE_TO_POINTER((to + offset) / KERNEL_PAGE), page);
        }
    }
}

static inline VAddr kernel_remap(void *host, VAddr va, uint64_t length, uint64_t new_length) {
    LoggingKernel *kernel = host;
    VAddr to = va;
    if (new_length > length && !kernel_is_free(kernel, va + length, va + new_length)) {
        to = kernel_place(kernel, 0, new_length);
    } else if (new_length > length && va + new_length > KERNEL_TOP) {
        to = kernel_place(kernel, 0, new_length);
    }
    kernel_log(kernel,
               "mremap(%#" G_GINT64_MODIFIER "x,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT
               ",MREMAP_MAYMOVE)=%#" G_GINT64_MODIFIER "x",
               va, length, new_length, to);
    kernel_drop_pages(kernel, va + MIN(length, new_length), va + length);
    kernel_cut(kernel, va, va + length);
    kernel_put(kernel, to, to + new_length, true);
    if (to != va) {
        kernel_move_pages(kernel, to, va, MIN(length, new_length));
    }
    return to;
}

/* ---- accesses ---- */

static inline Page *kernel_touch(LoggingKernel *kernel, VAddr va, bool write) {
    gpointer key = GSIZE_TO_POINTER(va / KERNEL_PAGE);
    Page *page = g_hash_table_lookup(kernel->pages, key);
    if (page == NULL) {
        guint i = kernel_find(kernel, va);
        if (i == kernel->areas->len || kernel_area(kernel, i)->start > va ||
            !kernel_area(kernel, i)->writable) {
            g_error("segmentation fault at %#" G_GINT64_MODIFIER "x", va);
        }
        page = g_new0(Page, 1);
        g_hash_table_insert(kernel->pages, key, page);
        kernel->minflt++;
    } else if (write && !page->written) {
        kernel->minflt++;
    }
    page->written = page->written || write;
    return page;
}

static inline uint64_t kernel_load(void *host, VAddr va, unsigned size) {
    uint64_t value = 0;
    memcpy(&value, kernel_touch(host, va, false)->bytes + va % KERNEL_PAGE, size);
    return value;
}

static inline void kernel_store(void *host, VAddr va, unsigned size, uint64_t value) {
    memcpy(kernel_touch(host, va, true)->bytes + va % KERNEL_PAGE, &value, size);
}

static inline void kernel_set(void *host, VAddr va, uint8_t byte, uint64_t length) {
    for (uint64_t done = 0, reach; done < length; done += reach) {
        VAddr at = va + done;
        reach = MIN(length - done, KERNEL_PAGE - at % KERNEL_PAGE);
        memset(kernel_touch(host, at, true)->bytes + at % KERNEL_PAGE, byte, reach);
    }
}

/* Ranges that overlap do not occur here. */
static inline void kernel_copy(void *host, VAddr to, VAddr from, uint64_t length) {
    for (uint64_t done = 0, reach; done < length; done += reach) {
        VAddr a = from + done, b = to + done;
        reach = MIN(KERNEL_PAGE - a % KERNEL_PAGE, KERNEL_PAGE - b % KERNEL_PAGE);
        reach = MIN(length - done, reach);
        const Page *source = kernel_touch(host, a, false);
        memcpy(kernel_touch(host, b, true)->bytes + b % KERNEL_PAGE,
               source->bytes + a % KERNEL_PAGE, reach);
    }
}

static inline uint64_t kernel_random(void *host, uint64_t bound) {
    (void)host;
    (void)bound;
    return 0;
}

static inline uint32_t kernel_thread(void *host) { return ((LoggingKernel *)host)->thread; }

static inline Tick kernel_now(void *host) {
    (void)host;
    return 0;
}

/* As load, but no touch. */
static inline uint64_t kernel_peek(void *host, VAddr va, unsigned size) {
    const LoggingKernel *kernel = host;
    const Page *page = g_hash_table_lookup(kernel->pages, GSIZE_TO_POINTER(va / KERNEL_PAGE));
    uint64_t value = 0;
    if (page != NULL) {
        memcpy(&value, page->bytes + va % KERNEL_PAGE, size);
    }
    return value;
}

static inline AllocatorEnv kernel_env(LoggingKernel *kernel) {
    return (AllocatorEnv){.host = kernel,
                          .page_size = KERNEL_PAGE,
                          .zeroed = true,
                          .sbrk = kernel_sbrk,
                          .mmap = kernel_mmap,
                          .munmap = kernel_munmap,
                          .reserve = kernel_reserve,
                          .protect = kernel_protect,
                          .discard = kernel_discard,
                          .remap = kernel_remap,
                          .load = kernel_load,
                          .store = kernel_store,
                          .copy = kernel_copy,
                          .set = kernel_set,
                          .random = kernel_random,
                          .thread = kernel_thread,
                          .now = kernel_now};
}

static inline AllocatorEnv kernel_peek_env(LoggingKernel *kernel) {
    return (AllocatorEnv){.host = kernel, .page_size = KERNEL_PAGE, .load = kernel_peek};
}

#endif
