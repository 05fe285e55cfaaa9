/* timeline.h - a run as a trace for Perfetto's UI (https://ui.perfetto.dev).
 *
 *   process app            a group of tracks
 *     main                 |== write all of m ==============|== free(m) ==|
 *                             |= fault =| |==== fault ====|
 *     rss, working set     counters
 *   free frames, swap      counters of the machine
 *
 * Idea: a sink of the machine's events.  An operation is a slice from when it is taken to when the
 * next one is; a page fault is a slice inside it, from its begin to its end, waiting included; what
 * takes no time is an instant.  Counters are those of the recorder.
 *
 * After TIMELINE_EVENTS_MAX events only counters go on, so that a trace of any run opens.
 */
#ifndef FAULTLINE_TIMELINE_H
#define FAULTLINE_TIMELINE_H

#include "machine.h"
#include "recorder.h"

#define TIMELINE_EVENTS_MAX 500000

typedef struct Timeline Timeline;

/* Before the run; the machine outlives the timeline. */
Timeline *timeline_attach(Machine *machine);
/* After the run: the trace, which belongs to the timeline; its bytes are no text. */
const GString *timeline_finish(Timeline *timeline, const Recorder *recorder);
void timeline_free(Timeline *timeline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Timeline, timeline_free)

#endif
