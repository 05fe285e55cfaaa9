/* quiz_text.c - see quiz_text.h. */
#include "output/quiz_text.h"

#include <inttypes.h>
#include <string.h>

#include "fault_words.h"
#include "output/human.h"
#include "output/wrap.h"
#include "page_words.h"

#define WIDTH  80
#define INDENT 4

/* ---- questions --------------------------------------------------------------------------------- */

static const char *verb_word(const QuizQuestion *q) { return q->write ? "writes" : "reads"; }

/* "PML4 9 bits, PDPT 9 bits ..., offset 12 bits" */
static char *shape_words(const Geometry *g) {
    GString *out = g_string_new(NULL);
    for (unsigned level = 0; level < g->levels; level++) {
        g_string_append_printf(out, "%s %u bits, ", level_word(g, level), g->bits[level]);
    }
    g_string_append_printf(out, "offset %u bits", g->page_shift);
    return g_string_free(out, FALSE);
}

static char *question_words(const Quiz *quiz, const QuizQuestion *q) {
    g_autofree char *entry = pte_words(q->before);
    switch (q->kind) {
    case QUIZ_HIT:
        return g_strdup_printf("Now the program %s %s. Is that a hit or a page fault?",
                               verb_word(q), q->page);
    case QUIZ_VICTIM:
        return g_strdup_printf(
            "Now the program %s %s, which is not in memory, and it needs a frame "
            "that is taken. Which page is evicted?",
            verb_word(q), q->page);
    case QUIZ_BITS:
        return g_strdup_printf("Now the program %s %s. Its page-table entry is: %s. Which of the "
                               "bits P, W, U, A, D, NX change?",
                               verb_word(q), q->page, entry);
    case QUIZ_SERVED:
        return g_strdup_printf(
            "Now the program %s %s (%s). Its page-table entry is: %s. How is the page "
            "fault served, and is it a minor or a major one?",
            verb_word(q), q->page, q->area, entry);
    default: {
        g_autofree char *shape = shape_words(&quiz->geometry);
        return g_strdup_printf("Now there is a page fault at address 0x%" PRIx64
                               ". An address is split into: %s. Which entry of each table does the "
                               "walk read, and what is the offset?",
                               q->va, shape);
    }
    }
}

/* ---- answers ----------------------------------------------------------------------------------- */

static const char *served(const QuizQuestion *q) {
    return fault_served((FaultKind)q->step.fault.event.a);
}

/* "A 0 -> 1, D 0 -> 1"; bits of an entry that is not present mean other things, and count as 0. */
static char *changes_words(Pte before, Pte after) {
    static const struct {
        const char *name;
        Pte bit;
    } bits[] = {{"P", PTE_PRESENT},  {"W", PTE_WRITABLE}, {"U", PTE_USER},
                {"A", PTE_ACCESSED}, {"D", PTE_DIRTY},    {"NX", PTE_NO_EXECUTE}};
    Pte from = pte_present(before) ? before : 0, to = pte_present(after) ? after : 0;
    GString *out = g_string_new(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(bits); i++) {
        if (((from ^ to) & bits[i].bit) != 0) {
            unsigned was = (from & bits[i].bit) != 0;
            g_string_append_printf(out, "%s%s %u -> %u", out->len > 0 ? ", " : "", bits[i].name,
                                   was, 1 - was);
        }
    }
    return g_string_free(g_string_append(out, out->len > 0 ? "" : "none"), FALSE);
}

static char *index_words(const Geometry *g, VAddr va) {
    GString *out = g_string_new(NULL);
    for (unsigned level = 0; level < g->levels; level++) {
        g_string_append_printf(out, "%s %" PRIu64 ", ", level_word(g, level),
                               geometry_index(g, level, va >> g->page_shift));
    }
    g_string_append_printf(out, "offset %" PRIu64, va & (geometry_page_size(g) - 1));
    return g_string_free(out, FALSE);
}

static char *answer_words(const Quiz *quiz, const QuizQuestion *q) {
    g_autofree char *entry = pte_words(q->after);
    switch (q->kind) {
    case QUIZ_HIT:
        return q->step.fault.number == 0 ? g_strdup_printf("a hit: %s", entry)
                                         : g_strdup_printf("a page fault; %s", served(q));
    case QUIZ_VICTIM:
        return g_strdup_printf("%s, out of frame %" PRIu32 "; %s", q->victim,
                               q->step.fault.event.frame,
                               q->step.fault.victim_written ? "it is dirty and must be written"
                                                            : "it is clean and just dropped");
    case QUIZ_BITS: {
        g_autofree char *changes = changes_words(q->before, q->after);
        return g_strdup_printf("%s; the entry is now: %s", changes, entry);
    }
    case QUIZ_SERVED:
        return g_strdup(served(q));
    default:
        return index_words(&quiz->geometry, q->va);
    }
}

static const char total_question[] =
    "In the whole run: how many minor and major page faults are there, and how many pages are "
    "evicted?";

static char *total_answer(const Quiz *quiz) {
    g_autofree char *minor = human_count(quiz->minflt);
    g_autofree char *major = human_count(quiz->majflt);
    g_autofree char *evicted = human_count(quiz->evictions);
    return g_strdup_printf("%s minor, %s major, %s evicted", minor, major, evicted);
}

/* "3 frames of 4 KiB, fifo" */
static char *machine_words(const Quiz *quiz, const Workload *workload) {
    g_autofree char *frames = human_count(quiz->frames);
    g_autofree char *size = human_bytes(geometry_page_size(&quiz->geometry));
    return g_strdup_printf("%s frame%s of %s, %s replacement", frames, quiz->frames == 1 ? "" : "s",
                           size, workload->machine.policy.info->name);
}

/* ---- on the terminal ----------------------------------------------------------------------------- */

static void append_paragraph(GString *out, const char *label, const char *text) {
    g_autofree char *words = g_strdup_printf("%s%s", label, text);
    g_autofree char *printable = style_printable(words);
    g_string_append_printf(out, "%*s", INDENT, "");
    wrap_append(out, printable, INDENT, INDENT, WIDTH);
}

static void append_answer(GString *out, const Style *style, const char *answer) {
    g_string_append_printf(out, "\n%*s", INDENT, "");
    style_paint(out, style, PAINT_GOOD, "Answer: ");
    g_autofree char *printable = style_printable(answer);
    wrap_append(out, printable, INDENT + 8, INDENT, WIDTH);
}

static void append_number(GString *out, unsigned number, const Style *style) {
    g_autofree char *word = g_strdup_printf("%u.", number);
    g_string_append_c(out, '\n');
    style_paint(out, style, PAINT_TITLE, word);
    g_string_append_c(out, '\n');
}

char *quiz_text(const Quiz *quiz, const Workload *workload, bool answers, const Style *style) {
    GString *out = g_string_new(NULL);
    g_autofree char *title = style_printable(workload->name);
    g_autofree char *machine = machine_words(quiz, workload);
    style_paint(out, style, PAINT_TITLE, title);
    g_string_append_printf(out, ", a quiz (variant %" PRIu64 ")\n%s\n", quiz->plan.seed, machine);
    for (unsigned i = 0; i < quiz->questions->len; i++) {
        const QuizQuestion *q = quiz_question(quiz, i);
        g_autofree char *question = question_words(quiz, q);
        append_number(out, i + 1, style);
        if (q->kind != QUIZ_INDEX) {
            append_paragraph(out, "So far: ", q->story);
        }
        if (q->kind != QUIZ_INDEX && q->memory != NULL) {
            append_paragraph(out, "Memory: ", q->memory);
        }
        append_paragraph(out, "", question);
        if (answers) {
            g_autofree char *answer = answer_words(quiz, q);
            append_answer(out, style, answer);
        }
    }
    append_number(out, quiz->questions->len + 1, style);
    append_paragraph(out, "", total_question);
    if (answers) {
        g_autofree char *answer = total_answer(quiz);
        append_answer(out, style, answer);
    }
    return g_string_free(out, FALSE);
}

/* ---- on paper ------------------------------------------------------------------------------------ */

/* Names out of a file stay what they are: no headings, links or markup. */
static char *markdown_plain(const char *text) {
    g_autofree char *printable = style_printable(text);
    GString *out = g_string_new(NULL);
    for (const char *at = printable; *at != '\0'; at++) {
        if (strchr("\\`*_{}[]<>#|~&!", *at) != NULL) {
            g_string_append_c(out, '\\');
        }
        g_string_append_c(out, *at);
    }
    return g_string_free(out, FALSE);
}

static void append_item(GString *out, const char *before, const char *text, const char *after) {
    g_autofree char *plain = markdown_plain(text);
    g_string_append_printf(out, "%s%s%s", before, plain, after);
}

static void append_room(GString *out) {
    g_string_append(out, "\n    Answer: \\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\n");
}

static void append_sheet(GString *out, const Quiz *quiz) {
    for (unsigned i = 0; i < quiz->questions->len; i++) {
        const QuizQuestion *q = quiz_question(quiz, i);
        g_autofree char *question = question_words(quiz, q);
        g_string_append_printf(out, "\n%u. ", i + 1);
        append_item(out, "", question, "\n");
        if (q->kind != QUIZ_INDEX) {
            append_item(out, "\n    *So far:* ", q->story, "\n");
        }
        if (q->kind != QUIZ_INDEX && q->memory != NULL) {
            append_item(out, "\n    *Memory:* ", q->memory, "\n");
        }
        append_room(out);
    }
    g_string_append_printf(out, "\n%u. %s\n", quiz->questions->len + 1, total_question);
    append_room(out);
}

static void append_key(GString *out, const Quiz *quiz) {
    g_string_append_c(out, '\n');
    for (unsigned i = 0; i < quiz->questions->len; i++) {
        g_autofree char *answer = answer_words(quiz, quiz_question(quiz, i));
        g_string_append_printf(out, "%u. ", i + 1);
        append_item(out, "", answer, "\n");
    }
    g_autofree char *total = total_answer(quiz);
    g_string_append_printf(out, "%u. %s\n", quiz->questions->len + 1, total);
}

char *quiz_markdown(const Quiz *quiz, const Workload *workload, bool answers) {
    GString *out = g_string_new(NULL);
    g_autofree char *machine = machine_words(quiz, workload);
    append_item(out, answers ? "# Key: " : "# Quiz: ", workload->name, "\n");
    g_string_append_printf(out, "\nVariant %" PRIu64 ". ", quiz->plan.seed);
    append_item(out, "", machine, ".\n");
    if (answers) {
        append_key(out, quiz);
    } else {
        append_sheet(out, quiz);
    }
    return g_string_free(out, FALSE);
}
