/* text.c - see text.h.
 *
 *   name
 *   the machine in one line
 *
 *     table of processes
 *
 *     label      what there is to say about the machine
 */
#include "output/text.h"

#include <inttypes.h>

#include "output/human.h"
#include "output/process_table.h"
#include "output/strip.h"
#include "output/wrap.h"

#define LABEL_WIDTH  13
#define STRIP_WIDTH  48
#define CPUS_SHOWN   8
#define GROUPS_SHOWN 8

typedef struct Text {
    GString *out;
    const Stats *stats;
    const Style *style;
    bool brief; /* short numbers, because exact ones would make the line too wide */
} Text;

/* "  label       words" */
G_GNUC_PRINTF(4, 5)
static void say(const Text *text, const char *label, Paint paint, const char *format, ...) {
    g_autofree char *padded = g_strdup_printf("  %-*s", LABEL_WIDTH, label);
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *words = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    style_paint(text->out, text->style, PAINT_LABEL, padded);
    style_paint(text->out, text->style, paint, words);
    g_string_append_c(text->out, '\n');
}

/* ---- the machine in one line ----------------------------------------------------------- */

static void append_tlb(GString *line, const MemoryConfig *config) {
    if (config->tlb_levels == 0) {
        g_string_append(line, ", no TLB");
    }
    for (unsigned i = 0; i < config->tlb_levels; i++) {
        g_autofree char *entries = human_count(config->tlb[i].entries);
        g_string_append_printf(line, "%s%s", i == 0 ? ", TLB " : "+", entries);
    }
}

static void append_swap(GString *line, const Stats *stats) {
    const MemoryConfig *config = &stats->config;
    if (config->swap_slots == 0) {
        g_string_append(line, ", no swap");
        return;
    }
    g_autofree char *size = human_pages(config->swap_slots, geometry_page_size(&config->geometry));
    const char *device = stats->workload->machine.device;
    g_string_append_printf(line, ", swap %s%s%s", size, device == NULL ? "" : " on ",
                           device == NULL ? "" : device);
}

static void say_header(const Text *text) {
    const MemoryConfig *config = &text->stats->config;
    uint64_t page_size = geometry_page_size(&config->geometry);
    g_autofree char *frames = human_count(config->frames);
    g_autofree char *page = human_bytes(page_size);
    g_autofree char *memory = human_pages(config->frames, page_size);
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_append_printf(line, "%s, %s frame%s of %s (%s), %s", config->geometry.name, frames,
                           config->frames == 1 ? "" : "s", page, memory, config->policy->info.name);
    append_tlb(line, config);
    append_swap(line, text->stats);
    g_autofree char *name = style_printable(text->stats->workload->name);
    style_paint(text->out, text->style, PAINT_TITLE, name);
    g_string_append_c(text->out, '\n');
    wrap_append(text->out, line->str, 0, 2, TEXT_WIDTH);
    g_string_append_c(text->out, '\n');
}

/* ---- the machine's block --------------------------------------------------------------- */

/* A count as the line has room for it. */
static char *count_of(const Text *text, uint64_t value) {
    return text->brief ? human_count_short(value) : human_count(value);
}

static void say_faults(const Text *text) {
    const Counters *c = &text->stats->counters;
    g_autofree char *all = count_of(text, c->pgfault);
    g_autofree char *minor = count_of(text, c->minflt);
    g_autofree char *major = count_of(text, c->majflt);
    g_autofree char *invalid = count_of(text, c->invalid_faults);
    say(text, "faults", PAINT_PLAIN, "%s: %s minor, %s major, %s invalid", all, minor, major,
        invalid);
}

static void say_replacement(const Text *text) {
    const Counters *c = &text->stats->counters;
    g_autofree char *evictions = count_of(text, c->evictions);
    g_autofree char *writebacks = count_of(text, c->writebacks);
    say(text, "replacement", PAINT_PLAIN, "%s evicted, %s written back", evictions, writebacks);
}

/* What a first write got at once, if more than a page was to be had. */
static void say_huge_pages(const Text *text) {
    const Counters *c = &text->stats->counters;
    g_autofree char *huge = count_of(text, c->thp_fault_alloc);
    g_autofree char *small = count_of(text, c->thp_fault_fallback);
    g_autofree char *split = count_of(text, c->thp_split_pmd);
    g_autofree char *folios = count_of(text, c->anon_folio_alloc);
    if (c->thp_fault_alloc + c->thp_fault_fallback + c->anon_folio_alloc > 0) {
        say(text, "huge pages", PAINT_PLAIN, "%s by faults, %s refused, %s split; %s folios", huge,
            small, split, folios);
    }
}

static void say_groups(const Text *text) {
    const MemoryConfig *config = &text->stats->config;
    const MachineSpec *spec = &text->stats->workload->machine;
    uint64_t page = geometry_page_size(&config->geometry);
    for (uint32_t i = 0; i < MIN(spec->groups.count, GROUPS_SHOWN); i++) {
        g_autofree char *name = style_printable(spec->groups.items[i].name);
        g_autofree char *peak = human_pages(text->stats->group_peaks[i], page);
        g_autofree char *limit = human_pages(config->group_frames[i], page);
        say(text, i == 0 ? "groups" : "", PAINT_PLAIN, "%s: peak %s of %s", name, peak, limit);
    }
}

/* Where promises are weighed: how many there were. */
static void say_commit(const Text *text) {
    const MemoryConfig *config = &text->stats->config;
    const CommitCharge *commit = &text->stats->commit;
    uint64_t page = geometry_page_size(&config->geometry);
    g_autofree char *peak = human_pages(commit->peak, page);
    g_autofree char *limit = human_pages(commit->limit, page);
    if (config->overcommit == OVERCOMMIT_NEVER) {
        say(text, "commit", PAINT_PLAIN, "%s promised at most, of %s", peak, limit);
    } else if (config->overcommit == OVERCOMMIT_HEURISTIC) {
        say(text, "commit", PAINT_PLAIN, "%s promised at most", peak);
    }
}

static void say_zero_pool(const Text *text) {
    const Counters *c = &text->stats->counters;
    if (c->zfod + c->zeroed_in_background == 0) {
        return;
    }
    g_autofree char *share = human_percent(c->ozfod, c->zfod);
    g_autofree char *zfod = count_of(text, c->zfod);
    g_autofree char *idle = count_of(text, c->zeroed_in_background);
    say(text, "zero pool", PAINT_PLAIN, "served %s of %s; the idle task zeroed %s", share, zfod,
        idle);
}

static void say_tlb(const Text *text) {
    const Counters *c = &text->stats->counters;
    if (text->stats->config.tlb_levels > 0 && c->loads + c->stores > 0) {
        g_autofree char *rate = human_percent(c->tlb_misses, c->loads + c->stores);
        g_autofree char *references = count_of(text, c->loads + c->stores);
        say(text, "TLB", PAINT_PLAIN, "%s of %s references missed", rate, references);
    }
}

static void say_access_time(const Text *text) {
    const Counters *c = &text->stats->counters;
    if (c->loads + c->stores > 0) {
        uint64_t tenths = (stats_access_ps(text->stats, c) + 50) / 100;
        g_autofree char *ns = human_count(tenths / 10);
        g_autofree char *references = count_of(text, c->loads + c->stores);
        say(text, "access time", PAINT_PLAIN, "%s.%u ns effective, over %s references", ns,
            (unsigned)(tenths % 10), references);
    }
}

static void say_cpu(const Text *text) {
    const Counters *c = &text->stats->counters;
    uint32_t cpus = text->stats->cpu_count;
    Tick time = stats_cpu_time(text->stats);
    g_autofree char *busy = human_percent(time - MIN(time, c->idle_ns), time);
    g_autofree char *all = human_time(text->stats->time);
    g_autofree char *switches = count_of(text, c->context_switches);
    if (cpus > 1) {
        say(text, "CPUs", PAINT_PLAIN, "%s busy of %u x %s, %s context switches", busy, cpus, all,
            switches);
    } else {
        say(text, "CPU", PAINT_PLAIN, "%s busy of %s, %s context switches", busy, all, switches);
    }
}

/* Where the processor's time went; with one process alone the table says as much. */
static void say_time(const Text *text) {
    const Stats *stats = text->stats;
    const Counters *c = &stats->counters;
    if (stats->processes->len < 2) {
        return;
    }
    Tick time = stats_cpu_time(stats);
    g_autofree char *user = human_percent(counters_user_ns(c, &stats->config), time);
    g_autofree char *system = human_percent(counters_system_ns(c), time);
    g_autofree char *switching = human_percent(c->switch_ns, time);
    g_autofree char *iowait = human_percent(c->iowait_ns, time);
    g_autofree char *zeroing = human_percent(c->zeroing_ns, time);
    say(text, "", PAINT_PLAIN, "%s user, %s system, %s switching", user, system, switching);
    say(text, "", PAINT_PLAIN, "idle: %s waiting for I/O, %s zeroing", iowait, zeroing);
}

/* One line for each of the first processors; stats.json has all of them. */
static void say_cpus(const Text *text) {
    const Stats *stats = text->stats;
    for (uint32_t i = 0; stats->cpu_count > 1 && i < MIN(stats->cpu_count, CPUS_SHOWN); i++) {
        const CpuFigures *cpu = &stats->cpus[i];
        g_autofree char *label = g_strdup_printf("CPU %" PRIu32, i);
        g_autofree char *user = human_percent(cpu->user_ns, stats->time);
        g_autofree char *system = human_percent(cpu->system_ns, stats->time);
        g_autofree char *idle = human_percent(cpu->idle_ns, stats->time);
        g_autofree char *missed = human_percent(cpu->tlb_misses, cpu->references);
        say(text, label, PAINT_PLAIN, "%s user, %s system, %s idle; TLB missed %s", user, system,
            idle, missed);
    }
}

static void say_shootdowns(const Text *text) {
    const Counters *c = &text->stats->counters;
    if (c->ipis_sent > 0) {
        g_autofree char *sent = count_of(text, c->ipis_sent);
        g_autofree char *time = human_percent(c->shootdown_ns, stats_cpu_time(text->stats));
        say(text, "shootdowns", PAINT_PLAIN, "%s interrupts, %s of the processors' time", sent,
            time);
    }
}

/* The mean number of requests at the device, waiting and served, by Little's law. */
static void say_queue(const Text *text) {
    const Counters *c = &text->stats->counters;
    if (text->stats->processes->len > 1 && text->stats->time > 0) {
        unsigned __int128 there = (unsigned __int128)(c->io_busy_ns + c->io_queue_ns) * 100;
        uint64_t hundredths = (uint64_t)(there / text->stats->time);
        g_autofree char *whole = human_count(hundredths / 100);
        say(text, "", PAINT_PLAIN, "%s.%02u requests at the device on average", whole,
            (unsigned)(hundredths % 100));
    }
}

static void say_device(const Text *text) {
    const Counters *c = &text->stats->counters;
    if (c->io_reads + c->io_writes > 0) {
        g_autofree char *reads = count_of(text, c->io_reads);
        g_autofree char *writes = count_of(text, c->io_writes);
        g_autofree char *busy = human_percent(c->io_busy_ns, text->stats->time);
        say(text, "I/O", PAINT_PLAIN, "%s reads, %s writes, device %s busy", reads, writes, busy);
        say_queue(text);
    }
}

static void say_heaps(const Text *text) {
    const Counters *c = &text->stats->counters;
    if (c->mallocs + c->failed_mallocs == 0) {
        return;
    }
    g_autofree char *mallocs = count_of(text, c->mallocs);
    g_autofree char *frees = count_of(text, c->frees);
    if (text->stats->processes->len > 1) {
        say(text, "heaps", PAINT_PLAIN, "%s mallocs, %s frees", mallocs, frees);
        return;
    }
    const Gauges *memory = &stats_process(text->stats, 0)->memory;
    g_autofree char *held = human_bytes(memory->peak_heap_bytes);
    g_autofree char *live = human_bytes(memory->peak_live_bytes);
    g_autofree char *used = human_percent(MIN(memory->peak_live_bytes, memory->peak_heap_bytes),
                                          memory->peak_heap_bytes);
    say(text, "heap", PAINT_PLAIN, "%s mallocs, %s frees; peak %s in %s: %s", mallocs, frees, live,
        held, used);
}

/* What of all that was the allocators' doing, not the programs'. */
static void say_bookkeeping(const Text *text) {
    Counters own = {0};
    for (unsigned i = 0; i < text->stats->processes->len; i++) {
        counters_add(&own, &stats_process(text->stats, i)->bookkeeping);
    }
    if (text->stats->counters.mallocs == 0) {
        return;
    }
    g_autofree char *minor = count_of(text, own.minflt);
    g_autofree char *major = count_of(text, own.majflt);
    g_autofree char *calls =
        count_of(text, own.brk_calls + own.mmap_calls + own.munmap_calls + own.mprotect_calls +
                           own.madvise_calls + own.mremap_calls);
    say(text, "book-keeping", PAINT_PLAIN, "%s minor, %s major of the faults; %s system calls",
        minor, major, calls);
}

/* Of a single process: what keeps the heap's pages in memory at the end. */
static void say_heap_pages(const Text *text) {
    const HeapSurvey *heap = &stats_process(text->stats, 0)->heap;
    if (text->stats->processes->len > 1 || heap->resident_pages == 0) {
        return;
    }
    g_autofree char *pinned = count_of(text, heap->pinned_pages);
    g_autofree char *below = count_of(text, heap->below_pages);
    g_autofree char *kept = count_of(text, heap->kept_pages);
    g_autofree char *own = count_of(text, heap->own_pages);
    say(text, "heap pages", PAINT_PLAIN, "%s pinned; empty: %s below, %s kept, %s own", pinned,
        below, kept, own);
}

/* What a teacher would want to be told without asking. */
static void say_misfortunes(const Text *text) {
    const Counters *c = &text->stats->counters;
    const struct {
        uint64_t count;
        const char *noun;
    } rows[] = {{c->sigsegv, "SIGSEGV"},           {c->sigbus, "SIGBUS"},
                {c->heap_errors, "heap errors"},   {c->failed_mallocs, "failed mallocs"},
                {c->verify_errors, "wrong bytes"}, {c->oom_kills, "oom kills"}};
    g_autoptr(GString) line = g_string_new(NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].count > 0) {
            g_autofree char *count = count_of(text, rows[i].count);
            g_string_append_printf(line, "%s%s %s", line->len > 0 ? ", " : "", count, rows[i].noun);
        }
    }
    if (line->len > 0) {
        g_autoptr(GString) wrapped = g_string_new(NULL);
        wrap_append(wrapped, line->str, 2 + LABEL_WIDTH, 2 + LABEL_WIDTH, TEXT_WIDTH);
        say(text, "attention", PAINT_BAD, "%s", g_strchomp(wrapped->str));
    }
}

static void say_strip(const Text *text, const Recorder *recorder) {
    uint64_t peak = strip_peak(recorder);
    if (peak == 0) {
        return;
    }
    Tick end = text->stats->time;
    g_autofree char *strip = strip_draw(recorder, end, peak, STRIP_WIDTH, text->style->unicode);
    g_autofree char *size = human_pages(peak, geometry_page_size(&text->stats->config.geometry));
    g_autofree char *time = human_time(end);
    g_string_append_c(text->out, '\n');
    say(text, "rss", PAINT_PLAIN, "%s  peak %s", strip, size);
    say(text, "", PAINT_LABEL, "0%*s", STRIP_WIDTH - 1, time);
}

/* ---- expectations ---------------------------------------------------------------------- */

static void say_expectations(const Text *text, const GArray *results) {
    unsigned failures = expect_failures(results);
    if (results->len == 0) {
        return;
    }
    g_string_append_c(text->out, '\n');
    say(text, "expect", failures == 0 ? PAINT_GOOD : PAINT_BAD, "%u of %u hold",
        results->len - failures, results->len);
    for (unsigned i = 0; i < results->len; i++) {
        const ExpectResult *result = &g_array_index(results, ExpectResult, i);
        if (!result->holds) {
            g_autofree char *wanted = expect_wanted(result->expectation);
            say(text, "", PAINT_PLAIN, "%s: expected %s, got %s", result->expectation->path, wanted,
                result->got);
        }
    }
}

static glong widest_line(const char *text) {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    glong widest = 0;
    for (unsigned i = 0; lines[i] != NULL; i++) {
        widest = MAX(widest, g_utf8_strlen(lines[i], -1));
    }
    return widest;
}

/* Say it with exact numbers if that is not too wide, else with short ones. */
static void say_fitting(const Text *text, void (*say_line)(const Text *)) {
    Style plain = {.unicode = text->style->unicode};
    Text trial = {g_string_new(NULL), text->stats, &plain, false};
    say_line(&trial);
    Text real = *text;
    real.brief = widest_line(trial.out->str) > TEXT_WIDTH;
    say_line(&real);
    g_string_free(trial.out, TRUE);
}

char *text_summary(const Stats *stats, const Recorder *recorder, const GArray *results,
                   const Style *style) {
    static void (*const lines[])(const Text *) = {
        say_faults,     say_huge_pages,  say_replacement, say_groups, say_commit,
        say_zero_pool,  say_tlb,         say_access_time, say_cpu,    say_time,
        say_cpus,       say_shootdowns,  say_device,      say_heaps,  say_bookkeeping,
        say_heap_pages, say_misfortunes,
    };
    Text text = {g_string_new(NULL), stats, style, false};
    say_header(&text);
    process_table_print(stats, text.out, TEXT_WIDTH, style);
    g_string_append_c(text.out, '\n');
    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        say_fitting(&text, lines[i]);
    }
    say_strip(&text, recorder);
    say_expectations(&text, results);
    return g_string_free(text.out, FALSE);
}

char *text_failures(const Workload *workload, const GArray *results) {
    GString *out = g_string_new(NULL);
    for (unsigned i = 0; i < results->len; i++) {
        const ExpectResult *result = &g_array_index(results, ExpectResult, i);
        if (!result->holds) {
            g_autofree char *wanted = expect_wanted(result->expectation);
            g_string_append_printf(out, "%s%s:%" PRIu32 ": /expect/%s: expected %s, got %s",
                                   out->len > 0 ? "\n" : "", workload->file,
                                   result->expectation->line, result->expectation->path, wanted,
                                   result->got);
        }
    }
    return g_string_free(out, FALSE);
}
