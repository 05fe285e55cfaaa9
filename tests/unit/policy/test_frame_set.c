/* test_frame_set.c - the k-th member, against counting from the left. */
#include "frame_set.h"

#include "faultline/rng.h"

#include <glib.h>

#define FRAMES_MAX 70

static void run_random(uint32_t frames) {
    FrameSet set;
    bool in[FRAMES_MAX] = {false};
    Rng rng = {frames};
    g_assert_true(frame_set_init(&set, frames));
    for (int step = 0; step < 500; step++) {
        Pfn frame = (Pfn)rng_below(&rng, frames);
        in[frame] ? frame_set_remove(&set, frame) : frame_set_add(&set, frame);
        in[frame] = !in[frame];
        uint32_t rank = 0;
        for (Pfn f = 0; f < frames; f++) {
            if (in[f]) {
                g_assert_cmpuint(frame_set_at(&set, rank), ==, f);
                rank++;
            }
        }
        g_assert_cmpuint(set.count, ==, rank);
        g_assert_cmpstr(frame_set_check(&set), ==, NULL);
    }
    frame_set_clear(&set);
}

static void test_random(void) {
    for (uint32_t frames = 1; frames <= FRAMES_MAX; frames++) {
        run_random(frames);
    }
}

static void test_check_sees_damage(void) {
    FrameSet set;
    g_assert_true(frame_set_init(&set, 8));
    frame_set_add(&set, 3);
    frame_set_add(&set, 5);
    g_assert_cmpstr(frame_set_check(&set), ==, NULL);
    set.sums[3] = 2;
    g_assert_nonnull(frame_set_check(&set));
    set.sums[3] = 1;
    set.count = 3;
    g_assert_nonnull(frame_set_check(&set));
    frame_set_clear(&set);
}

static void test_a_large_machine_is_free(void) {
    FrameSet set;
    Pfn last = (UINT32_C(1) << 28) - 1;
    g_assert_true(frame_set_init(&set, UINT32_C(1) << 28));
    frame_set_add(&set, last);
    g_assert_cmpuint(frame_set_at(&set, 0), ==, last);
    frame_set_add(&set, 5);
    g_assert_cmpuint(frame_set_at(&set, 0), ==, 5);
    g_assert_cmpuint(frame_set_at(&set, 1), ==, last);
    frame_set_clear(&set);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/frame-set/random", test_random);
    g_test_add_func("/frame-set/check-sees-damage", test_check_sees_damage);
    g_test_add_func("/frame-set/large", test_a_large_machine_is_free);
    return g_test_run();
}
