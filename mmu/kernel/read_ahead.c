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

static void read_window(Memory *m, AddressSpace *space, uint32_t file) {
    File *object = &m->files.files[file];
    uint64_t end = object->ahead_first + object->ahead_pages;
    end = end < object->length ? end : object->length;
    for (uint64_t page = object->ahead_first; page < end; page++) {
        Pfn pfn;
        if (file_cached(&m->files, file, page) != PTE_NONE) {
            continue;
        }
        if (!read_ahead_start(m, space, page_key(object->asid, page), PAGE_FILE, &pfn)) {
            return;
        }
        file_cache_set(&m->files, file, page, pte_make(pfn, PTE_PRESENT));
        file_read(&m->files, file, page, &frame_at(m, pfn)->contents);
        frame_at(m, pfn)->ahead_mark = page + object->ahead_async == end;
        space->counters->filein++;
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
    read_window(m, space, file);
    return window_join(m, done);
}

/* The first page from `page` on that is not in the cache; `end` at most. */
static uint64_t next_missing(const Memory *m, uint32_t file, uint64_t page, uint64_t end) {
    while (page < end && file_cached(&m->files, file, page) != PTE_NONE) {
        page++;
    }
    return page;
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
        uint64_t missing = next_missing(m, file, page + 1, page + 1 + most);
        if (missing > page + most) {
            return false;
        }
        object->ahead_first = missing;
        object->ahead_pages = next_size(missing - page + most, most);
    }
    object->ahead_async = object->ahead_pages;
    return true;
}

void read_ahead_hit(Memory *m, AddressSpace *space, uint32_t file, Pfn pfn, uint64_t page) {
    frame_at(m, pfn)->ahead_mark = false;
    if (window_move(m, file, page)) {
        Tick before = m->device.busy_until;
        read_window(m, space, file);
        window_join(m, before);
    }
}

void memory_file_warm(Memory *m, AddressSpace *reader, uint32_t file) {
    File *object = &m->files.files[file];
    object->ahead_first = 0;
    object->ahead_pages = object->length;
    object->ahead_async = 0;
    read_window(m, reader, file);
    if (m->device.busy_until > m->clock->now) {
        m->env.wait(m->env.host, m->device.busy_until);
    }
    transit_settle(m);
}
