/* test_film.c - few pictures, evenly over what happened; each as large as it may be. */
#include "film.h"

#include "faultline/rng.h"
#include "fixture.h"

static Snapshot *empty_picture(Tick time, uint64_t work, bool marked) {
    Snapshot *picture = g_new0(Snapshot, 1);
    picture->time = time;
    picture->work = work;
    picture->marked = marked;
    picture->frame_stride = 1;
    picture->frames = g_array_new(FALSE, FALSE, sizeof(FrameView));
    picture->spaces = g_array_new(FALSE, FALSE, sizeof(SpaceView));
    picture->vmas = g_array_new(FALSE, FALSE, sizeof(MappingView));
    picture->pages = g_array_new(FALSE, FALSE, sizeof(PageView));
    picture->tables = g_array_new(FALSE, FALSE, sizeof(TableView));
    picture->blocks = g_array_new(FALSE, FALSE, sizeof(HeapBlock));
    return picture;
}

static void test_few_stay_as_they_are(void) {
    g_autoptr(Film) film = film_new();
    for (unsigned i = 0; i < FILM_MAX; i++) {
        film_add(film, empty_picture(i, i * 5, false));
    }
    g_assert_cmpuint(film->snapshots->len, ==, FILM_MAX);
    film_add(film, empty_picture(1000, 321, false)); /* 316 lies nearest between two others */
    g_assert_cmpuint(film->snapshots->len, ==, FILM_MAX);
    g_assert_cmpuint(film_at(film, 0)->work, ==, 0);
    g_assert_cmpuint(film_at(film, FILM_MAX - 1)->work, ==, 321);
    g_assert_cmpstr(film_check(film), ==, NULL);
}

/* Property: the ends stay, no gap is much larger than an even share, marks stay. */
static void test_random_runs_are_covered(void) {
    Rng rng = {11};
    for (unsigned run = 0; run < 50; run++) {
        g_autoptr(Film) film = film_new();
        uint64_t work = 0;
        unsigned marks = 0;
        for (unsigned i = 0; i < 2000; i++) {
            work += rng_below(&rng, 10);
            bool marked = marks < 8 && rng_below(&rng, 100) == 0;
            marks += marked;
            film_add(film, empty_picture(i, work, marked));
            g_assert_cmpstr(film_check(film), ==, NULL);
        }
        unsigned kept = 0;
        for (unsigned i = 0; i < film->snapshots->len; i++) {
            kept += film_at(film, i)->marked;
            if (i > 0) {
                g_assert_cmpuint(film_at(film, i)->work - film_at(film, i - 1)->work, <,
                                 work / FILM_MAX * 4);
            }
        }
        g_assert_cmpuint(kept, ==, marks);
        g_assert_cmpuint(film_at(film, 0)->time, ==, 0);
        g_assert_cmpuint(film_at(film, FILM_MAX - 1)->time, ==, 1999);
    }
}

static void test_marks_take_half_at_most(void) {
    g_autoptr(Film) film = film_new();
    for (unsigned i = 0; i < 1000; i++) {
        film_add(film, empty_picture(i, i, true));
        g_assert_cmpstr(film_check(film), ==, NULL);
    }
    g_assert_cmpuint(film->snapshots->len, ==, FILM_MAX);
}

static void test_stride(void) {
    g_assert_cmpuint(snapshot_stride(0, 8), ==, 1);
    g_assert_cmpuint(snapshot_stride(8, 8), ==, 1);
    g_assert_cmpuint(snapshot_stride(9, 8), ==, 2);
    g_assert_cmpuint(snapshot_stride(17, 8), ==, 4);
    g_assert_cmpuint(snapshot_stride(UINT64_C(1) << 28, 2048), ==, 1 << 17);
}

/* ---- pictures of a real machine ------------------------------------------------------------- */

static void on_ending(void *host, Machine *machine) {
    (void)machine;
    film_look(host, true);
}

static Film *film_of(Fixture *fixture) {
    Film *film = film_new();
    film_attach(film, fixture->machine);
    fixture->machine->watcher = (MachineWatcher){.ending = on_ending, .host = film};
    fixture_run(fixture);
    return film;
}

static void test_whole_when_small(void) {
    Fixture fixture = fixture_of("'frames': 16", "{'program':["
                                                 "{'op':'malloc','id':'a','size':20000},"
                                                 "{'op':'fill','id':'a'},"
                                                 "{'op':'phase','name':'full'},"
                                                 "{'op':'free','id':'a'}]}");
    g_autoptr(Film) film = film_of(&fixture);
    g_assert_cmpuint(film->snapshots->len, ==, 2); /* the phase's end and the process's */
    const Snapshot *picture = film_at(film, 0);
    g_assert_cmpuint(picture->frames->len, ==, 16);
    g_assert_cmpuint(picture->frame_stride, ==, 1);
    const SpaceView *space = &g_array_index(picture->spaces, SpaceView, 0);
    const PhaseRecord *phase = &g_array_index(process_of(&fixture, 0)->phases, PhaseRecord, 0);
    g_assert_cmpuint(space->pages, ==, phase->now.rss);
    g_assert_cmpuint(space->tables, ==, phase->now.page_table_pages);
    g_assert_cmpuint(space->used_bytes, >=, 20000);
    g_assert_cmpuint(space->vmas, ==, space->vmas_in_all);
    fixture_clear(&fixture);
}

static void test_sampled_when_large(void) {
    Fixture fixture = fixture_of("'memory': '64MiB'", "{'program':["
                                                      "{'op':'mmap','id':'a','length':'40MiB'},"
                                                      "{'op':'fill','id':'a'}]}");
    fixture.machine->check = (CheckPlan){0};
    g_autoptr(Film) film = film_of(&fixture);
    const Snapshot *picture = film_at(film, film->snapshots->len - 1);
    const SpaceView *space = &g_array_index(picture->spaces, SpaceView, 0);
    g_assert_cmpuint(space->page_stride, ==, 8); /* 10,240 pages */
    g_assert_cmpuint(space->pages, ==, 10240 / 8);
    g_assert_cmpuint(picture->frame_stride, ==, 8);
    g_assert_cmpuint(picture->frames->len, ==, film->frames_used / 8);
    for (unsigned i = 1; i < picture->pages->len; i++) {
        Vpn page = g_array_index(picture->pages, PageView, i).vpn;
        g_assert_cmpuint(page / 8, >, g_array_index(picture->pages, PageView, i - 1).vpn / 8);
    }
    fixture_clear(&fixture);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/film/few", test_few_stay_as_they_are);
    g_test_add_func("/film/random", test_random_runs_are_covered);
    g_test_add_func("/film/marks", test_marks_take_half_at_most);
    g_test_add_func("/film/stride", test_stride);
    g_test_add_func("/film/whole", test_whole_when_small);
    g_test_add_func("/film/sampled", test_sampled_when_large);
    return g_test_run();
}
