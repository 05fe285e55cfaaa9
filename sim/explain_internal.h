/* explain_internal.h - what the files of the narration share: explain.c tells what programs do,
 * explain_life.c what becomes of them, explain_fault.c what happens to their pages, explain_walk.c draws how an address was translated,
 * explain_oom.c tells how there are none left. */
#ifndef FAULTLINE_EXPLAIN_INTERNAL_H
#define FAULTLINE_EXPLAIN_INTERNAL_H

#include "explain.h"

struct Explainer {
    Machine *machine;
    Stream *out;
    uint64_t max_lines, lines;
    unsigned width; /* beyond which a line goes on in the next one */
    const ExplainChoice *choice;
    uint64_t faults;     /* so far: the number of the latest */
    bool muted;          /* what happens now is not told */
    bool several;        /* more than one process or thread: lines say whose they are */
    GHashTable *stories; /* frame -> FrameStory; only ever looked up */
};

/* The process of an event, or NULL for the machine. */
static inline const Process *explainer_process(const Explainer *e, const Event *event) {
    return event->pid == 0 ? NULL : e->machine->processes[event->pid - 1];
}

/* A line in printf's words; `event` NULL: one that belongs to the line before it. */
void explainer_tell(Explainer *e, const Event *event, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* A line of a drawing, which must not be broken: in the same column whoever's it is. */
void explainer_draw(Explainer *e, const char *line);

/* ---- explain_fault.c ---- */

/* No frame has a story yet. */
GHashTable *explain_stories_new(void);
/* A fault that is over; the page that had to go; a page that left its working set. */
void explain_fault(Explainer *e, const Event *event);
void explain_evict(Explainer *e, const Event *event);
void explain_trim(Explainer *e, const Event *event);
/* A page was written, to swap or to its file. */
void explain_written(Explainer *e, const Event *event);
/* A page arrives from the device: told with its fault. */
void explain_read(Explainer *e, const Event *event);

/* ---- explain_life.c ---- */

/* One of the kinds that are about a process or a thread as a whole. */
void explain_life(Explainer *e, const Event *event);

/* ---- explain_walk.c ---- */

/* The address of a fault split into its indices, and the entry that they lead to, drawn. */
void explain_walk(Explainer *e, const Event *event);

/* ---- explain_oom.c ---- */

/* The killer's choice, with the table that it chose from. */
void explain_oom(Explainer *e, const Event *event);
/* How many lines that takes. */
unsigned explain_oom_lines(const Explainer *e, const Event *event);

#endif
