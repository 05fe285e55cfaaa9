/* step.h - an operation of a script, as native.py tells it to runner.c: numbers only.
 *
 * What the words of `a` are stands at the function that does the step in runner.c; where it says
 * nothing, a[0] is the first page of the region and a[1] the number of pages.
 * native.py reads the names below from this file.
 */
#ifndef FAULTLINE_STEP_H
#define FAULTLINE_STEP_H

#include <stdint.h>

typedef enum StepKind {
    STEP_END,
    STEP_MMAP,
    STEP_MUNMAP,
    STEP_MPROTECT,
    STEP_MADVISE,
    STEP_MREMAP,
    STEP_BRK,
    STEP_MLOCK,
    STEP_MUNLOCK,
    STEP_MLOCKALL,
    STEP_MUNLOCKALL,
    STEP_MINCORE,
    STEP_TOUCH,
    STEP_POKE,
    STEP_PATTERN,
    STEP_ZREAD,
    STEP_WARMFILE,
    STEP_COLDFILE,
    STEP_TRUNCATE,
    STEP_FORK, /* a[0]: the index of its endfork; also forkhold */
    STEP_FORKHOLD,
    STEP_ENDFORK,
    STEP_REAP,
    STEP_NOP,
    STEP_PROC, /* smaps goes to stderr, behind a line "==> INDEX DEPTH" */
} StepKind;

#define REGION_BREAK UINT64_MAX       /* begins at the initial break */
#define REGION_NONE  (UINT64_MAX - 1) /* begins at address 0 */
#define REGIONS_MAX  65536
#define HELD_MAX     256

typedef struct Step {
    uint64_t kind, region, a[6];
} Step;

#endif
