/* quiz_look.c - a point of the run in words: the steps before it, memory frame by frame, the page that
 * is asked about.
 *
 * Idea: looking changes nothing (survey.h), and names are taken while their owners are there.
 */
#include "quiz_internal.h"

#include <inttypes.h>

#include "kernel/survey.h"
#include "page_words.h"

/* A page's name, with its owner's if there are several processes. */
static char *name_of(const QuizRun *run, uint32_t pid, Vpn page) {
    const Process *process = process_of(run, pid);
    if (process == NULL) {
        return g_strdup("a page of the page cache");
    }
    char *name = page_name(process, page);
    if (run->machine->process_count > 1) {
        g_autofree char *bare = name;
        name = g_strdup_printf("%s of %s", bare, process->name);
    }
    return name;
}

/* "frame 0: page 7, frame 1: free" */
static char *memory_words(const QuizRun *run) {
    GString *out = g_string_new(NULL);
    for (Pfn pfn = 0; pfn < run->machine->config.frames; pfn++) {
        FrameView view = memory_view_frame(run->machine->memory, pfn);
        g_autofree char *name =
            view.use >= FRAME_USE_RESIDENT
                ? name_of(run, view.pid, view.vpn)
                : g_strdup(view.use == FRAME_USE_HELD ? "being filled" : "free");
        g_string_append_printf(out, "%sframe %" PRIu32 ": %s", pfn == 0 ? "" : ", ", pfn, name);
    }
    return g_string_free(out, FALSE);
}

/* "page 1 (fault), page 4 (fault, page 2 goes), page 1" */
static char *story_words(const QuizRun *run) {
    GString *out = g_string_new(run->step_count > QUIZ_STORY ? "... " : "");
    for (uint64_t back = MIN(run->step_count, QUIZ_STORY); back > 0; back--) {
        const QuizStep *step = step_back(run, back);
        g_autofree char *name = name_of(run, step->pid, step->page);
        g_string_append(out, name);
        if (step->fault.victim_pid != 0) {
            Vpn page = step->fault.victim_va >> run->machine->config.geometry.page_shift;
            g_autofree char *victim = name_of(run, step->fault.victim_pid, page);
            g_string_append_printf(out, " (fault, %s goes)", victim);
        } else if (step->fault.number != 0) {
            g_string_append(out, " (fault)");
        }
        g_string_append(out, back > 1 ? ", " : "");
    }
    return g_string_free(out, FALSE);
}

static uint64_t stores_of(const Process *process) {
    return process == NULL ? 0 : process_counters(process).stores;
}

/* Is another process in the middle of a fault?  Then a page has gone already, and what will be
 * there in a moment cannot be seen. */
static bool is_filling(const QuizRun *run) {
    bool filling = false;
    for (Pfn pfn = 0; !filling && pfn < run->machine->config.frames; pfn++) {
        filling = memory_view_frame(run->machine->memory, pfn).use == FRAME_USE_HELD;
    }
    return filling;
}

void quiz_look_before(QuizRun *run, QuizQuestion *question) {
    const Process *process = process_of(run, question->step.pid);
    bool small = run->machine->config.frames <= QUIZ_FRAMES_SHOWN;
    question->before = page_entry(process, question->step.page);
    if ((question->kind == QUIZ_HIT || question->kind == QUIZ_VICTIM) && is_filling(run)) {
        question->kind = question->step.fault.number == 0 ? QUIZ_BITS : QUIZ_SERVED;
    }
    question->memory = small ? memory_words(run) : NULL;
    question->story = story_words(run);
    run->stores = stores_of(process);
}

void quiz_look_after(QuizRun *run, QuizQuestion *question) {
    const Process *process = process_of(run, question->step.pid);
    const FaultRow *fault = &question->step.fault;
    unsigned shift = run->machine->config.geometry.page_shift;
    question->after = page_entry(process, question->step.page);
    question->write = stores_of(process) > run->stores;
    question->area = page_area_word(process, question->step.page);
    question->page = name_of(run, question->step.pid, question->step.page);
    question->va = fault->number != 0 ? fault->event.va : question->step.page << shift;
    if (fault->victim_pid != 0) {
        question->victim = name_of(run, fault->victim_pid, fault->victim_va >> shift);
    }
}
