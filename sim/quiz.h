/* quiz.h - questions about a run, with their answers: hit or fault, who is evicted, which bits change.
 *
 *   first run:  every reference is a candidate ----draw----> the points to ask about
 *   second run: at each point, what stood there before and after -----------> questions
 *   third run:  only if the first was not seen to its end -------------------> totals
 *
 * Idea: runs are deterministic, so the first can say what will be interesting in the second.  Which
 * points are asked about, a seed decides: another seed is another sheet on the same workload.  A
 * step is a reference to another page than the one before, or one that faults, so that nobody is
 * asked about the obvious.  Being told of every reference is slow, so of a long run only the begin
 * can be asked about: the first million references, and more, up to ten million, while there have
 * been too few hits, faults or evictions to choose from.
 *
 * Invariant (quiz_check): questions ascend in the order of the run, and no two are alike; an answer
 * is what the machine did: "fault" if and only if it counted one.
 */
#ifndef FAULTLINE_QUIZ_H
#define FAULTLINE_QUIZ_H

#include "fault_log.h"
#include "hardware/pte.h"
#include "machine.h"

#define QUIZ_QUESTIONS_MAX 50
#define QUIZ_STORY         10       /* steps told before a question */
#define QUIZ_REFERENCES    1000000  /* after so many the first run stops, ... */
#define QUIZ_PATIENCE      10000000 /* ... or, if it found too little, after so many */
#define QUIZ_FRAMES_SHOWN  16 /* a larger memory is not listed; nobody is asked what is in it */

typedef enum QuizKind {
    QUIZ_HIT,    /* hit or page fault?                       */
    QUIZ_VICTIM, /* which page is evicted?                   */
    QUIZ_BITS,   /* which bits of the entry change?          */
    QUIZ_SERVED, /* how is the fault served, minor or major? */
    QUIZ_INDEX,  /* which entry of each table is read?       */
    QUIZ_KINDS
} QuizKind;

/* A step of the run. */
typedef struct QuizStep {
    uint64_t at; /* its number among all references told */
    uint32_t pid;
    Vpn page;
    FaultRow fault; /* number 0: it was a hit */
} QuizStep;

typedef struct QuizQuestion {
    QuizKind kind;
    QuizStep step;
    bool write;
    Pte before, after; /* the page's entry */
    VAddr va;          /* of a fault; else where the page begins */
    /* In words, as things stood before. */
    char *page;       /* "page 7" */
    const char *area; /* "heap", "file" ... */
    char *memory;     /* frame by frame; NULL: too large to list */
    char *story;      /* the steps before */
    char *victim;     /* "page 3"; NULL: none */
} QuizQuestion;

typedef struct QuizPlan {
    uint64_t seed;
    uint32_t questions; /* 1..QUIZ_QUESTIONS_MAX */
} QuizPlan;

typedef struct Quiz {
    QuizPlan plan;
    Geometry geometry;
    uint32_t frames;
    GArray *questions; /* QuizQuestion, by step.at; fewer than planned if the run is too short */
    uint64_t minflt, majflt, evictions; /* of the whole run: the last question */
} Quiz;

/* Runs the workload two or three times.  NULL and `error`. */
Quiz *quiz_make(const Workload *workload, const QuizPlan *plan, GError **error);
void quiz_free(Quiz *quiz);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Quiz, quiz_free)

const char *quiz_check(const Quiz *quiz);

static inline const QuizQuestion *quiz_question(const Quiz *quiz, unsigned index) {
    return &g_array_index(quiz->questions, QuizQuestion, index);
}

#endif
