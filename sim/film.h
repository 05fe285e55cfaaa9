/* film.h - pictures of memory over a whole run: as many as a reader can look at.
 *
 * Idea: pictures are spread evenly over what happened, not over time: a second in which all sleep
 * is worth none, a reference string of twenty faults is worth twenty.  What happened is measured
 * as work: faults, evictions, malloc and free, system calls, pages zeroed, and every 256th
 * reference.  When the film is full, the picture goes whose neighbours are nearest to each other;
 * and a new one is taken only if it is far enough from the last one to have a chance to stay.
 * So a run of work W is looked at O(log W) times.
 *
 *   work:  0  1  2  3  5  9     full   ->   0  .  2  3  5  9   and go on
 *
 * Pictures at the end of a phase or of a process are marked and stay, up to half of the film.
 *
 * Invariant (film_check): at most FILM_MAX pictures; times and work never descend.
 */
#ifndef FAULTLINE_FILM_H
#define FAULTLINE_FILM_H

#include "snapshot.h"

#define FILM_MAX 64

typedef struct Film {
    const Machine *machine; /* that it is attached to */
    GPtrArray *snapshots;   /* Snapshot, by time */
    uint32_t marks;
    uint32_t frames_used; /* every frame that a fault was served with is below this */
} Film;

Film *film_new(void);
void film_free(Film *film);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Film, film_free)

/* Before the run: learn which frames are used, and take a picture at each end of a phase. */
void film_attach(Film *film, Machine *machine);
/* Take a picture if enough has happened since the last one (or if it is `marked`). */
void film_look(Film *film, bool marked);

/* The pictures in the order of their times, from 0. */
const Snapshot *film_at(const Film *film, unsigned index);
/* Insert a picture that was taken; it belongs to the film from now on. */
void film_add(Film *film, Snapshot *snapshot);
/* NULL, or what is wrong, in words. */
const char *film_check(const Film *film);

#endif
