/* test_fault_log.c - every fault of a short run, a fair sample of a long one. */
#include "fault_log.h"

#include "fixture.h"

static void note(FaultLog *log, uint64_t number) {
    Event event = {.kind = EVENT_fault, .time = number * 10, .pid = 1, .frame = PFN_NONE};
    fault_log_note(log, &event);
}

static const FaultRow *row_at(const GArray *rows, unsigned index) {
    return &g_array_index(rows, FaultRow, index);
}

/* Property: numbers ascend, the beginning and the end are whole, the middle is even. */
static void test_any_length(void) {
    g_autoptr(FaultLog) log = fault_log_new();
    for (uint64_t count = 1; count <= 20000; count++) {
        note(log, count);
        if (count % 97 != 0 && count > 2100) {
            continue;
        }
        g_assert_cmpstr(fault_log_check(log), ==, NULL);
        g_autoptr(GArray) rows = fault_log_rows(log);
        g_assert_cmpuint(rows->len, <=, FAULTS_FIRST + FAULTS_MIDDLE + FAULTS_LAST);
        g_assert_cmpuint(row_at(rows, rows->len - 1)->number, ==, count);
        if (count <= FAULTS_FIRST + FAULTS_LAST) {
            g_assert_cmpuint(rows->len, ==, count);
            continue;
        }
        g_assert_cmpuint(row_at(rows, FAULTS_FIRST - 1)->number, ==, FAULTS_FIRST);
        g_assert_cmpuint(row_at(rows, rows->len - FAULTS_LAST)->number, ==,
                         count - FAULTS_LAST + 1);
        for (unsigned i = FAULTS_FIRST; i <= rows->len - FAULTS_LAST; i++) {
            g_assert_cmpuint(row_at(rows, i)->number - row_at(rows, i - 1)->number, <=,
                             log->stride);
        }
    }
}

/* 7 0 1 2 in three frames, first in first out: 2 takes 7's frame. */
static void test_victims(void) {
    Fixture fixture = fixture_of("'frames': 3, 'replacement': 'fifo'",
                                 "{'program':[{'op':'access','pattern':'pages',"
                                 "'pages':'7 0 1 2 0 3'}]}");
    g_autoptr(FaultLog) log = fault_log_new();
    fault_log_attach(log, fixture.machine);
    fixture_run(&fixture);
    g_autoptr(GArray) rows = fault_log_rows(log);
    g_assert_cmpuint(rows->len, ==, 5);
    for (unsigned i = 0; i < 3; i++) {
        g_assert_cmpuint(row_at(rows, i)->victim_pid, ==, 0);
    }
    g_assert_cmpuint(row_at(rows, 3)->victim_pid, ==, 1);
    g_assert_cmphex(row_at(rows, 3)->victim_va, ==, row_at(rows, 0)->event.va);
    g_assert_cmphex(row_at(rows, 4)->victim_va, ==, row_at(rows, 1)->event.va);
    fixture_clear(&fixture);
}

/* What execve faults in has no number: the first fault of the program is the first. */
static void test_image(void) {
    Fixture fixture = fixture_of("", "{'image':'static','program':["
                                     "{'op':'mmap','id':'m','length':'4KiB'},"
                                     "{'op':'touch','id':'m'}]}");
    g_autoptr(FaultLog) log = fault_log_new();
    fault_log_attach(log, fixture.machine);
    fixture_run(&fixture);
    g_assert_cmpuint(log->count, ==, counters_of(&fixture, 0).pgfault);
    g_assert_cmpuint(log->count, ==, 1);
    fixture_clear(&fixture);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fault-log/any-length", test_any_length);
    g_test_add_func("/fault-log/victims", test_victims);
    g_test_add_func("/fault-log/image", test_image);
    return g_test_run();
}
