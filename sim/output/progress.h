/* progress.h - one line on a terminal while a run takes its time, gone when it is over. */
#ifndef FAULTLINE_PROGRESS_H
#define FAULTLINE_PROGRESS_H

#include "machine.h"

typedef struct Progress {
    int fd;
    gboolean shown;
    unsigned permille; /* the most so far: the line never runs backwards */
} Progress;

/* Redraw the line. */
void progress_show(Progress *progress, const Machine *machine);
/* The same for many runs at once: how many are over. */
void progress_show_runs(Progress *progress, unsigned finished, unsigned total);
void progress_clear(Progress *progress);

/* How far all programs are, in thousandths: by operations, and by rounds of the outermost loop
 * that a process is in. */
unsigned progress_permille(const Machine *machine);

#endif
