/* atomic.h - a folder of results that are there whole or not at all.
 *
 * Idea: every file is written under a temporary name in the same folder; only when all of them
 * are complete does each get its real name, by rename(2), which replaces an older file in one
 * step.  Until then the folder's older results stay as they were.  SIGINT and SIGTERM wait from the
 * first file on until nothing is left under a temporary name.
 *
 *   result_folder_open -> result_folder_add* -> result_folder_commit
 *                    \----------------\-> result_folder_free: nothing is left behind
 */
#ifndef FAULTLINE_ATOMIC_H
#define FAULTLINE_ATOMIC_H

#include <glib.h>

typedef struct ResultFolder ResultFolder;

/* Make sure that `path` is a folder that can be written to; made if it is missing (its parent
 * must exist).  NULL and `error` (of G_FILE_ERROR) otherwise. */
ResultFolder *result_folder_open(const char *path, GError **error);
/* Write a file under a temporary name. */
gboolean result_folder_add(ResultFolder *folder, const char *name, const char *text,
                           GError **error);
/* Give all files their names. */
gboolean result_folder_commit(ResultFolder *folder, GError **error);
/* Removes what was not committed, and the folder too if it was made for nothing. */
void result_folder_free(ResultFolder *folder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ResultFolder, result_folder_free)

/* One file, whole or not at all ("-" is not special).  FALSE and `error`. */
gboolean file_write_whole(const char *path, const char *bytes, gsize length, GError **error);

#endif
