/* test_coroutine.c - stopping in the middle, going on later, and never going on. */
#include <glib.h>
#include <string.h>

#include "coroutine.h"

typedef struct Counter {
    Coroutine *self;
    int steps, reached;
} Counter;

static void count_up(void *data) {
    Counter *counter = data;
    for (int i = 0; i < counter->steps; i++) {
        counter->reached++;
        coroutine_suspend(counter->self);
    }
}

static void test_steps(void) {
    Counter counter = {.steps = 3};
    counter.self = coroutine_create(count_up, &counter);
    g_assert_cmpint(counter.reached, ==, 0);
    for (int i = 1; i <= 3; i++) {
        g_assert_true(coroutine_resume(counter.self));
        g_assert_cmpint(counter.reached, ==, i);
    }
    g_assert_false(coroutine_resume(counter.self));
    g_assert_false(coroutine_resume(counter.self)); /* over stays over */
    coroutine_destroy(counter.self);
}

static void test_interleaved(void) {
    enum { COUNT = 1000 };
    g_autofree Counter *counters = g_new0(Counter, COUNT);
    for (int i = 0; i < COUNT; i++) {
        counters[i].steps = 1 + i % 5;
        counters[i].self = coroutine_create(count_up, &counters[i]);
        g_assert_nonnull(counters[i].self);
    }
    for (int round = 0; round <= 5; round++) {
        for (int i = 0; i < COUNT; i++) {
            g_assert_cmpint(coroutine_resume(counters[i].self), ==, round < counters[i].steps);
        }
    }
    for (int i = 0; i < COUNT; i++) {
        g_assert_cmpint(counters[i].reached, ==, counters[i].steps);
        coroutine_destroy(counters[i].self);
    }
}

/* Dropped in every state: never begun, in the middle, over; many times. */
static void test_dropped(void) {
    for (int i = 0; i < 10000; i++) {
        Counter counter = {.steps = 2};
        counter.self = coroutine_create(count_up, &counter);
        for (int resumed = 0; resumed < i % 4; resumed++) {
            coroutine_resume(counter.self);
        }
        coroutine_destroy(counter.self);
        g_assert_cmpint(counter.reached, ==, MIN(i % 4, 2));
    }
}

/* Uses about `depth` KiB of stack, and the data must survive a suspension at the bottom. */
static int dive(Counter *counter, int depth) {
    volatile char frame[1024];
    memset((void *)frame, depth & 0x7F, sizeof frame);
    if (depth == 0) {
        coroutine_suspend(counter->self);
    } else {
        counter->reached += dive(counter, depth - 1) == depth - 1;
    }
    for (size_t i = 0; i < sizeof frame; i++) {
        g_assert_cmpint(frame[i], ==, depth & 0x7F);
    }
    return depth;
}

static void dive_deep(void *data) { dive(data, 100); }

static void test_deep_stack(void) {
    Counter one = {0}, other = {0};
    one.self = coroutine_create(dive_deep, &one);
    other.self = coroutine_create(dive_deep, &other);
    g_assert_true(coroutine_resume(one.self));
    g_assert_true(coroutine_resume(other.self));
    g_assert_false(coroutine_resume(one.self));
    g_assert_cmpint(one.reached, ==, 100);
    g_assert_cmpint(other.reached, ==, 0);
    coroutine_destroy(one.self);
    coroutine_destroy(other.self);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/coroutine/steps", test_steps);
    g_test_add_func("/sim/coroutine/interleaved", test_interleaved);
    g_test_add_func("/sim/coroutine/dropped", test_dropped);
    g_test_add_func("/sim/coroutine/deep_stack", test_deep_stack);
    return g_test_run();
}
