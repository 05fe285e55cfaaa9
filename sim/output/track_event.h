/* track_event.h - a trace for Perfetto's UI: tracks, slices on them, instants, counters.
 *
 *   packet { timestamp, sequence, track_event { type, track_uuid, name, annotations } }
 *   packet { sequence, track_descriptor { uuid, name, process | counter, parent_uuid } }
 *
 * Idea: only TrackEvents and their descriptors, all on one sequence, names in full.  Who reads it sorts
 * packets by time and keeps the order of those of the same time; slices on a track nest in that
 * order.
 *
 * Invariant (tests/golden/perfetto.py): slices on each track are properly nested, none is left open,
 * every track is described before its first event.
 * Source: perfetto/trace/{trace_packet,track_event/track_event,track_event/track_descriptor}.proto.
 * Units: ns.
 */
#ifndef FAULTLINE_TRACK_EVENT_H
#define FAULTLINE_TRACK_EVENT_H

#include <glib.h>

#include "faultline/types.h"

/* Tracks are numbered by the caller, from 1. */
typedef uint64_t TrackId;

typedef enum CounterUnit { COUNTER_COUNT = 2, COUNTER_BYTES = 3 } CounterUnit;

/* A note on a slice: a number, or a text if that is not NULL. */
typedef struct TrackNote {
    const char *name;
    const char *text;
    uint64_t number;
} TrackNote;

/* A process, the parent of its threads' and counters' tracks. */
void track_process(GString *trace, TrackId track, uint32_t pid, const char *name);
/* A track for slices; `parent` 0: none. */
void track_slices(GString *trace, TrackId track, TrackId parent, const char *name);
void track_counter(GString *trace, TrackId track, TrackId parent, const char *name,
                   CounterUnit unit);

/* Notes end with one whose name is NULL; NULL: none. */
void track_begin(GString *trace, TrackId track, Tick time, const char *name,
                 const TrackNote *notes);
void track_end(GString *trace, TrackId track, Tick time);
void track_instant(GString *trace, TrackId track, Tick time, const char *name);
void track_count(GString *trace, TrackId track, Tick time, uint64_t value);

#endif
