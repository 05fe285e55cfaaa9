/* load_text.c - see load_text.h.
 *
 *   copies     CPU  jobs/s  page-ins/s  I/O wait  device  sent out
 *        1  20.6 %     6.6           0     0.0 %   0.0 %         0  ████
 *
 * Rates are per second of virtual time; integers only, rounded to a tenth.
 */
#include "output/load_text.h"

#include <inttypes.h>

#include "output/human.h"
#include "output/json.h"
#include "output/table.h"
#include "size_list.h"

#define BAR_WIDTH 12
#define SECOND    UINT64_C(1000000000)

/* ---- figures -------------------------------------------------------------------------------- */

typedef struct Figure {
    const char *name;
    uint64_t value;
} Figure;

#define FIGURES 14

static void figures_of(const SweepResult *r, Figure figures[FIGURES]) {
    const Counters *c = &r->counters;
    const Figure all[FIGURES] = {
        {"processes", r->processes},
        {"time_ns", r->time},
        {"user_ns", r->user},
        {"system_ns", r->system},
        {"switch_ns", c->switch_ns},
        {"idle_ns", c->idle_ns},
        {"iowait_ns", c->iowait_ns},
        {"io_busy_ns", c->io_busy_ns},
        {"io_queue_ns", c->io_queue_ns},
        {"minflt", c->minflt},
        {"majflt", c->majflt},
        {"writebacks", c->writebacks},
        {"suspensions", c->suspensions},
        {"suspended_ns", c->suspended_ns},
    };
    for (unsigned i = 0; i < FIGURES; i++) {
        figures[i] = all[i];
    }
}

/* ---- tables --------------------------------------------------------------------------------- */

/* "12.3": so many a second of virtual time. */
static char *rate(uint64_t count, Tick time) {
    unsigned __int128 scaled = (unsigned __int128)count * SECOND * 10;
    uint64_t tenths = time == 0 ? 0 : (uint64_t)((scaled + time / 2) / time);
    g_autofree char *whole = human_count(tenths / 10);
    return g_strdup_printf("%s.%u", whole, (unsigned)(tenths % 10));
}

/* Of the time that the processor was busy. */
static char *bar(const SweepResult *r, bool unicode) {
    Tick all = r->cpu_time;
    unsigned __int128 busy = all - MIN(all, r->counters.idle_ns);
    unsigned cells = all == 0 ? 0 : (unsigned)((busy * BAR_WIDTH + all / 2) / all);
    GString *text = g_string_new("");
    for (unsigned i = 0; i < cells; i++) {
        g_string_append(text, unicode ? "█" : "#");
    }
    g_string_append_printf(text, "%*s", (int)(BAR_WIDTH - cells), "");
    return g_string_free(text, FALSE);
}

static void add_row(Table *table, uint64_t copies, const SweepResult *r, bool unicode) {
    const Counters *c = &r->counters;
    text_table_take(table, human_count(copies));
    text_table_take(table, human_percent(r->cpu_time - MIN(r->cpu_time, c->idle_ns), r->cpu_time));
    text_table_take(table, rate(r->processes, r->time));
    text_table_take(table, rate(c->majflt, r->time));
    text_table_take(table, human_percent(c->iowait_ns, r->cpu_time));
    text_table_take(table, human_percent(c->io_busy_ns, r->time));
    text_table_take(table, human_count(c->suspensions));
    text_table_take(table, bar(r, unicode));
}

static void print_rule(const Multiprogramming *study, unsigned rule, GString *out,
                       const Style *style) {
    static const char *const titles[] = {"copies",   "CPU",    "jobs/s",   "page-ins/s",
                                         "I/O wait", "device", "sent out", ""};
    g_autoptr(Table) table = text_table_new(G_N_ELEMENTS(titles), 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(titles); i++) {
        text_table_add(table, titles[i]);
    }
    for (unsigned row = 0; row < study->copies->len; row++) {
        add_row(table, size_at(study->copies, row), multiprogramming_at(study, rule, row),
                style->unicode);
    }
    const char *word = multiprogramming_rule(study, rule);
    g_string_append_c(out, '\n');
    if (word != NULL) {
        g_string_append_printf(out, "load control: %s\n", word);
    }
    text_table_print(table, out, 2, style);
}

char *load_text(const Multiprogramming *study, const Style *style) {
    GString *out = g_string_new(NULL);
    g_autofree char *title = style_printable(study->title);
    style_paint(out, style, PAINT_TITLE, title);
    g_string_append(out, ": use of the processor against the number of processes\n");
    for (unsigned rule = 0; rule < study->rules->len; rule++) {
        print_rule(study, rule, out, style);
    }
    return g_string_free(out, FALSE);
}

/* ---- CSV and JSON ---------------------------------------------------------------------------- */

/* The workload's own rule has no word here. */
static const char *rule_word(const Multiprogramming *study, unsigned rule) {
    const char *word = multiprogramming_rule(study, rule);
    return word == NULL ? "" : word;
}

char *load_csv(const Multiprogramming *study) {
    Figure figures[FIGURES];
    figures_of(&(SweepResult){0}, figures);
    GString *out = g_string_new("load_control,copies");
    for (unsigned i = 0; i < FIGURES; i++) {
        g_string_append_printf(out, ",%s", figures[i].name);
    }
    g_string_append_c(out, '\n');
    for (unsigned rule = 0; rule < study->rules->len; rule++) {
        for (unsigned row = 0; row < study->copies->len; row++) {
            figures_of(multiprogramming_at(study, rule, row), figures);
            g_string_append_printf(out, "%s,%" PRIu64, rule_word(study, rule),
                                   size_at(study->copies, row));
            for (unsigned i = 0; i < FIGURES; i++) {
                g_string_append_printf(out, ",%" PRIu64, figures[i].value);
            }
            g_string_append_c(out, '\n');
        }
    }
    return g_string_free(out, FALSE);
}

static void write_run(JsonWriter *w, const Multiprogramming *study, unsigned rule, unsigned row) {
    Figure figures[FIGURES];
    figures_of(multiprogramming_at(study, rule, row), figures);
    json_writer_open(w, NULL, '{');
    if (multiprogramming_rule(study, rule) != NULL) {
        json_writer_string(w, "load_control", multiprogramming_rule(study, rule));
    }
    json_writer_number(w, "copies", size_at(study->copies, row));
    for (unsigned i = 0; i < FIGURES; i++) {
        json_writer_number(w, figures[i].name, figures[i].value);
    }
    json_writer_close(w, '}');
}

char *load_json(const Multiprogramming *study) {
    JsonWriter w = {.out = g_string_new(NULL), .empty = TRUE};
    json_writer_open(&w, NULL, '{');
    json_writer_string(&w, "schema", MULTIPROGRAMMING_SCHEMA);
    json_writer_string(&w, "workload", study->title);
    json_writer_open(&w, "runs", '[');
    for (unsigned rule = 0; rule < study->rules->len; rule++) {
        for (unsigned row = 0; row < study->copies->len; row++) {
            write_run(&w, study, rule, row);
        }
    }
    json_writer_close(&w, ']');
    json_writer_close(&w, '}');
    return g_string_free(w.out, FALSE);
}
