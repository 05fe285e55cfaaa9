/* test_atomic.c - results are there whole or not at all. */
#include "output/atomic.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <unistd.h>

typedef struct Place {
    char *root, *folder, *one, *two; /* paths */
} Place;

static Place place_make(void) {
    g_autoptr(GError) error = NULL;
    Place place = {.root = g_dir_make_tmp("faultline-XXXXXX", &error)};
    g_assert_no_error(error);
    place.folder = g_build_filename(place.root, "out", NULL);
    place.one = g_build_filename(place.folder, "one", NULL);
    place.two = g_build_filename(place.folder, "two", NULL);
    return place;
}

static void place_clear(Place *place) {
    g_unlink(place->one);
    g_unlink(place->two);
    g_rmdir(place->folder);
    g_assert_cmpint(g_rmdir(place->root), ==, 0); /* nothing else may be left */
    g_free(place->root);
    g_free(place->folder);
    g_free(place->one);
    g_free(place->two);
}

static void assert_contents(const char *path, const char *wanted) {
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, wanted);
}

static unsigned count_entries(const char *path) {
    unsigned count = 0;
    GDir *dir = g_dir_open(path, 0, NULL);
    while (g_dir_read_name(dir) != NULL) {
        count++;
    }
    g_dir_close(dir);
    return count;
}

static void test_commit_gives_names(void) {
    Place place = place_make();
    g_autoptr(ResultFolder) folder = result_folder_open(place.folder, NULL);
    g_assert_nonnull(folder);
    g_assert_true(result_folder_add(folder, "one", "1\n", NULL));
    g_assert_true(result_folder_add(folder, "two", "", NULL));
    g_assert_false(g_file_test(place.one, G_FILE_TEST_EXISTS));
    g_assert_true(result_folder_commit(folder, NULL));
    assert_contents(place.one, "1\n");
    assert_contents(place.two, "");
    g_assert_cmpuint(count_entries(place.folder), ==, 2);
    place_clear(&place);
}

static void test_without_commit_nothing_stays(void) {
    Place place = place_make();
    ResultFolder *folder = result_folder_open(place.folder, NULL);
    g_assert_true(result_folder_add(folder, "one", "1", NULL));
    result_folder_free(folder);
    g_assert_false(g_file_test(place.folder, G_FILE_TEST_EXISTS));
    place_clear(&place);
}

static void test_older_results_stay_until_commit(void) {
    Place place = place_make();
    g_mkdir(place.folder, 0777);
    g_assert_true(g_file_set_contents(place.one, "old", -1, NULL));
    ResultFolder *given_up = result_folder_open(place.folder, NULL);
    g_assert_true(result_folder_add(given_up, "one", "new", NULL));
    result_folder_free(given_up);
    assert_contents(place.one, "old");
    g_assert_cmpuint(count_entries(place.folder), ==, 1);
    g_autoptr(ResultFolder) folder = result_folder_open(place.folder, NULL);
    g_assert_true(result_folder_add(folder, "one", "new", NULL));
    g_assert_true(result_folder_commit(folder, NULL));
    assert_contents(place.one, "new");
    place_clear(&place);
}

static void test_a_file_is_no_folder(void) {
    Place place = place_make();
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(place.folder, "a file", -1, NULL));
    g_assert_null(result_folder_open(place.folder, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR);
    assert_contents(place.folder, "a file");
    g_unlink(place.folder);
    place_clear(&place);
}

static void test_no_parent_no_folder(void) {
    Place place = place_make();
    g_autoptr(GError) error = NULL;
    g_assert_null(result_folder_open(place.one, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
    place_clear(&place);
}

/* The name is taken by a folder: the commit fails and says so. */
static void test_commit_can_fail(void) {
    Place place = place_make();
    g_autoptr(GError) error = NULL;
    g_mkdir(place.folder, 0777);
    g_mkdir(place.one, 0777);
    ResultFolder *folder = result_folder_open(place.folder, NULL);
    g_assert_true(result_folder_add(folder, "one", "1", NULL));
    g_assert_false(result_folder_commit(folder, &error));
    g_assert_nonnull(error);
    result_folder_free(folder);
    g_assert_cmpuint(count_entries(place.folder), ==, 1);
    g_rmdir(place.one);
    place_clear(&place);
}

/* ---- signals ---- */

static volatile sig_atomic_t interrupts;

static void note_interrupt(int number) {
    (void)number;
    interrupts++;
}

/* An interrupt waits while files have temporary names, and comes when they are named or gone. */
static void test_interrupt_waits(gconstpointer commits) {
    Place place = place_make();
    GError *error = NULL;
    interrupts = 0;
    signal(SIGINT, note_interrupt);
    ResultFolder *folder = result_folder_open(place.folder, &error);
    raise(SIGINT);
    g_assert_cmpint(interrupts, ==, 1); /* nothing is written yet */
    g_assert_true(result_folder_add(folder, "one", "1", &error));
    raise(SIGINT);
    g_assert_true(result_folder_add(folder, "two", "2", &error));
    g_assert_cmpint(interrupts, ==, 1);
    if (commits != NULL) {
        g_assert_true(result_folder_commit(folder, &error));
        g_assert_cmpint(interrupts, ==, 2);
    }
    result_folder_free(folder);
    g_assert_cmpint(interrupts, ==, 2);
    g_assert_cmpint(g_file_test(place.one, G_FILE_TEST_EXISTS), ==, commits != NULL);
    signal(SIGINT, SIG_DFL);
    place_clear(&place);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/atomic/commit", test_commit_gives_names);
    g_test_add_func("/atomic/no-commit", test_without_commit_nothing_stays);
    g_test_add_func("/atomic/older", test_older_results_stay_until_commit);
    g_test_add_func("/atomic/file", test_a_file_is_no_folder);
    g_test_add_func("/atomic/no-parent", test_no_parent_no_folder);
    g_test_add_func("/atomic/fails", test_commit_can_fail);
    g_test_add_data_func("/atomic/interrupt-waits/commit", "", test_interrupt_waits);
    g_test_add_data_func("/atomic/interrupt-waits/give-up", NULL, test_interrupt_waits);
    return g_test_run();
}
