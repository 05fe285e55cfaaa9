/* load_control.h - the cure for thrashing: fewer processes at a time.
 *
 *     over-committed  -> the active process that came last is suspended and swapped out whole
 *     under-committed -> the suspended process that waits longest returns, and faults its pages in
 *
 * At the end of each interval one criterion judges, and at most one process leaves or returns:
 *
 *     l=s          L: processor time between page-ins; S: device time that one takes.  Too many
 *                  processes if L < S (the device is the bottleneck), too few if L > 2 S
 *     50%          too many if the device was busy more than 60 % of the interval, too few below 40 %
 *     working-set  too many if the active processes' working sets do not fit into memory together,
 *                  too few if that of the next one to return fits in besides
 *
 * Sources: Denning, Kahn, Leroudier, Potier and Suri, "Optimal Multiprogramming", Acta
 * Informatica 7, 1976 (L=S and the 50 % rule); Denning, CACM 11(5), 1968 (working sets).
 *
 * Who leaves: of the lowest priority, whoever became active last; so the others can end.  Not
 * whoever has returned less than `residence` ago: its page-ins are the price of returning.  Who has
 * nothing in memory is not active: it is in nobody's way, and there would be nothing to win.  The
 * last active process never leaves; when none is active, one returns at once; and so it does after
 * an interval in which nothing happened.
 *
 * Invariant (load_control_check): a process is in the queue if and only if it is suspended; a
 * suspended process is alive.
 */
#ifndef FAULTLINE_LOAD_CONTROL_H
#define FAULTLINE_LOAD_CONTROL_H

#include <glib.h>

#include "process.h"
#include "workload.h"

/* What an interval is judged by: how far these sums were at its beginning. */
typedef struct LoadMark {
    Tick at, busy, device;
} LoadMark;

typedef struct LoadControl {
    Machine *machine;
    const LoadControlSpec *spec;
    GQueue out; /* Process: suspended, the one that waits longest first */
    LoadMark mark;
    uint64_t arrivals; /* processes that have become active so far */
} LoadControl;

void load_control_init(LoadControl *control, Machine *machine);
void load_control_clear(LoadControl *control);
/* Does the workload ask for it? */
bool load_control_is_on(const LoadControl *control);

/* A process has started: it is active. */
void load_control_start(LoadControl *control, Process *process);
/* It is over, suspended or not. */
void load_control_forget(LoadControl *control, Process *process);

/* An interval begins now. */
void load_control_mark(LoadControl *control);
/* The interval is over: judge it, and begin the next.  False: nothing happened that would need
 * another look, so none is needed before somebody runs again. */
bool load_control_judge(LoadControl *control);
/* Nobody is ready.  If no process is active, or those that are wait for one that is not (`stuck`),
 * one returns, and the result is true. */
bool load_control_rescue(LoadControl *control, bool stuck);
/* Whatever it has in memory goes to swap. */
void load_control_swap_out(const LoadControl *control, Process *process);

const char *load_control_check(const LoadControl *control);

#endif
