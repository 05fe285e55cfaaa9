/* track_event.c - see track_event.h. */
#include "output/track_event.h"

#include "output/protobuf.h"

/* The field numbers of Perfetto's messages. */
enum { TRACE_PACKET = 1 };
enum {
    PACKET_TIMESTAMP = 8,
    PACKET_SEQUENCE = 10,
    PACKET_TRACK_EVENT = 11,
    PACKET_SEQUENCE_FLAGS = 13,
    PACKET_TRACK_DESCRIPTOR = 60,
};
enum {
    DESCRIPTOR_UUID = 1,
    DESCRIPTOR_NAME = 2,
    DESCRIPTOR_PROCESS = 3,
    DESCRIPTOR_PARENT = 5,
    DESCRIPTOR_COUNTER = 8,
};
enum { PROCESS_PID = 1, PROCESS_NAME = 6, COUNTER_UNIT = 3 };
enum {
    EVENT_NOTES = 4,
    EVENT_TYPE = 9,
    EVENT_TRACK = 11,
    EVENT_NAME = 23,
    EVENT_COUNTER_VALUE = 30,
};
enum { NOTE_NUMBER = 3, NOTE_TEXT = 6, NOTE_NAME = 10 };
enum { TYPE_BEGIN = 1, TYPE_END = 2, TYPE_INSTANT = 3, TYPE_COUNTER = 4 };

#define SEQUENCE 1
/* Of the first packet: nothing said before it counts. */
#define STATE_CLEARED 1

static void append_packet(GString *trace, GString *packet) {
    protobuf_number(packet, PACKET_SEQUENCE, SEQUENCE);
    if (trace->len == 0) {
        protobuf_number(packet, PACKET_SEQUENCE_FLAGS, STATE_CLEARED);
    }
    protobuf_message(trace, TRACE_PACKET, packet);
}

/* ---- tracks -------------------------------------------------------------------------------------- */

/* A descriptor with `inner` as its field `kind`; NULL: with none. */
static void describe(GString *trace, TrackId track, TrackId parent, const char *name, uint32_t kind,
                     const GString *inner) {
    g_autoptr(GString) descriptor = g_string_new(NULL);
    g_autoptr(GString) packet = g_string_new(NULL);
    protobuf_number(descriptor, DESCRIPTOR_UUID, track);
    protobuf_string(descriptor, DESCRIPTOR_NAME, name);
    if (parent != 0) {
        protobuf_number(descriptor, DESCRIPTOR_PARENT, parent);
    }
    if (inner != NULL) {
        protobuf_message(descriptor, kind, inner);
    }
    protobuf_message(packet, PACKET_TRACK_DESCRIPTOR, descriptor);
    append_packet(trace, packet);
}

void track_process(GString *trace, TrackId track, uint32_t pid, const char *name) {
    g_autoptr(GString) process = g_string_new(NULL);
    protobuf_number(process, PROCESS_PID, pid);
    protobuf_string(process, PROCESS_NAME, name);
    describe(trace, track, 0, name, DESCRIPTOR_PROCESS, process);
}

void track_slices(GString *trace, TrackId track, TrackId parent, const char *name) {
    describe(trace, track, parent, name, 0, NULL);
}

void track_counter(GString *trace, TrackId track, TrackId parent, const char *name,
                   CounterUnit unit) {
    g_autoptr(GString) counter = g_string_new(NULL);
    protobuf_number(counter, COUNTER_UNIT, unit);
    describe(trace, track, parent, name, DESCRIPTOR_COUNTER, counter);
}

/* ---- events ---------------------------------------------------------------------------------------- */

static GString *event_new(TrackId track, unsigned type) {
    GString *event = g_string_new(NULL);
    protobuf_number(event, EVENT_TYPE, type);
    protobuf_number(event, EVENT_TRACK, track);
    return event;
}

static void append_event(GString *trace, Tick time, const GString *event) {
    g_autoptr(GString) packet = g_string_new(NULL);
    protobuf_number(packet, PACKET_TIMESTAMP, time);
    protobuf_message(packet, PACKET_TRACK_EVENT, event);
    append_packet(trace, packet);
}

static void append_note(GString *event, const TrackNote *note) {
    g_autoptr(GString) inner = g_string_new(NULL);
    protobuf_string(inner, NOTE_NAME, note->name);
    if (note->text != NULL) {
        protobuf_string(inner, NOTE_TEXT, note->text);
    } else {
        protobuf_number(inner, NOTE_NUMBER, note->number);
    }
    protobuf_message(event, EVENT_NOTES, inner);
}

void track_begin(GString *trace, TrackId track, Tick time, const char *name,
                 const TrackNote *notes) {
    g_autoptr(GString) event = event_new(track, TYPE_BEGIN);
    protobuf_string(event, EVENT_NAME, name);
    for (; notes != NULL && notes->name != NULL; notes++) {
        append_note(event, notes);
    }
    append_event(trace, time, event);
}

void track_end(GString *trace, TrackId track, Tick time) {
    g_autoptr(GString) event = event_new(track, TYPE_END);
    append_event(trace, time, event);
}

void track_instant(GString *trace, TrackId track, Tick time, const char *name) {
    g_autoptr(GString) event = event_new(track, TYPE_INSTANT);
    protobuf_string(event, EVENT_NAME, name);
    append_event(trace, time, event);
}

void track_count(GString *trace, TrackId track, Tick time, uint64_t value) {
    g_autoptr(GString) event = event_new(track, TYPE_COUNTER);
    protobuf_number(event, EVENT_COUNTER_VALUE, value);
    append_event(trace, time, event);
}
