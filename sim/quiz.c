/* quiz.c - see quiz.h.
 *
 * Idea: candidates are drawn as they come (Vitter's algorithm R: of n so far, each is among the k
 * kept with probability k/n), so a run of any length takes the memory of a few steps.
 */
#include "quiz_internal.h"

/* ---- what happens in a run --------------------------------------------------------------------- */

static void on_event(void *host, const Event *event) {
    QuizRun *run = host;
    fault_log_note(run->faults, event);
    if (event->kind == EVENT_fault) {
        if (run->latest->len <= event->pid) {
            g_array_set_size(run->latest, event->pid + 1);
        }
        g_array_index(run->latest, FaultRow, event->pid) =
            run->faults->last[(run->faults->count - 1) % FAULTS_LAST];
    }
}

/* The fault that came before this reference, if it was to the same page. */
static FaultRow take_fault(QuizRun *run, uint32_t pid, Vpn page) {
    FaultRow none = {0};
    if (run->latest->len <= pid) {
        return none;
    }
    FaultRow *latest = &g_array_index(run->latest, FaultRow, pid);
    FaultRow row = *latest;
    *latest = none;
    unsigned shift = run->machine->config.geometry.page_shift;
    return row.number != 0 && row.event.va >> shift == page ? row : none;
}

/* Is this reference a step?  The first one is not: there is nothing before it. */
static bool is_step(const QuizRun *run, const QuizStep *step) {
    if (run->step_count == 0) {
        return true;
    }
    const QuizStep *last = step_back(run, 1);
    return step->fault.number != 0 || last->pid != step->pid || last->page != step->page;
}

/* ---- the first run: candidates ----------------------------------------------------------------- */

/* Of each pool, as many as are kept. */
static uint64_t pool_room(const QuizRun *run) { return 2 * (uint64_t)run->plan->questions; }

static void offer(QuizRun *run, Pool pool, const QuizStep *step) {
    GArray *kept = run->pools[pool];
    uint64_t number = run->seen[pool]++, room = pool_room(run);
    if (kept->len < room) {
        g_array_append_vals(kept, step, 1);
        return;
    }
    uint64_t place = rng_below_wide(&run->rng, number + 1);
    if (place < room) {
        g_array_index(kept, QuizStep, place) = *step;
    }
}

static void consider(QuizRun *run, const QuizStep *step) {
    if (step->at == 0) {
        return;
    }
    offer(run, step->fault.number == 0 ? POOL_HITS : POOL_FAULTS, step);
    if (step->fault.victim_pid != 0) {
        offer(run, POOL_EVICTIONS, step);
    }
}

/* ---- the second run: questions ------------------------------------------------------------------ */

static QuizQuestion *question_at(const QuizRun *run, unsigned index) {
    return index < run->questions->len ? &g_array_index(run->questions, QuizQuestion, index) : NULL;
}

static void look(QuizRun *run, uint64_t at) {
    QuizQuestion *due = question_at(run, run->next);
    if (due != NULL && due->step.at == at) {
        quiz_look_after(run, due);
        due = question_at(run, ++run->next);
    }
    if (due != NULL && due->step.at == at + 1) {
        quiz_look_before(run, due);
    }
}

/* ---- when to stop -------------------------------------------------------------------------------- */

static bool found_enough(const QuizRun *run) {
    for (Pool pool = 0; pool < POOL_COUNT; pool++) {
        if (run->seen[pool] < pool_room(run)) {
            return run->count >= QUIZ_PATIENCE;
        }
    }
    return run->count >= QUIZ_REFERENCES;
}

static bool is_enough(const QuizRun *run) {
    return run->questions == NULL ? found_enough(run) : run->next == run->questions->len;
}

/* The run goes on until the kernel next looks up; what it does until then is nobody's concern. */
static void stop(QuizRun *run) {
    run->cut = true;
    machine_fail(run->machine, NULL, MACHINE_ERROR_ENOUGH, "quiz: enough");
}

/* ---- both ----------------------------------------------------------------------------------------- */

static void on_reference(void *host, PageKey key, uint64_t count) {
    (void)count;
    QuizRun *run = host;
    if (run->cut || run->machine->running == NULL) { /* or an image that is being loaded */
        return;
    }
    uint32_t pid = run->machine->running->process->pid;
    QuizStep step = {.at = run->count++, .pid = pid, .page = page_key_vpn(key)};
    step.fault = take_fault(run, pid, step.page);
    if (is_step(run, &step)) {
        if (run->questions == NULL) {
            consider(run, &step);
        }
        run->steps[run->step_count++ % QUIZ_STORY] = step;
    }
    if (run->questions != NULL) {
        look(run, step.at);
    }
    if (is_enough(run)) {
        stop(run);
    }
}

static void quiz_run_clear(QuizRun *run) {
    for (Pool pool = 0; pool < POOL_COUNT; pool++) {
        g_array_unref(run->pools[pool]);
    }
    g_clear_pointer(&run->machine, machine_destroy);
    fault_log_free(run->faults);
    g_array_unref(run->latest);
}

static bool quiz_run(QuizRun *run, const Workload *workload, GError **error) {
    run->faults = fault_log_new();
    run->latest = g_array_new(FALSE, TRUE, sizeof(FaultRow));
    run->rng = rng_stream(run->plan->seed, 0);
    for (Pool pool = 0; pool < POOL_COUNT; pool++) {
        run->pools[pool] = g_array_new(FALSE, FALSE, sizeof(QuizStep));
    }
    MachineRecorder recorder = {.record = on_reference, .host = run};
    run->machine = machine_create_told(workload, &recorder, error);
    if (run->machine == NULL) {
        return false;
    }
    EventSink sink = {
        .mask = EVENT_BIT(EVENT_fault) | EVENT_BIT(EVENT_evict), .emit = on_event, .host = run};
    machine_subscribe(run->machine, &sink);
    GError *why = NULL;
    if (!machine_run(run->machine, &why) &&
        !g_error_matches(why, MACHINE_ERROR, MACHINE_ERROR_ENOUGH)) {
        g_propagate_error(error, why);
        return false;
    }
    g_clear_error(&why);
    return true;
}

/* ---- choosing ---------------------------------------------------------------------------------- */

static int compare_questions(const void *a, const void *b) {
    const QuizQuestion *left = a, *right = b;
    return left->step.at < right->step.at ? -1 : left->step.at > right->step.at;
}

static bool is_asked(const GArray *questions, uint64_t at) {
    for (unsigned i = 0; i < questions->len; i++) {
        if (g_array_index(questions, QuizQuestion, i).step.at == at) {
            return true;
        }
    }
    return false;
}

/* Draw a step out of a pool that is not asked about yet.  False: there is none. */
static bool draw(QuizRun *run, Pool pool, const GArray *questions, QuizStep *step) {
    GArray *kept = run->pools[pool];
    while (kept->len > 0) {
        unsigned index = (unsigned)rng_below(&run->rng, kept->len);
        *step = g_array_index(kept, QuizStep, index);
        g_array_remove_index_fast(kept, index);
        if (!is_asked(questions, step->at)) {
            return true;
        }
    }
    return false;
}

/* Can it be answered from what is shown? */
static bool is_fair(const QuizRun *run, QuizKind kind) {
    bool listed = run->machine->config.frames <= QUIZ_FRAMES_SHOWN;
    return listed || (kind != QUIZ_HIT && kind != QUIZ_VICTIM);
}

/* The kinds in turn, each about what suits it; "hit or fault?" and the bits about either. */
static GArray *choose(QuizRun *run) {
    static const struct {
        QuizKind kind;
        Pool pool;
    } turns[] = {{QUIZ_VICTIM, POOL_EVICTIONS}, {QUIZ_HIT, POOL_HITS},
                 {QUIZ_BITS, POOL_FAULTS},      {QUIZ_HIT, POOL_FAULTS},
                 {QUIZ_INDEX, POOL_FAULTS},     {QUIZ_SERVED, POOL_FAULTS},
                 {QUIZ_BITS, POOL_HITS}};
    GArray *questions = g_array_new(FALSE, TRUE, sizeof(QuizQuestion));
    unsigned turn = (unsigned)rng_below(&run->rng, G_N_ELEMENTS(turns)), empty = 0;
    while (questions->len < run->plan->questions && empty < G_N_ELEMENTS(turns)) {
        QuizQuestion question = {.kind = turns[turn].kind};
        if (is_fair(run, turns[turn].kind) &&
            draw(run, turns[turn].pool, questions, &question.step)) {
            g_array_append_val(questions, question);
            empty = 0;
        } else {
            empty++;
        }
        turn = (turn + 1) % G_N_ELEMENTS(turns);
    }
    g_array_sort(questions, compare_questions);
    return questions;
}

static void question_clear(void *data) {
    QuizQuestion *question = data;
    g_free(question->page);
    g_free(question->memory);
    g_free(question->story);
    g_free(question->victim);
}

/* The second run: what stood before and after each of the chosen steps. */
static bool fill_in(Quiz *quiz, const Workload *workload, GError **error) {
    QuizRun run = {.plan = &quiz->plan, .questions = quiz->questions};
    bool ran = quiz_run(&run, workload, error);
    quiz_run_clear(&run);
    return ran;
}

static void take_totals(Quiz *quiz, const Machine *machine) {
    Counters counters = machine_counters(machine);
    quiz->minflt = counters.minflt;
    quiz->majflt = counters.majflt;
    quiz->evictions = counters.evictions;
}

/* The third run: nobody is told of references, so it is as fast as any. */
static bool count_all(Quiz *quiz, const Workload *workload, GError **error) {
    g_autoptr(Machine) machine = machine_create(workload, error);
    if (machine == NULL || !machine_run(machine, error)) {
        return false;
    }
    take_totals(quiz, machine);
    return true;
}

/* The first run.  `cut`: it was not seen to its end. */
static bool plan_questions(Quiz *quiz, const Workload *workload, bool *cut, GError **error) {
    QuizRun run = {.plan = &quiz->plan};
    bool ran = quiz_run(&run, workload, error);
    if (ran) {
        quiz->questions = choose(&run);
        g_array_set_clear_func(quiz->questions, question_clear);
        quiz->geometry = run.machine->config.geometry;
        quiz->frames = run.machine->config.frames;
        take_totals(quiz, run.machine);
        *cut = run.cut;
    }
    quiz_run_clear(&run);
    return ran;
}

Quiz *quiz_make(const Workload *workload, const QuizPlan *plan, GError **error) {
    g_autoptr(Quiz) quiz = g_new0(Quiz, 1);
    quiz->plan = *plan;
    bool cut = false;
    bool made = plan_questions(quiz, workload, &cut, error) && fill_in(quiz, workload, error) &&
                (!cut || count_all(quiz, workload, error));
    return made ? g_steal_pointer(&quiz) : NULL;
}

void quiz_free(Quiz *quiz) {
    if (quiz != NULL) {
        g_clear_pointer(&quiz->questions, g_array_unref);
        g_free(quiz);
    }
}

const char *quiz_check(const Quiz *quiz) {
    for (unsigned i = 0; i < quiz->questions->len; i++) {
        const QuizQuestion *question = quiz_question(quiz, i);
        if (i > 0 && question->step.at <= quiz_question(quiz, i - 1)->step.at) {
            return "quiz: two questions about one step, or in the wrong order";
        }
        if (question->page == NULL || question->story == NULL) {
            return "quiz: a question about what the second run did not do";
        }
        if (question->step.fault.number != 0 && pte_present(question->before) &&
            !pte_zero_page(question->before) && !question->write) {
            return "quiz: a fault on a page that could be read";
        }
    }
    return NULL;
}
