/* read_ahead.c - see read_ahead.h. */
#include "kernel/read_ahead.h"

#include "kernel/page.h"
#include "kernel/reclaim.h"

bool read_ahead_start(Memory *m, AddressSpace *space, PageKey name, PageKind kind, Pfn *pfn) {
    FrameGrant grant;
    if (!frame_get_now(m, space, name, &grant)) {
        return false;
    }
    *pfn = grant.pfn;
    Frame *frame = frame_at(m, *pfn);
    frame->owner = name;
    frame->kind = (uint8_t)kind;
    frame->of_object = kind != PAGE_ANONYMOUS;
    Tick done = device_submit(&m->device, m->clock->now, ACCESS_READ, m->machine);
    flight_begin(&m->flights, &m->frames,
                 (Flight){.pfn = *pfn, .asid = page_key_asid(name), .until = done});
    return true;
}

/* What the device is asked for from `begun` on is one request: all of it arrives at its end. */
static Tick window_join(Memory *m, Tick begun) {
    FlightTable *flights = &m->flights;
    for (uint32_t i = 0; i < flights->count; i++) {
        Flight *flight = &flights->list[i];
        if (flight->thread == NULL && flight->until > begun) {
            flight->until = m->device.busy_until;
        }
    }
    return m->device.busy_until;
}

/* Of a folio of 2^order pages.  False: no frame for it now. */
static bool read_page(Memory *m, AddressSpace *space, uint32_t file, uint64_t page, unsigned order,
                      bool marked) {
    File *object = &m->files.files[file];
    Pfn pfn;
    if (!read_ahead_start(m, space, page_key(object->asid, page), PAGE_FILE, &pfn)) {
        return false;
    }
    file_cache_set(&m->files, file, page, pte_make(pfn, PTE_PRESENT));
    file_read(&m->files, file, page, &frame_at(m, pfn)->contents);
    frame_at(m, pfn)->ahead_mark = marked;
    frame_at(m, pfn)->cache_order = (uint8_t)order;
    space->counters->filein++;
    return true;
}

/* The first page of the file from `page` on that is in the cache (or is not); `end`: none before. */
static uint64_t next_cached(const Memory *m, uint32_t file, uint64_t page, uint64_t end,
                            bool cached) {
    while (page < end && (file_cached(&m->files, file, page) != PTE_NONE) != cached) {
        page++;
    }
    return page;
}

static uint64_t window_end(const File *object) {
    uint64_t end = object->ahead_first + object->ahead_pages;
    return end < object->length ? end : object->length;
}

/* page_cache_ra_unbounded(): the rest of the window, one page after the other. */
static void read_pages(Memory *m, AddressSpace *space, uint32_t file, uint64_t page) {
    uint64_t end = window_end(&m->files.files[file]), async = m->files.files[file].ahead_async;
    for (; page < end; page++) {
        if (file_cached(&m->files, file, page) == PTE_NONE &&
            !read_page(m, space, file, page, 0, page + async == end)) {
            return;
        }
    }
}

/* As large as the window's folios may be, and the place and the end of the window allow. */
static unsigned folio_order(const File *object, uint64_t page, uint64_t end) {
    unsigned order = object->ahead_order;
    while (page % (UINT64_C(1) << order) != 0 || page + (UINT64_C(1) << order) > end) {
        order--;
    }
    return order;
}

/* page_cache_ra_order(): folio by folio, up to one that the cache has a part of.  `wanted` is being read
 * by the fault itself. */
static void read_folios(Memory *m, AddressSpace *space, uint32_t file, uint64_t wanted) {
    const File *object = &m->files.files[file];
    uint64_t page = object->ahead_first, end = window_end(object);
    uint64_t mark = page + object->ahead_pages - object->ahead_async;
    while (page < end) {
        unsigned order = folio_order(object, page, end);
        uint64_t next = page + (UINT64_C(1) << order);
        if (page != wanted && next_cached(m, file, page, next, true) < next) {
            read_pages(m, space, file, page);
            return;
        }
        bool marked = page <= mark && mark < next;
        for (; page < next; page++) {
            if (page != wanted && !read_page(m, space, file, page, order, marked)) {
                return;
            }
        }
    }
}

static void read_window(Memory *m, AddressSpace *space, uint32_t file, uint64_t wanted) {
    if (m->config.profile->reads_ahead_in_folios) {
        read_folios(m, space, file, wanted);
    } else {
        read_pages(m, space, file, m->files.files[file].ahead_first);
    }
}

static uint64_t window_most(const Memory *m) { return READ_AHEAD_BYTES >> page_shift(m); }

/* get_next_ra_size(): small windows grow fast, none above the largest. */
static uint64_t next_size(uint64_t pages, uint64_t most) {
    return pages < most / 16 ? 4 * pages : pages <= most / 2 ? 2 * pages : most;
}

Tick read_ahead_miss(Memory *m, AddressSpace *space, uint32_t file, uint64_t page, Tick done) {
    File *object = &m->files.files[file];
    uint64_t window = window_most(m);
    object->ahead_first = page > window / 2 ? page - window / 2 : 0;
    object->ahead_pages = window;
    object->ahead_async = window / 4;
    object->ahead_order = 0;
    read_window(m, space, file, page);
    return window_join(m, done);
}

/* The folios of the next window are four times as large, and it ends with one. */
static void grow_folios(const Memory *m, File *object) {
    unsigned most = (unsigned)__builtin_ctzll(window_most(m));
    unsigned order = object->ahead_order + 2 < most ? object->ahead_order + 2 : most;
    uint64_t end = object->ahead_first + object->ahead_pages;
    uint64_t aligned = end >> order << order;
    object->ahead_pages -= aligned > object->ahead_first ? end - aligned : 0;
    while (UINT64_C(1) << order > object->ahead_pages) {
        order--;
    }
    object->ahead_order = order;
}

/* page_cache_next_miss(): which of `most` pages from `page` on is not in the cache.  Linux begins to look
 * at the start of the folio that `page` is in, but counts from `page`: so it answers with a page that is
 * as far behind the missing one, and leaves a gap. */
static uint64_t next_missing(const Memory *m, uint32_t file, uint64_t page, uint64_t most) {
    Pte cached = file_cached(&m->files, file, page);
    unsigned order = pte_present(cached) ? m->frames.frames[pte_number(cached)].cache_order : 0;
    uint64_t within = page & ((UINT64_C(1) << order) - 1), start = page - within;
    return next_cached(m, file, start, start + most, false) + within;
}

/* Is the mark that of the last window, the next one follows it; else it is an old one's, and the next
 * one begins where pages are missing. */
static bool window_move(const Memory *m, uint32_t file, uint64_t page) {
    File *object = &m->files.files[file];
    uint64_t most = window_most(m), last = object->ahead_pages;
    if (page + object->ahead_async == object->ahead_first + last) {
        object->ahead_first += last;
        object->ahead_pages = next_size(last, most);
    } else {
        uint64_t missing = next_missing(m, file, page + 1, most);
        if (missing > page + most) {
            return false;
        }
        object->ahead_first = missing;
        object->ahead_pages = next_size(missing - page + most, most);
    }
    if (m->config.profile->reads_ahead_in_folios) {
        grow_folios(m, object);
    }
    object->ahead_async = object->ahead_pages;
    return true;
}

/* The folio around the page has done its duty. */
static void clear_marks(Memory *m, uint32_t file, uint64_t page, int64_t step) {
    for (;; page += (uint64_t)step) {
        Pte cached = file_cached(&m->files, file, page);
        if (!pte_present(cached) || !frame_at(m, pte_number(cached))->ahead_mark) {
            return;
        }
        frame_at(m, pte_number(cached))->ahead_mark = false;
    }
}

void read_ahead_hit(Memory *m, AddressSpace *space, uint32_t file, uint64_t page) {
    clear_marks(m, file, page + 1, 1);
    clear_marks(m, file, page, -1);
    if (window_move(m, file, page)) {
        Tick before = m->device.busy_until;
        read_window(m, space, file, UINT64_MAX);
        window_join(m, before);
    }
}

void memory_file_warm(Memory *m, AddressSpace *reader, uint32_t file) {
    File *object = &m->files.files[file];
    object->ahead_first = 0;
    object->ahead_pages = object->length;
    object->ahead_async = 0;
    read_pages(m, reader, file, 0);
    if (m->device.busy_until > m->clock->now) {
        m->env.wait(m->env.host, m->device.busy_until);
    }
    transit_settle(m);
}
