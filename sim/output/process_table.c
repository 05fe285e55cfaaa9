/* process_table.c - see process_table.h.
 *
 * Idea: exact numbers if they fit.  If not: less room between the columns, then short numbers
 * ("1.2M") in fewer columns, then shorter names.
 */
#include "output/process_table.h"

#include "output/human.h"
#include "output/table.h"

#define SHOWN_PROCESSES 10
#define NAME_WIDTH_MAX  20
#define NAME_WIDTH_MIN  8

/* One row's numbers: of a process, or their sum. */
typedef struct Row {
    Counters counters;
    uint64_t rss;
} Row;

typedef struct View {
    const Stats *stats;
    Row total;
    bool soft, swap, alone; /* do these columns show anything? */
    bool heap;              /* ... or is there no room for it? */
    bool brief;             /* short numbers */
    uint64_t page_size;
} View;

static View view_of(const Stats *stats) {
    View view = {
        .stats = stats, .heap = true, .page_size = geometry_page_size(&stats->config.geometry)};
    for (unsigned i = 0; i < stats->processes->len; i++) {
        const StatsProcess *process = stats_process(stats, i);
        counters_add(&view.total.counters, &process->counters);
        view.total.rss += process->memory.rss;
        view.alone |= process->alone > 0;
    }
    view.soft = view.total.counters.softflt > 0;
    view.swap = view.total.counters.pswpin + view.total.counters.pswpout > 0;
    return view;
}

static void add_count(Table *table, const View *view, uint64_t value) {
    text_table_take(table, view->brief ? human_count_short(value) : human_count(value));
}

static void add_titles(Table *table, const View *view) {
    text_table_add(table, "process");
    text_table_add(table, "status");
    text_table_add(table, "minor");
    text_table_add(table, "major");
    if (view->soft) {
        text_table_add(table, "soft");
    }
    text_table_add(table, "peak rss");
    text_table_add(table, "rss");
    if (view->heap) {
        text_table_add(table, "heap");
    }
    if (view->swap) {
        text_table_add(table, "swap in");
        text_table_add(table, "out");
    }
    text_table_add(table, "time");
    if (view->alone) {
        text_table_add(table, "slower");
    }
}

static void add_faults(Table *table, const View *view, const Counters *counters) {
    add_count(table, view, counters->minflt);
    add_count(table, view, counters->majflt);
    if (view->soft) {
        add_count(table, view, counters->softflt);
    }
}

static void add_swap(Table *table, const View *view, const Counters *counters) {
    if (view->swap) {
        add_count(table, view, counters->pswpin);
        add_count(table, view, counters->pswpout);
    }
}

static void add_status(Table *table, const StatsProcess *process) {
    bool exited = process->over == PROCESS_EXITED;
    if (exited && process->exit_code != 0) {
        g_autofree char *code = human_count_short(process->exit_code);
        text_table_take(table, g_strdup_printf("exit %s", code));
    } else {
        text_table_add(table, process_status_word(process->over));
    }
    text_table_paint(table, exited ? PAINT_PLAIN : PAINT_BAD);
}

/* In company, against alone: "2.31x". */
static void add_slowdown(Table *table, const View *view, const StatsProcess *process) {
    if (!view->alone) {
        return;
    }
    if (process == NULL || process->alone == 0) {
        text_table_add(table, "");
        return;
    }
    unsigned __int128 scaled = (unsigned __int128)stats_process_time(process) * 100;
    uint64_t hundredths = (uint64_t)((scaled + process->alone / 2) / process->alone);
    g_autofree char *times = human_count(hundredths / 100);
    text_table_take(table, g_strdup_printf("%s.%02ux", times, (unsigned)(hundredths % 100)));
}

static void add_process(Table *table, const View *view, const StatsProcess *process) {
    text_table_take(table, style_printable(process->name));
    add_status(table, process);
    add_faults(table, view, &process->counters);
    text_table_take(table, human_pages(process->memory.peak_rss, view->page_size));
    text_table_take(table, human_pages(process->memory.rss, view->page_size));
    if (view->heap) {
        text_table_take(table, human_bytes(process->memory.peak_heap_bytes));
    }
    add_swap(table, view, &process->counters);
    text_table_take(table, human_time(stats_process_time(process)));
    add_slowdown(table, view, process);
}

/* Peaks at different times have no sum. */
static void add_total(Table *table, const View *view) {
    g_autofree char *count = human_count(view->stats->processes->len);
    text_table_take(table, g_strdup_printf("all %s", count));
    text_table_add(table, "");
    add_faults(table, view, &view->total.counters);
    text_table_add(table, "");
    text_table_take(table, human_pages(view->total.rss, view->page_size));
    if (view->heap) {
        text_table_add(table, "");
    }
    add_swap(table, view, &view->total.counters);
    text_table_take(table, human_time(view->stats->time));
    add_slowdown(table, view, NULL);
}

static Table *make_table(const View *view) {
    unsigned columns =
        7 + view->alone + (view->heap ? 1 : 0) + (view->soft ? 1 : 0) + (view->swap ? 2 : 0);
    Table *table = text_table_new(columns, 2);
    add_titles(table, view);
    unsigned count = view->stats->processes->len;
    for (unsigned i = 0; i < MIN(count, SHOWN_PROCESSES); i++) {
        add_process(table, view, stats_process(view->stats, i));
    }
    if (count > 1) {
        add_total(table, view);
    }
    return table;
}

void process_table_print(const Stats *stats, GString *out, unsigned width, const Style *style) {
    View view = view_of(stats);
    unsigned gap = 2;
    g_autoptr(Table) exact = make_table(&view);
    view.brief = true;
    view.soft = view.heap = false;
    g_autoptr(Table) brief = make_table(&view);
    text_table_cut(exact, NAME_WIDTH_MAX, style);
    text_table_cut(brief, NAME_WIDTH_MAX, style);
    gap = text_table_width(exact, gap) > width ? 1 : gap;
    Table *table = text_table_width(exact, gap) > width ? brief : exact;
    for (unsigned name = NAME_WIDTH_MAX;
         name > NAME_WIDTH_MIN && text_table_width(table, gap) > width;) {
        text_table_cut(table, --name, style);
    }
    text_table_print(table, out, gap, style);
    if (stats->processes->len > SHOWN_PROCESSES) {
        g_autofree char *more = human_count(stats->processes->len - SHOWN_PROCESSES);
        g_string_append_printf(out, "  (%s more processes: stats.json has them all)\n", more);
    }
}
