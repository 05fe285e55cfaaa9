/* compare_text.c - see compare_text.h.
 *
 * Idea: as many policies side by side as 80 columns hold, the rest in further tables.  Marks stand
 * in front of the numbers, so that digits stay below digits: "*9" the best of its row, "!10" more
 * faults than in the row above.  What is marked is told in words below (compare_notes.h).
 */
#include "output/compare_text.h"

#include "output/compare_notes.h"
#include "output/human.h"
#include "output/table.h"
#include "size_list.h"

#define WIDTH 80
#define GAP   2

typedef struct View {
    const Comparison *comparison;
    const Style *style;
    bool writes;      /* was anything written back? */
    unsigned columns; /* of the table for each policy: faults, and perhaps write-backs */
} View;

static bool wrote(const Comparison *c, unsigned row, unsigned column) {
    return comparison_at(c, row, column)->counters.writebacks > 0;
}

/* ---- the tables of policies -------------------------------------------------------------- */

static void add_faults(Table *table, const Comparison *c, unsigned row, unsigned column) {
    bool best = comparison_is_best(c, row, column);
    bool anomalous = comparison_is_anomalous(c, row, column);
    g_autofree char *count = human_count(comparison_at(c, row, column)->faults);
    text_table_take(table, g_strconcat(anomalous ? "!" : "", best ? "*" : "", count, NULL));
    text_table_paint(table, anomalous ? PAINT_BAD : best ? PAINT_GOOD : PAINT_PLAIN);
}

static void add_cell(Table *table, const View *view, unsigned row, unsigned column) {
    const Comparison *c = view->comparison;
    if (comparison_failed(c, row, column)) {
        text_table_add(table, "-");
        if (view->writes) {
            text_table_add(table, "-");
        }
        return;
    }
    add_faults(table, c, row, column);
    if (view->writes) {
        text_table_take(table, human_count(comparison_at(c, row, column)->counters.writebacks));
    }
}

static void add_titles(Table *table, const View *view, unsigned from, unsigned to) {
    text_table_add(table, "frames");
    text_table_add(table, "memory");
    for (unsigned column = from; column < to; column++) {
        text_table_add(table, comparison_name(view->comparison, column));
        if (view->writes) {
            text_table_add(table, "");
        }
    }
    if (view->writes) {
        text_table_add(table, "");
        text_table_add(table, "");
        for (unsigned column = from; column < to; column++) {
            text_table_add(table, "faults");
            text_table_paint(table, PAINT_LABEL);
            text_table_add(table, "wb");
            text_table_paint(table, PAINT_LABEL);
        }
    }
}

/* Of the policies from..to-1. */
static Table *policy_table(const View *view, unsigned from, unsigned to) {
    const Comparison *c = view->comparison;
    Table *table = text_table_new(2 + (to - from) * view->columns, 0);
    add_titles(table, view, from, to);
    for (unsigned row = 0; row < c->sizes->len; row++) {
        uint64_t frames = size_at(c->sizes, row);
        text_table_take(table, human_count(frames));
        text_table_take(table, human_pages(frames, c->page_size));
        for (unsigned column = from; column < to; column++) {
            add_cell(table, view, row, column);
        }
    }
    return table;
}

/* Where the table that begins with policy `from` has to end. */
static unsigned fitting(const View *view, unsigned from) {
    unsigned to = from + 1;
    for (; to < view->comparison->names->len; to++) {
        g_autoptr(Table) wider = policy_table(view, from, to + 1);
        if (text_table_width(wider, GAP) > WIDTH) {
            break;
        }
    }
    return to;
}

static void print_policies(const View *view, GString *out) {
    for (unsigned from = 0; from < view->comparison->names->len;) {
        unsigned to = fitting(view, from);
        g_autoptr(Table) table = policy_table(view, from, to);
        g_string_append_c(out, '\n');
        text_table_print(table, out, GAP, view->style);
        from = to;
    }
}

/* ---- the tables of allocators ------------------------------------------------------------ */

static void add_allocator(Table *table, const View *view, unsigned row, unsigned column) {
    const Comparison *c = view->comparison;
    const SweepResult *result = comparison_at(c, row, column);
    text_table_add(table, comparison_name(c, column));
    if (result->error != NULL) {
        for (unsigned i = 0; i < 7; i++) {
            text_table_add(table, "-");
        }
        return;
    }
    const Counters *counters = &result->counters;
    text_table_take(table, human_pages(result->memory.peak_rss, c->page_size));
    text_table_take(table, human_bytes(result->memory.peak_heap_bytes));
    text_table_take(table,
                    human_percent(result->memory.peak_live_bytes, result->memory.peak_heap_bytes));
    add_faults(table, c, row, column);
    text_table_take(table, human_count(counters->writebacks));
    text_table_take(table, human_count(counters->brk_calls + counters->mmap_calls +
                                       counters->munmap_calls + counters->madvise_calls +
                                       counters->mremap_calls + counters->mprotect_calls));
    text_table_take(table, human_time(result->time));
}

/* Why the row has this size, if the user has not asked for it. */
static char *size_words(const Comparison *c, uint64_t frames) {
    const AmpleMemory *ample = &c->ample;
    if (ample->ample == ample->scarce) {
        return g_strdup("");
    }
    if (frames == ample->ample) {
        return g_strconcat(": ample, ",
                           ample->own_is_ample ? "the workload's own" : "nothing is evicted", NULL);
    }
    return ample->own_is_ample
               ? g_strdup_printf(": scarce, half the peak rss of %s in ample memory",
                                 comparison_name(c, 0))
               : g_strdup(": scarce, the workload's own");
}

static void print_allocators(const View *view, GString *out) {
    static const char *const titles[] = {"allocator", "peak rss", "heap",  "used",
                                         "faults",    "wb",       "calls", "time"};
    const Comparison *c = view->comparison;
    for (unsigned row = 0; row < c->sizes->len; row++) {
        g_autofree char *frames = human_count(size_at(c->sizes, row));
        g_autofree char *memory = human_pages(size_at(c->sizes, row), c->page_size);
        g_autofree char *why = size_words(c, size_at(c->sizes, row));
        g_string_append_printf(out, "\n%s frame%s (%s)%s\n\n", frames,
                               size_at(c->sizes, row) == 1 ? "" : "s", memory, why);
        g_autoptr(Table) table = text_table_new(G_N_ELEMENTS(titles), 1);
        for (unsigned i = 0; i < G_N_ELEMENTS(titles); i++) {
            text_table_add(table, titles[i]);
        }
        for (unsigned column = 0; column < c->names->len; column++) {
            add_allocator(table, view, row, column);
        }
        text_table_print(table, out, GAP, view->style);
    }
}

char *compare_text(const Comparison *comparison, const Style *style) {
    bool writes = comparison_any(comparison, wrote);
    View view = {comparison, style, writes, writes ? 2 : 1};
    GString *out = g_string_new(NULL);
    g_autofree char *title = style_printable(comparison->title);
    style_paint(out, style, PAINT_TITLE, title);
    g_string_append_printf(out, ": %s\n",
                           comparison->allocators
                               ? "memory, faults, write-backs (wb) and system calls"
                           : writes ? "page faults and write-backs (wb)"
                                    : "page faults");
    if (comparison->allocators) {
        print_allocators(&view, out);
    } else {
        print_policies(&view, out);
    }
    g_autoptr(GString) notes = g_string_new(NULL);
    compare_notes_print(comparison, notes);
    g_string_append_printf(out, "%s%s", notes->len == 0 ? "" : "\n", notes->str);
    return g_string_free(out, FALSE);
}
