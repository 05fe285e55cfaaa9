/* atomic.c - see atomic.h. */
#include "output/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Pending {
    char *temporary, *final; /* paths */
} Pending;

struct ResultFolder {
    char *path;
    gboolean made;   /* by us */
    GArray *pending; /* Pending: written, not yet named */
    gboolean holds;  /* signals wait; `before` was the mask */
    sigset_t before;
};

static void hold_signals(ResultFolder *folder) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    if (!folder->holds) {
        folder->holds = pthread_sigmask(SIG_BLOCK, &ends, &folder->before) == 0;
    }
}

static void let_signals_in(ResultFolder *folder) {
    if (folder->holds) {
        folder->holds = FALSE;
        pthread_sigmask(SIG_SETMASK, &folder->before, NULL);
    }
}

static void pending_clear(void *data) {
    Pending *pending = data;
    g_free(pending->temporary);
    g_free(pending->final);
}

static gboolean fail(GError **error, const char *what, const char *path, int code) {
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code), "cannot %s %s: %s", what,
                path, g_strerror(code));
    return FALSE;
}

ResultFolder *result_folder_open(const char *path, GError **error) {
    gboolean made = g_mkdir(path, 0777) == 0;
    if (!made && errno != EEXIST) {
        fail(error, "make folder", path, errno);
        return NULL;
    }
    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        fail(error, "write results into", path, ENOTDIR);
        return NULL;
    }
    if (g_access(path, W_OK | X_OK) != 0) {
        fail(error, "write results into", path, errno);
        return NULL;
    }
    ResultFolder *folder = g_new0(ResultFolder, 1);
    folder->path = g_strdup(path);
    folder->made = made;
    folder->pending = g_array_new(FALSE, FALSE, sizeof(Pending));
    g_array_set_clear_func(folder->pending, pending_clear);
    return folder;
}

/* The errno of the first failure, 0 if all was written. */
static int write_all(int fd, const char *text, gsize left) {
    while (left > 0) {
        ssize_t wrote = write(fd, text, left);
        if (wrote > 0) {
            text += wrote;
            left -= (size_t)wrote;
        } else if (wrote == 0 || errno != EINTR) {
            return wrote == 0 ? EIO : errno;
        }
    }
    return 0;
}

static gboolean add_bytes(ResultFolder *folder, const char *name, const char *bytes, gsize length,
                          GError **error) {
    g_autofree char *hidden = g_strdup_printf(".%s.%ld.tmp", name, (long)getpid());
    Pending pending = {g_build_filename(folder->path, hidden, NULL),
                       g_build_filename(folder->path, name, NULL)};
    hold_signals(folder);
    int fd = g_open(pending.temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        int code = errno;
        fail(error, "write", pending.final, code);
        pending_clear(&pending);
        return FALSE;
    }
    g_array_append_val(folder->pending, pending);
    int code = write_all(fd, bytes, length);
    if (close(fd) != 0 && code == 0) {
        code = errno;
    }
    return code == 0 || fail(error, "write", pending.final, code);
}

gboolean result_folder_add(ResultFolder *folder, const char *name, const char *text,
                           GError **error) {
    return add_bytes(folder, name, text, strlen(text), error);
}

gboolean result_folder_commit(ResultFolder *folder, GError **error) {
    while (folder->pending->len > 0) {
        const Pending *pending = &g_array_index(folder->pending, Pending, 0);
        if (g_rename(pending->temporary, pending->final) != 0) {
            return fail(error, "write", pending->final, errno);
        }
        folder->made = FALSE;
        g_array_remove_index(folder->pending, 0);
    }
    let_signals_in(folder);
    return TRUE;
}

void result_folder_free(ResultFolder *folder) {
    if (folder == NULL) {
        return;
    }
    for (unsigned i = 0; i < folder->pending->len; i++) {
        g_unlink(g_array_index(folder->pending, Pending, i).temporary);
    }
    if (folder->made) {
        g_rmdir(folder->path);
    }
    let_signals_in(folder);
    g_array_unref(folder->pending);
    g_free(folder->path);
    g_free(folder);
}

gboolean file_write_whole(const char *path, const char *bytes, gsize length, GError **error) {
    g_autofree char *folder_path = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    g_autoptr(ResultFolder) folder = result_folder_open(folder_path, error);
    return folder != NULL && add_bytes(folder, name, bytes, length, error) &&
           result_folder_commit(folder, error);
}
