/* test_frame_list.c - the circle against a plain array of the same order. */
#include "frame_list.h"

#include "faultline/rng.h"

#include <glib.h>
#include <string.h>

#define FRAMES 16

static void assert_order(const FrameList *list, const Pfn *order, unsigned count) {
    g_assert_cmpstr(frame_list_check(list), ==, NULL);
    g_assert_cmpuint(list->count, ==, count);
    Pfn frame = list->first;
    for (unsigned i = 0; i < count; i++) {
        g_assert_cmpuint(frame, ==, order[i]);
        g_assert_true(frame_list_has(list, frame));
        frame = frame_list_next(list, frame);
    }
    g_assert_cmpuint(frame_list_last(list), ==, count == 0 ? PFN_NONE : order[count - 1]);
}

static void test_append_goes_behind_the_first(void) {
    FrameList list;
    g_assert_true(frame_list_init(&list, FRAMES));
    assert_order(&list, NULL, 0);
    for (Pfn frame = 4; frame < 7; frame++) {
        frame_list_append(&list, frame);
    }
    assert_order(&list, (const Pfn[]){4, 5, 6}, 3);
    frame_list_turn(&list);
    assert_order(&list, (const Pfn[]){5, 6, 4}, 3);
    frame_list_append(&list, 0); /* a clock: just behind the hand */
    assert_order(&list, (const Pfn[]){5, 6, 4, 0}, 4);
    frame_list_clear(&list);
}

static void test_remove_the_first_leaves_the_next(void) {
    FrameList list;
    g_assert_true(frame_list_init(&list, FRAMES));
    for (Pfn frame = 0; frame < 3; frame++) {
        frame_list_append(&list, frame);
    }
    frame_list_remove(&list, 0);
    assert_order(&list, (const Pfn[]){1, 2}, 2);
    frame_list_remove(&list, 2);
    assert_order(&list, (const Pfn[]){1}, 1);
    g_assert_true(frame_list_has(&list, 1));
    frame_list_remove(&list, 1);
    assert_order(&list, NULL, 0);
    frame_list_append(&list, 2);
    assert_order(&list, (const Pfn[]){2}, 1);
    g_assert_false(frame_list_has(&list, 1));
    g_assert_false(frame_list_has(&list, FRAMES));
    g_assert_false(frame_list_has(&list, PFN_NONE));
    frame_list_clear(&list);
}

static void test_check_sees_damage(void) {
    FrameList list;
    g_assert_true(frame_list_init(&list, FRAMES));
    for (Pfn frame = 0; frame < 4; frame++) {
        frame_list_append(&list, frame);
    }
    FrameList good = list;
    FrameLink link = list.links[1];
    list.count = 3;
    g_assert_nonnull(frame_list_check(&list));
    list.count = 5;
    g_assert_nonnull(frame_list_check(&list));
    list = good;
    list.first = PFN_NONE;
    g_assert_nonnull(frame_list_check(&list));
    list = good;
    list.links[1] = (FrameLink){0};
    g_assert_nonnull(frame_list_check(&list));
    list.links[1] = (FrameLink){link.prev, 1};
    g_assert_nonnull(frame_list_check(&list));
    list.links[1] = (FrameLink){link.prev, 1000};
    g_assert_nonnull(frame_list_check(&list));
    list.links[1] = link;
    g_assert_cmpstr(frame_list_check(&list), ==, NULL);
    frame_list_clear(&list);
}

/* A machine of 2^28 frames costs what is touched. */
static void test_a_large_machine_is_free(void) {
    FrameList list;
    g_assert_true(frame_list_init(&list, UINT32_C(1) << 28));
    frame_list_append(&list, (UINT32_C(1) << 28) - 1);
    frame_list_append(&list, 5);
    assert_order(&list, (const Pfn[]){(UINT32_C(1) << 28) - 1, 5}, 2);
    frame_list_clear(&list);
}

static void array_remove(Pfn *order, unsigned *count, unsigned at) {
    memmove(&order[at], &order[at + 1], (*count - at - 1) * sizeof order[0]);
    (*count)--;
}

static void test_random(void) {
    FrameList list;
    Rng rng = {3};
    Pfn order[FRAMES];
    unsigned count = 0;
    g_assert_true(frame_list_init(&list, FRAMES));
    for (int step = 0; step < 20000; step++) {
        Pfn frame = (Pfn)rng_below(&rng, FRAMES);
        unsigned at = 0;
        while (at < count && order[at] != frame) {
            at++;
        }
        g_assert_cmpint(frame_list_has(&list, frame), ==, at < count);
        if (at == count) {
            frame_list_append(&list, frame);
            order[count++] = frame;
        } else if (rng_below(&rng, 3) == 0) {
            frame_list_turn(&list);
            Pfn first = order[0];
            array_remove(order, &count, 0);
            order[count++] = first;
        } else {
            frame_list_remove(&list, frame);
            array_remove(order, &count, at);
        }
        assert_order(&list, order, count);
    }
    frame_list_clear(&list);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/frame-list/append", test_append_goes_behind_the_first);
    g_test_add_func("/frame-list/remove", test_remove_the_first_leaves_the_next);
    g_test_add_func("/frame-list/check-sees-damage", test_check_sees_damage);
    g_test_add_func("/frame-list/large", test_a_large_machine_is_free);
    g_test_add_func("/frame-list/random", test_random);
    return g_test_run();
}
