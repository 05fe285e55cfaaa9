/* gnuplot.c - see gnuplot.h.
 *
 * Idea: the script is plain text that a reader changes: columns go by their titles, and nothing out
 * of a file but letters, digits and a few signs gets into it, so that a name is never a command.
 */
#include "output/gnuplot.h"

#include <inttypes.h>

#include "size_list.h"

#define SVG "set terminal svg size 960,%u dynamic background rgb 'white' font 'sans-serif,12'\n"

/* In a string of gnuplot's, in single quotes. */
static char *harmless(const char *text) {
    char *copy = g_strdup(text);
    for (char *c = copy; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == '\'' || *c == '`' || *c == '@' || *c == '\\') {
            *c = ' ';
        }
    }
    return copy;
}

static void append_head(GString *out, const char *title, unsigned height) {
    g_autofree char *plain = harmless(title);
    g_string_append_printf(out, SVG, height);
    g_string_append_printf(out, "set title '%s' noenhanced\n", plain);
    g_string_append(out, "set grid\nset key outside right top noenhanced\n");
}

/* ---- a run ----------------------------------------------------------------------------------------- */

char *gnuplot_series(const char *title, uint64_t page_size) {
    GString *out = g_string_new("# gnuplot series.gp    draws series.csv as series.svg\n");
    append_head(out, title, 720);
    g_string_append_printf(
        out,
        "set output 'series.svg'\n"
        "set datafile separator ','\n"
        "ms(ns) = ns / 1e6\n"
        "kib(pages) = pages * %" PRIu64 " / 1024.0\n"
        "set multiplot layout 2,1\n"
        "set xlabel 'virtual time (ms)'\n"
        "set ylabel 'KiB'\n"
        "set yrange [0:*]\n"
        "plot 'series.csv' using (ms(column('time_ns'))):(kib(column('rss'))) with steps lw 2 "
        "title "
        "'rss', \\\n"
        "     '' using (ms(column('time_ns'))):(kib(column('swap_used'))) with steps dt 2 title "
        "'in swap', \\\n"
        "     '' using (ms(column('time_ns'))):(kib(column('free'))) with steps dt 3 title 'free', "
        "\\\n"
        "     '' using (ms(column('time_ns'))):(kib(column('zeroed'))) with steps dt 4 title "
        "'zeroed'\n"
        "unset title\n"
        "set ylabel 'page faults so far'\n"
        "plot 'series.csv' using (ms(column('time_ns'))):(column('minflt')) with steps lw 2 title "
        "'minor', \\\n"
        "     '' using (ms(column('time_ns'))):(column('majflt')) with steps dt 2 lw 2 title "
        "'major'\n"
        "unset multiplot\n",
        page_size);
    return g_string_free(out, FALSE);
}

/* ---- by memory size -------------------------------------------------------------------------------- */

/* Lines do not run along the frame. */
#define ROOM "set yrange [0:*]\nset offsets graph 0.02, graph 0.02, graph 0.05, 0\n"

/* Of sizes in ascending order. */
static uint64_t largest(const GArray *sizes) {
    return sizes->len == 0 ? 0 : size_at(sizes, sizes->len - 1);
}

/* "plot $c0 ... title 'lru', $c1 ..." of `count` blocks of data; few frames are whole ones. */
static void append_plot(GString *out, uint64_t frames, unsigned count,
                        const char *(*name)(const void *, unsigned), const void *host) {
    g_string_append_printf(out, "set xlabel 'frames'\nset ylabel 'page faults'\n%s%splot ", ROOM,
                           frames <= 20 ? "set xtics 1\n" : "");
    for (unsigned i = 0; i < count; i++) {
        g_string_append_printf(out,
                               "%s$c%u using 1:2 with linespoints dt %u pt %u ps 0.5 title '%s'",
                               i == 0 ? "" : ", \\\n     ", i, i % 5 + 1, i % 8 + 4, name(host, i));
    }
    g_string_append_c(out, '\n');
}

static const char *curve_name(const void *set, unsigned index) {
    return size_curve_at(set, index)->name;
}

/* Faults by window, when nothing else was asked for. */
static void append_window(GString *out, const CurveSet *set) {
    g_autoptr(GArray) windows = curve_set_windows(set);
    g_string_append(out, "$w << END\n");
    for (unsigned row = 0; row < windows->len; row++) {
        uint64_t tau = size_at(windows, row);
        g_string_append_printf(out, "%" PRIu64 " %" PRIu64 "\n", tau,
                               window_curve_faults(set->window, tau));
    }
    g_string_append(out, "END\nset logscale x 2\nset xlabel 'window, in references'\n"
                         "set ylabel 'page faults'\n" ROOM
                         "plot $w using 1:2 with linespoints pt 4 ps 0.5 title 'ws'\n");
}

char *gnuplot_curves(const CurveSet *set) {
    GString *out = g_string_new("# gnuplot THIS > curve.svg\n");
    append_head(out, set->title, 540);
    for (unsigned i = 0; i < set->curves->len; i++) {
        g_string_append_printf(out, "$c%u << END\n", i);
        for (unsigned row = 0; row < set->sizes->len; row++) {
            g_string_append_printf(out, "%" PRIu64 " %" PRIu64 "\n", size_at(set->sizes, row),
                                   size_curve_faults(size_curve_at(set, i), row));
        }
        g_string_append(out, "END\n");
    }
    if (set->curves->len > 0) {
        append_plot(out, largest(set->sizes), set->curves->len, curve_name, set);
    } else if (set->window != NULL) {
        append_window(out, set);
    }
    return g_string_free(out, FALSE);
}

static const char *column_name(const void *comparison, unsigned index) {
    return comparison_name(comparison, index);
}

/* Runs that could not be made leave their points out. */
char *gnuplot_comparison(const Comparison *comparison) {
    GString *out = g_string_new("# gnuplot THIS > comparison.svg\n");
    append_head(out, comparison->title, 540);
    for (unsigned i = 0; i < comparison->names->len; i++) {
        g_string_append_printf(out, "$c%u << END\n", i);
        for (unsigned row = 0; row < comparison->sizes->len; row++) {
            const SweepResult *result = comparison_at(comparison, row, i);
            if (result->error == NULL) {
                g_string_append_printf(out, "%" PRIu64 " %" PRIu64 "\n",
                                       size_at(comparison->sizes, row), result->faults);
            }
        }
        g_string_append(out, "END\n");
    }
    append_plot(out, largest(comparison->sizes), comparison->names->len, column_name, comparison);
    return g_string_free(out, FALSE);
}
