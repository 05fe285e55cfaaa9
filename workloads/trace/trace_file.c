/* trace_file.c - a trace's text, plain or gzip-compressed, as a window of whole lines.
 *
 * Idea: zlib's gzread() tells the two apart by itself.  Blocks of 256 KiB are read behind what is
 * left of the last one (the beginning of a line), and the window is cut after the last newline.
 * A file whose last line has no newline is given one.
 *
 * Invariants: at <= end <= filled <= room of the buffer; no newline between end and filled.
 * Used by trace.c and the readers.
 */
#define _GNU_SOURCE /* memrchr */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "trace_file.h"

#define BLOCK (UINT32_C(256) << 10)

struct TraceText {
    gzFile gz;
    uint64_t file_bytes;                     /* 0: not known */
    uint64_t read_bytes;                     /* of text, uncompressed */
    bool ended;                              /* gzread() has said that there is no more */
    const char *filled;                      /* end of what was read */
    char buffer[TRACE_LINE_MAX + BLOCK + 1]; /* a line's beginning, a block, a last newline */
};

GQuark trace_error_quark(void) { return g_quark_from_static_string("faultline-trace"); }

/* ---- opening ---------------------------------------------------------------------------- */

/* A descriptor to read from, or -1.  Opening must not wait, as it would for a pipe that nobody
 * writes to; reading may. */
static int open_descriptor(const char *path, uint64_t *bytes, GError **error) {
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        g_set_error(error, TRACE_ERROR, TRACE_ERROR_READ, "%s: cannot open it: %s", path,
                    g_strerror(errno));
    } else if (S_ISDIR(status.st_mode)) {
        g_set_error(error, TRACE_ERROR, TRACE_ERROR_READ,
                    "%s: is a directory; name one trace file in it", path);
    } else {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
        *bytes = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

TraceFile *trace_file_open(const char *path, GError **error) {
    uint64_t bytes = 0;
    int fd = open_descriptor(path, &bytes, error);
    if (fd < 0) {
        return NULL;
    }
    TraceText *text = g_new0(TraceText, 1);
    text->gz = gzdopen(fd, "rb");
    g_assert(text->gz != NULL);
    gzbuffer(text->gz, BLOCK);
    text->file_bytes = bytes;
    text->filled = text->buffer;
    TraceFile *file = g_new0(TraceFile, 1);
    *file = (TraceFile){
        .path = g_strdup(path), .at = text->buffer, .end = text->buffer, .line = 1, .text = text};
    return file;
}

void trace_file_close(TraceFile *file) {
    if (file != NULL) {
        gzclose_r(file->text->gz);
        g_free(file->text);
        g_free(file->path);
        g_free(file);
    }
}

/* ---- words about what is wrong ------------------------------------------------------------ */

bool trace_file_fail(const TraceFile *file, GError **error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, TRACE_ERROR, TRACE_ERROR_SYNTAX, "%s:%" PRIu64 ": %s", file->path,
                file->line, what);
    return false;
}

static char *quote_until(const char *at, const char *stops) {
    enum { LONGEST = 32 };
    GString *quote = g_string_new("\"");
    for (int i = 0; strchr(stops, at[i]) == NULL || at[i] == '\0'; i++) {
        if (i == LONGEST) {
            g_string_append(quote, "...");
            break;
        }
        g_string_append_c(quote, g_ascii_isprint(at[i]) ? at[i] : '?');
    }
    g_string_append_c(quote, '"');
    return g_string_free(quote, FALSE);
}

char *trace_quote_word(const char *at) { return quote_until(at, "\n\r\t "); }
char *trace_quote_line(const char *at) { return quote_until(at, "\n\r"); }

static TraceFill fail_read(const TraceFile *file, GError **error) {
    int code = Z_OK;
    const char *what = gzerror(file->text->gz, &code);
    if (code == Z_BUF_ERROR) {
        what = "the file ends in the middle of its compressed data; get a whole copy";
    } else if (code == Z_DATA_ERROR) {
        what = "the compressed data behind this line is damaged; get a good copy";
    }
    g_set_error(error, TRACE_ERROR, TRACE_ERROR_READ, "%s:%" PRIu64 ": %s", file->path, file->line,
                what);
    return TRACE_FILL_ERROR;
}

/* ---- the window ---------------------------------------------------------------------------- */

static bool read_failed(const TraceText *text) {
    int code = Z_OK;
    gzerror(text->gz, &code);
    return code != Z_OK && code != Z_STREAM_END;
}

/* Read one block behind what is left of the last.  Less than a line is left. */
static TraceFill read_block(TraceFile *file, GError **error) {
    TraceText *text = file->text;
    size_t left = (size_t)(text->filled - file->at);
    memmove(text->buffer, file->at, left);
    file->at = file->end = text->buffer;
    text->filled = text->buffer + left;
    int got = gzread(text->gz, text->buffer + left, BLOCK);
    if (got <= 0 && read_failed(text)) {
        return fail_read(file, error);
    }
    text->read_bytes += (uint64_t)got;
    text->filled += got;
    text->ended = got == 0;
    return got == 0 ? TRACE_FILL_END : TRACE_FILL_LINE;
}

/* Everything up to the last newline is the window. */
static void cut_window(TraceFile *file) {
    const char *last = memrchr(file->at, '\n', (size_t)(file->text->filled - file->at));
    file->end = last == NULL ? file->at : last + 1;
}

static TraceFill fill_window(TraceFile *file, GError **error) {
    TraceText *text = file->text;
    while (file->at == file->end) {
        if (text->filled - file->at > TRACE_LINE_MAX) {
            trace_file_fail(file, error, "a line of more than %d bytes; this is no trace in text",
                            TRACE_LINE_MAX);
            return TRACE_FILL_ERROR;
        }
        TraceFill fill = text->ended ? TRACE_FILL_END : read_block(file, error);
        if (fill == TRACE_FILL_ERROR) {
            return fill;
        }
        if (fill == TRACE_FILL_END) {
            if (text->filled == file->at) {
                return TRACE_FILL_END;
            }
            text->buffer[text->filled++ - text->buffer] = '\n';
        }
        cut_window(file);
    }
    return TRACE_FILL_LINE;
}

TraceFill trace_file_fill(TraceFile *file, GError **error) {
    return file->at < file->end ? TRACE_FILL_LINE : fill_window(file, error);
}

const char *trace_file_line_end(const TraceFile *file, GError **error) {
    const char *end = memchr(file->at, '\n', (size_t)(file->end - file->at));
    if (end - file->at > TRACE_LINE_MAX) {
        trace_file_fail(file, error, "a line of more than %d bytes; this is no trace in text",
                        TRACE_LINE_MAX);
        return NULL;
    }
    return end;
}

void trace_file_progress(const TraceFile *file, uint64_t *done, uint64_t *total) {
    z_off_t offset = gzoffset(file->text->gz);
    *done = offset >= 0 ? (uint64_t)offset : file->text->read_bytes;
    *total = file->text->file_bytes;
}
