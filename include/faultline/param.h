/* param.h - how a policy or an allocator describes itself and its parameters.
 *
 * Idea: one const table feeds the loader (checks a workload's values), `faultline list`
 * (help) and the component (which receives the values in the table's order).
 */
#ifndef FAULTLINE_PARAM_H
#define FAULTLINE_PARAM_H

#include <stdbool.h>
#include <stdint.h>

typedef enum ParamKind {
    PARAM_COUNT,  /* a plain integer                                          */
    PARAM_SIZE,   /* bytes: 4096 or "4KiB"                                    */
    PARAM_TIME,   /* nanoseconds: 1000 or "1us"; if max is PARAM_NEVER, also -1: never */
    PARAM_BOOL,   /* false or true, as 0 or 1                                 */
    PARAM_CHOICE, /* one word of `choices`, as its index                      */
    PARAM_WINDOW, /* 100: that many references; "5ms": that much virtual time  */
} ParamKind;

typedef struct Param {
    const char *name; /* NULL ends a table */
    ParamKind kind;
    uint64_t initial;    /* the default                                        */
    uint64_t min, max;   /* inclusive; of no meaning for PARAM_BOOL and CHOICE */
    const char *choices; /* "first|best|worst": only for PARAM_CHOICE        */
    const char *help;
} Param;

typedef struct ComponentInfo {
    const char *name;    /* as workloads spell it                                        */
    const char *summary; /* one line for `faultline list`                                */
    const char *source;  /* the paper, book or file that defines it                      */
    const Param *params; /* ended by a NULL name; never NULL                             */
} ComponentInfo;

#define PARAMS_MAX 16

/* A PARAM_WINDOW value: references, or with this bit set, ns. */
#define WINDOW_IS_TIME (UINT64_C(1) << 63)

/* A PARAM_TIME value: longer than anything lasts. */
#define PARAM_NEVER UINT64_MAX

/* The parameters of a component that has none. */
#define PARAMS_NONE ((const Param[]){{.name = NULL}})

#endif
