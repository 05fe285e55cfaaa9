/* window_curve.h - the working set and VMIN for every window, from one histogram.
 *
 * Idea: both keep a page by how long ago or how soon it is used, never by what else there is.  So
 * the times between uses say it all.  Let x be the distance from one use of a page to its next (its
 * interreference interval), n the number of references, and t = 0..n-1 the time of a last use:
 *
 *     F(tau)    = pages + #{x > tau}                          faults, of both
 *     WS(tau)   = 1/n [ sum min(tau, x) + sum over last uses min(tau, n - t) ]    mean size
 *     VMIN(tau) = 1/n [ sum of x <= tau  +  #{x > tau}  +  #last uses ]           mean size
 *
 * The working set at a time is the set of pages used in the last tau references.  VMIN looks ahead:
 * it keeps a page that will be used again within tau, and drops any other at once, so for the same
 * faults no policy needs less.
 *
 * Invariant (window_curve_check): intervals + last uses = n; WS(1) = 1; VMIN <= WS.
 * Sources: Denning and Slutz, "Generalized working sets", CACM 1978; Prieve and Fabry, "VMIN",
 * CACM 1976.
 * Units: windows in references; sums in pages x references, so that they are exact.
 */
#ifndef FAULTLINE_WINDOW_CURVE_H
#define FAULTLINE_WINDOW_CURVE_H

#include "reference_string.h"

/* How many of a length, and of all lengths up to this one. */
typedef struct LengthCount {
    uint64_t length, count;
    uint64_t count_upto, sum_upto;
} LengthCount;

typedef struct WindowCurve {
    uint64_t references;
    uint32_t pages;
    GArray *intervals; /* LengthCount of x, ascending */
    GArray *tails;     /* LengthCount of n - t of last uses, ascending */
} WindowCurve;

/* One pass over the string. */
WindowCurve *window_curve_new(const ReferenceString *string);
void window_curve_free(WindowCurve *curve);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WindowCurve, window_curve_free)

/* F(tau), for a window of `tau` references. */
uint64_t window_curve_faults(const WindowCurve *curve, uint64_t tau);
/* n times the mean number of pages held. */
uint64_t window_curve_ws(const WindowCurve *curve, uint64_t tau);
uint64_t window_curve_vmin(const WindowCurve *curve, uint64_t tau);
/* #{from < x <= to} */
uint64_t window_curve_intervals(const WindowCurve *curve, uint64_t from, uint64_t to);
/* The longest interval: larger windows save no fault.  0: no page is used twice. */
uint64_t window_curve_longest(const WindowCurve *curve);

/* NULL, or what is wrong, in words. */
const char *window_curve_check(const WindowCurve *curve);

#endif
