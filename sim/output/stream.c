/* stream.c - see stream.h. */
#include "output/stream.h"

#include <errno.h>
#include <unistd.h>

#define STREAM_BUFFER 65536

void stream_init(Stream *stream, int fd) {
    *stream = (Stream){.fd = fd, .buffer = g_string_new(NULL)};
}

void stream_clear(Stream *stream) { g_string_free(stream->buffer, TRUE); }

static void stream_flush(Stream *stream) {
    size_t done = 0;
    while (stream->failure == 0 && done < stream->buffer->len) {
        ssize_t wrote = write(stream->fd, stream->buffer->str + done, stream->buffer->len - done);
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (wrote == 0 || errno != EINTR) {
            stream->failure = wrote == 0 ? EIO : errno;
        }
    }
    g_string_truncate(stream->buffer, 0);
}

void stream_write(Stream *stream, const char *text) {
    if (stream->failure == 0) {
        g_string_append(stream->buffer, text);
    }
    if (stream->buffer->len >= STREAM_BUFFER) {
        stream_flush(stream);
    }
}

int stream_finish(Stream *stream) {
    stream_flush(stream);
    return stream->failure == EPIPE ? 0 : stream->failure;
}
