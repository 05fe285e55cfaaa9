/* vocabulary.h - a small vocabulary for the loader's tests: the words that the labs and the bad
 * files use, whatever the simulator itself knows by now.
 */
#ifndef FAULTLINE_TEST_VOCABULARY_H
#define FAULTLINE_TEST_VOCABULARY_H

#include "workload.h"

static const Param test_wsclock_params[] = {
    {.name = "window", .kind = PARAM_TIME, .initial = 5000000, .min = 1, .max = 1000000000},
    {.name = "batch", .kind = PARAM_COUNT, .initial = 4, .min = 1, .max = 64},
    {.name = "lazy", .kind = PARAM_BOOL, .initial = 1},
    {.name = NULL}};
static const Param test_explicit_params[] = {
    {.name = "fit", .kind = PARAM_CHOICE, .initial = 0, .choices = "first|best|worst|next"},
    {.name = "growth", .kind = PARAM_SIZE, .initial = 4096, .min = 4096, .max = 1 << 30},
    {.name = NULL}};
static const Param test_linked_params[] = {
    {.name = "source", .kind = PARAM_CHOICE, .initial = 0, .choices = "sbrk|mmap"},
    {.name = "patience", .kind = PARAM_TIME, .initial = 0, .max = PARAM_NEVER},
    {.name = NULL}};
static const ComponentInfo test_clock = {.name = "clock", .params = PARAMS_NONE};
static const ComponentInfo test_fifo = {.name = "fifo", .params = PARAMS_NONE};
static const ComponentInfo test_lru = {.name = "lru", .params = PARAMS_NONE};
static const ComponentInfo test_wsclock = {.name = "wsclock", .params = test_wsclock_params};
static const ComponentInfo test_bump = {.name = "bump", .params = PARAMS_NONE};
static const ComponentInfo test_two_list = {.name = "two-list", .params = PARAMS_NONE};
static const ComponentInfo test_explicit_list = {.name = "explicit",
                                                 .params = test_explicit_params};
static const ComponentInfo test_linked = {.name = "linked", .params = test_linked_params};
static const ComponentInfo *const test_policies[] = {&test_clock, &test_fifo, &test_lru,
                                                     &test_wsclock, NULL};
static const ComponentInfo *const test_allocators[] = {&test_bump, &test_two_list,
                                                       &test_explicit_list, &test_linked, NULL};
static const char *const test_mmus[] = {"x86-64", "sv39", "tiny", NULL};
static const char *const test_cost_presets[] = {"modern", "hdd", "zram", "textbook", NULL};
static const char *const test_devices[] = {"ssd", "hdd", "zram", NULL};
static const char *const test_kernels[] = {"6.18", "6.12", "6.1", NULL};
static const char *const test_layouts[] = {"linux-x86-64", "linux-x86-64-dynamic", NULL};
static const Vocabulary test_words = {.policies = test_policies,
                                      .allocators = test_allocators,
                                      .mmus = test_mmus,
                                      .cost_presets = test_cost_presets,
                                      .devices = test_devices,
                                      .kernels = test_kernels,
                                      .layouts = test_layouts};

static inline const Vocabulary *test_vocabulary(void) { return &test_words; }

#endif
