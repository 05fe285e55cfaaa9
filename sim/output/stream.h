/* stream.h - standard output that remembers its first failure.
 *
 * Idea: data is written in many places, but only the end of the program can say what a failed
 * write means.  After a failure nothing more is written.  A reader that went away (EPIPE, as
 * in `faultline list policies | head -1`) is no failure: the rest is dropped in silence.
 */
#ifndef FAULTLINE_STREAM_H
#define FAULTLINE_STREAM_H

#include <glib.h>

typedef struct Stream {
    int fd;
    int failure; /* an errno; 0: all is well */
    GString *buffer;
} Stream;

void stream_init(Stream *stream, int fd);
void stream_clear(Stream *stream);
/* Append text; it is written out when enough has come together. */
void stream_write(Stream *stream, const char *text);
/* What went wrong first, as an errno; 0 if nothing did or if the reader merely left. */
int stream_finish(Stream *stream);

#endif
