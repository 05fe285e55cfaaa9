/* quiz_text.h - a quiz for the terminal, or as Markdown for paper with the key on a sheet of its own.
 *
 *   text:      the questions; with answers, each below its question
 *   Markdown:  the questions with room to write; with answers, the key alone
 */
#ifndef FAULTLINE_QUIZ_TEXT_H
#define FAULTLINE_QUIZ_TEXT_H

#include "output/style.h"
#include "quiz.h"

/* New strings. */
char *quiz_text(const Quiz *quiz, const Workload *workload, bool answers, const Style *style);
char *quiz_markdown(const Quiz *quiz, const Workload *workload, bool answers);

#endif
