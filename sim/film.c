/* film.c - see film.h. */
#include "film.h"

#define REFERENCES_A_WORK 256

static void free_snapshot(void *snapshot) { snapshot_free(snapshot); }

Film *film_new(void) {
    Film *film = g_new0(Film, 1);
    film->snapshots = g_ptr_array_new_with_free_func(free_snapshot);
    return film;
}

void film_free(Film *film) {
    if (film != NULL) {
        g_ptr_array_unref(film->snapshots);
        g_free(film);
    }
}

const Snapshot *film_at(const Film *film, unsigned index) {
    return g_ptr_array_index(film->snapshots, index);
}

static const Snapshot *film_last(const Film *film) {
    return film_at(film, film->snapshots->len - 1);
}

/* ---- which pictures stay ------------------------------------------------------------------ */

/* Of those that may go, the one whose neighbours are nearest to each other; never an end. */
static unsigned find_dispensable(const Film *film) {
    unsigned found = film->snapshots->len - 2;
    uint64_t least = UINT64_MAX;
    bool marks_stay = film->marks <= FILM_MAX / 2;
    for (unsigned i = 1; i + 1 < film->snapshots->len; i++) {
        uint64_t gap = film_at(film, i + 1)->work - film_at(film, i - 1)->work;
        if (gap < least && !(marks_stay && film_at(film, i)->marked)) {
            least = gap;
            found = i;
        }
    }
    return found;
}

void film_add(Film *film, Snapshot *snapshot) {
    g_ptr_array_add(film->snapshots, snapshot);
    film->marks += snapshot->marked;
    if (film->snapshots->len > FILM_MAX) {
        unsigned goes = find_dispensable(film);
        film->marks -= film_at(film, goes)->marked;
        g_ptr_array_remove_index(film->snapshots, goes);
    }
}

static uint64_t work_of(const Machine *machine) {
    Counters c = machine_counters(machine);
    return c.pgfault + c.evictions + c.mallocs + c.frees + c.brk_calls + c.mmap_calls +
           c.munmap_calls + c.mprotect_calls + c.madvise_calls + c.mremap_calls +
           c.zeroed_in_background + (c.loads + c.stores) / REFERENCES_A_WORK;
}

void film_look(Film *film, bool marked) {
    uint64_t work = work_of(film->machine);
    if (film->snapshots->len > 0 && !marked) {
        uint64_t before = film_last(film)->work;
        uint64_t spacing = (work - film_at(film, 0)->work) / FILM_MAX;
        if (work - before < MAX(spacing, 1)) {
            return;
        }
    }
    Snapshot *snapshot = snapshot_take(film->machine, film->frames_used);
    snapshot->work = work;
    snapshot->marked = marked;
    film_add(film, snapshot);
}

/* ---- while the machine runs ----------------------------------------------------------------- */

static void on_event(void *host, const Event *event) {
    Film *film = host;
    if (event->kind == EVENT_phase) {
        film_look(film, true);
    } else if (event->frame < film->machine->config.frames) {
        film->frames_used = MAX(film->frames_used, event->frame + 1);
    }
}

void film_attach(Film *film, Machine *machine) {
    film->machine = machine;
    EventSink sink = {.mask = EVENT_BIT(EVENT_fault) | EVENT_BIT(EVENT_swap_in) |
                              EVENT_BIT(EVENT_file_in) | EVENT_BIT(EVENT_phase),
                      .emit = on_event,
                      .host = film};
    machine_subscribe(machine, &sink);
}

const char *film_check(const Film *film) {
    if (film->snapshots->len > FILM_MAX) {
        return "film: more pictures than there is room for";
    }
    for (unsigned i = 1; i < film->snapshots->len; i++) {
        if (film_at(film, i)->time < film_at(film, i - 1)->time ||
            film_at(film, i)->work < film_at(film, i - 1)->work) {
            return "film: a picture stands before an earlier one";
        }
    }
    return NULL;
}
