/* verb_quiz.c - `faultline quiz`: from a workload to questions about its run.
 *
 *   load -> run twice (quiz.h) -> print the sheet or the key
 */
#include "input.h"
#include "output/quiz_text.h"
#include "quiz.h"
#include "verbs.h"

static bool ask(const Options *options, Stream *out, GError **error) {
    g_autoptr(Input) input = input_load(options, error);
    if (input == NULL) {
        return false;
    }
    QuizPlan plan = {.seed = options->seed, .questions = options->questions};
    g_autoptr(Quiz) quiz = quiz_make(input->workload, &plan, error);
    if (quiz == NULL) {
        return false;
    }
    Style style = style_for(out->fd, options->color);
    g_autofree char *text = options->format == FORMAT_MARKDOWN
                                ? quiz_markdown(quiz, input->workload, options->answers)
                                : quiz_text(quiz, input->workload, options->answers, &style);
    stream_write(out, text);
    return true;
}

ExitCode verb_quiz(const Options *options, Stream *out, GError **error) {
    GError *problem = NULL;
    if (ask(options, out, &problem)) {
        return EXIT_CODE_FINISHED;
    }
    ExitCode code = exit_code_of(problem);
    g_propagate_error(error, problem);
    return code;
}
