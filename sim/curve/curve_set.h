/* curve_set.h - all curves that one command asks for, over one reference string.
 *
 *   workload --record--> reference string --+--> lru, opt         exact at every size, one pass
 *      |                                    +--> lru, sampled     an estimate with its error
 *      |                                    +--> ws, vmin         exact at every window
 *      |                                    +--> W(t, tau)        exact at every time
 *      +--run at each size------------------+--> any other policy
 *
 * What a fault means here, alike for all: a page that was not in memory had to be brought in.  So
 * that a run with c frames is a textbook's memory of c pages,
 *   - untouched memory gets a frame also when it is only read (no shared zero page);
 *   - swap is as large as it can need to be, so nobody is killed for the lack of it;
 *   - soft faults, of pages still in memory, and invalid ones do not count.
 * Memory given back and asked for again counts in runs as new pages, while in the reference string
 * its page is the same one: there a run may show more faults than a curve of one pass.
 */
#ifndef FAULTLINE_CURVE_SET_H
#define FAULTLINE_CURVE_SET_H

#include "curve/stack_curve.h"
#include "curve/window_curve.h"
#include "curve/working_set_series.h"
#include "sweep.h"

typedef enum CurveMethod { CURVE_EXACT, CURVE_SAMPLED, CURVE_RUN } CurveMethod;

extern const char *const curve_method_names[]; /* "one pass" ... */

/* Faults by memory size. */
typedef struct SizeCurve {
    char *name;
    CurveMethod method;
    StackCurve *exact; /* NULL unless CURVE_EXACT */
    GArray *faults;    /* uint64_t, one for each of the set's sizes */
    GArray *errors;    /* NULL unless CURVE_SAMPLED */
} SizeCurve;

typedef struct CurveSet {
    char *title;
    uint64_t references, page_size;
    uint32_t pages;
    uint32_t sample_rate, sample_pages; /* 0: nothing is sampled */
    bool opt_left_out;                  /* it would have taken long and was not asked for */
    GArray *sizes;                      /* uint64_t, in frames, ascending */
    GPtrArray *curves;                  /* SizeCurve */
    WindowCurve *window;                /* NULL: not asked for */
    GPtrArray *series;                  /* WorkingSetSeries, by window; empty: not asked for */
} CurveSet;

/* NULL and `error`.  Of one process among several, only what takes no runs: in a memory of its own
 * it would not be the same machine. */
CurveSet *curve_set_new(const Options *options, const Origin *origin, const SweepWatcher *watcher,
                        GError **error);
/* For a drawing beside a run: lru, and opt unless that would take long, of the workload's one process;
 * no sizes of its own.  NULL and `error`. */
CurveSet *curve_set_sketch(const Workload *workload, GError **error);
void curve_set_free(CurveSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CurveSet, curve_set_free)

static inline const SizeCurve *size_curve_at(const CurveSet *set, unsigned index) {
    return (const SizeCurve *)g_ptr_array_index(set->curves, index);
}
static inline const WorkingSetSeries *working_set_at(const CurveSet *set, unsigned index) {
    return (const WorkingSetSeries *)g_ptr_array_index(set->series, index);
}
static inline uint64_t size_curve_faults(const SizeCurve *curve, unsigned row) {
    return g_array_index(curve->faults, uint64_t, row);
}
static inline uint64_t size_curve_error(const SizeCurve *curve, unsigned row) {
    return curve->errors == NULL ? 0 : g_array_index(curve->errors, uint64_t, row);
}

/* The windows to show, of 1, 2, 4 ... references up to the first that saves no fault more. */
GArray *curve_set_windows(const CurveSet *set);

#endif
