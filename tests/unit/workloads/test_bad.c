/* test_bad.c - every bad workload in tests/golden/bad is refused with exactly its message.
 *
 * NAME.json is loaded as "NAME.json" and NAME.txt holds the message and a newline.  A file that
 * loads, or whose message is another, fails.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "vocabulary.h"

static void check_bad_file(gconstpointer data) {
    const char *file = data;
    g_autofree char *expected = NULL;
    g_autofree char *base = g_strndup(file, strlen(file) - strlen(".json"));
    g_autofree char *text_file = g_strconcat(base, ".txt", NULL);
    g_assert_true(g_file_get_contents(text_file, &expected, NULL, NULL));
    g_autoptr(GError) error = NULL;
    g_autoptr(Workload) workload = workload_load(file, NULL, test_vocabulary(), &error);
    g_assert_null(workload);
    g_assert_nonnull(error);
    g_autofree char *message = g_strconcat(error->message, "\n", NULL);
    g_assert_cmpstr(message, ==, expected);
}

static void assert_read_error(const char *path, const char *expected) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Workload) workload = workload_load(path, NULL, test_vocabulary(), &error);
    g_assert_null(workload);
    g_assert_nonnull(error);
    g_assert_cmpstr(error->message, ==, expected);
}

static void test_no_file(void) {
    assert_read_error("no-such-file.json", "no-such-file.json: No such file or directory");
    assert_read_error(".", ".: Is a directory");
    assert_read_error("/dev/null", "/dev/null:1:1: there is nothing in it");
    assert_read_error("/dev/zero",
                      "/dev/zero: larger than 64 MiB; put long programs into a trace file");
}

static void test_unreadable(void) {
    if (g_access("/proc/self/mem", 4) != 0) {
        g_test_skip("no /proc");
        return;
    }
    assert_read_error("/proc/self/mem", "/proc/self/mem: Input/output error");
}

static int by_name(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(g_chdir(SOURCE_DIR "/tests/golden/bad"), ==, 0);
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) folder = g_dir_open(".", 0, NULL);
    const char *file = NULL;
    while ((file = g_dir_read_name(folder)) != NULL) {
        if (g_str_has_suffix(file, ".json")) {
            g_ptr_array_add(files, g_strdup(file));
        }
    }
    g_ptr_array_sort(files, by_name);
    g_assert_cmpuint(files->len, >=, 70);
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *path = g_strdup_printf("/bad/%s", (const char *)files->pdata[i]);
        g_test_add_data_func(path, files->pdata[i], check_bad_file);
    }
    g_test_add_func("/bad/no-file", test_no_file);
    g_test_add_func("/bad/unreadable", test_unreadable);
    return g_test_run();
}
