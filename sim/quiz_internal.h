/* quiz_internal.h - what the two files of the quiz share: quiz.c runs and chooses, quiz_look.c says
 * what stands there before and after a step. */
#ifndef FAULTLINE_QUIZ_INTERNAL_H
#define FAULTLINE_QUIZ_INTERNAL_H

#include "faultline/rng.h"
#include "quiz.h"

/* What a question of some kind can be about. */
typedef enum Pool { POOL_HITS, POOL_FAULTS, POOL_EVICTIONS, POOL_COUNT } Pool;

/* One of the two runs. */
typedef struct QuizRun {
    const QuizPlan *plan;
    Machine *machine;
    FaultLog *faults;
    GArray *latest; /* FaultRow by pid: its fault since its last reference; number 0: none */
    uint64_t count; /* references told so far */
    QuizStep steps[QUIZ_STORY]; /* step n at n % QUIZ_STORY */
    uint64_t step_count;
    /* The first run. */
    Rng rng;
    GArray *pools[POOL_COUNT]; /* QuizStep */
    uint64_t seen[POOL_COUNT];
    bool cut; /* the run was not seen to its end */
    /* The second one. */
    GArray *questions; /* QuizQuestion, by step.at; NULL: it is the first */
    unsigned next;     /* the question that is due */
    uint64_t stores;   /* of its process, just before it */
} QuizRun;

/* NULL: nobody (0), or one that has not been made yet. */
static inline const Process *process_of(const QuizRun *run, uint32_t pid) {
    bool there = pid >= 1 && pid <= run->machine->process_count;
    return there ? run->machine->processes[pid - 1] : NULL;
}

static inline const QuizStep *step_back(const QuizRun *run, uint64_t back) {
    return &run->steps[(run->step_count - back) % QUIZ_STORY];
}

/* Fill in how things stand now: just before the question's step (one that could not be answered
 * becomes one of another kind), and just after it. */
void quiz_look_before(QuizRun *run, QuizQuestion *question);
void quiz_look_after(QuizRun *run, QuizQuestion *question);

#endif
