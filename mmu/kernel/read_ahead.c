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
        space->counters->filein++;
    }
}

Tick read_ahead_miss(Memory *m, AddressSpace *space, uint32_t file, uint64_t page, Tick done) {
    File *object = &m->files.files[file];
    uint64_t window = READ_AHEAD_BYTES >> page_shift(m);
    object->ahead_first = page > window / 2 ? page - window / 2 : 0;
    object->ahead_pages = window;
    uint64_t end = object->ahead_first + window;
    end = end < object->length ? end : object->length;
    object->ahead_mark = end - window / 4 + 1;
    read_window(m, space, file);
    return window_join(m, done);
}

void read_ahead_hit(Memory *m, AddressSpace *space, uint32_t file, uint64_t page) {
    File *object = &m->files.files[file];
    uint64_t most = READ_AHEAD_BYTES >> page_shift(m), last = object->ahead_pages;
    object->ahead_first += last;
    object->ahead_pages = last <= most / 2 ? 2 * last : most;
    object->ahead_mark = object->ahead_first + 1;
    if (object->ahead_first > page) {
        Tick before = m->device.busy_until;
        read_window(m, space, file);
        window_join(m, before);
    }
}

void memory_file_warm(Memory *m, AddressSpace *reader, uint32_t file) {
    File *object = &m->files.files[file];
    object->ahead_first = 0;
    object->ahead_pages = object->length;
    object->ahead_mark = 0;
    read_window(m, reader, file);
    if (m->device.busy_until > m->clock->now) {
        m->env.wait(m->env.host, m->device.busy_until);
    }
    transit_settle(m);
}
