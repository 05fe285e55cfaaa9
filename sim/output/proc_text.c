/* proc_text.c - see proc_text.h. */
#include "output/proc_text.h"

#include <inttypes.h>
#include <string.h>

#include "options.h"
#include "output/style.h"
#include "stats.h"

#define US_PER_SECOND UINT64_C(1000000)

/* ---- which parts ---------------------------------------------------------------------------- */

static const char *const part_words[] = {
#define PROC_PART(name, word) word,
    PROC_PARTS(PROC_PART)
#undef PROC_PART
        "all",
    NULL};

unsigned proc_parts_parse(const char *list, GError **error) {
    g_auto(GStrv) words = g_strsplit(list[0] == '\0' ? "," : list, ",", -1);
    unsigned parts = 0;
    for (char **word = words; *word != NULL; word++) {
        unsigned part = 0;
        while (part_words[part] != NULL && strcmp(part_words[part], *word) != 0) {
            part++;
        }
        if (part_words[part] == NULL) {
            options_refuse_word(error, "part of --proc", *word, part_words);
            return 0;
        }
        parts |= part == PROC_PART_COUNT ? (1U << PROC_PART_COUNT) - 1 : 1U << part;
    }
    return parts;
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* "Rss:                 12 kB", the number ending in column 24 as in smaps and meminfo. */
static void say_bytes(GString *out, const char *name, uint64_t bytes) {
    g_string_append_printf(out, "%-15s %8" PRIu64 " kB\n", name, bytes >> 10);
}

/* ... and as in status, behind a tab. */
static void say_status(GString *out, const char *name, uint64_t bytes) {
    g_string_append_printf(out, "%s\t%8" PRIu64 " kB\n", name, bytes >> 10);
}

static void say_title(GString *out, const ProcView *view, const char *file) {
    g_autofree char *name = style_printable(view->name);
    g_string_append_printf(out, "%s==> /proc/%" PRIu32 "/%s <== %s, %s\n", out->len > 0 ? "\n" : "",
                           view->pid, file, name, view->when);
}

/* ---- /proc/PID ------------------------------------------------------------------------------ */

static void say_process(GString *out, const ProcView *view) {
    const Gauges *now = &view->gauges;
    const struct {
        const char *name;
        uint64_t pages;
    } rows[] = {{"VmPeak:", now->peak_vm_size},
                {"VmSize:", now->vm_size},
                {"VmLck:", now->locked},
                {"VmHWM:", now->peak_rss},
                {"VmRSS:", now->rss},
                {"RssAnon:", now->anon},
                {"RssFile:", now->file},
                {"RssShmem:", view->shmem},
                {"VmData:", view->data},
                {"VmStk:", view->stack},
                {"VmPTE:", now->page_table_pages},
                {"VmSwap:", view->swap}};
    g_autofree char *name = style_printable(view->name);
    g_string_append_printf(out, "Name:\t%s\nPid:\t%" PRIu32 "\nPPid:\t%" PRIu32 "\n", name,
                           view->pid, view->parent);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        say_status(out, rows[i].name, rows[i].pages * view->page_size);
    }
    g_string_append_printf(out, "Threads:\t%" PRIu32 "\n", view->threads);
}

/* Below the first line of a mapping, or of the sum of all. */
static void say_sums(GString *out, const ProcView *view, const MappingSums *sums) {
    const struct {
        const char *name;
        uint64_t pages;
    } rows[] = {{"Shared_Clean:", sums->shared_clean},
                {"Shared_Dirty:", sums->shared_dirty},
                {"Private_Clean:", sums->private_clean},
                {"Private_Dirty:", sums->private_dirty},
                {"Referenced:", sums->referenced},
                {"Anonymous:", sums->anonymous},
                {"LazyFree:", sums->lazy_free},
                {"AnonHugePages:", sums->huge},
                {"Swap:", sums->swap}};
    say_bytes(out, "Rss:", sums->rss * view->page_size);
    say_bytes(out, "Pss:", sums->pss >> PSS_SHIFT);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        say_bytes(out, rows[i].name, rows[i].pages * view->page_size);
    }
    say_bytes(out, "SwapPss:", sums->swap_pss >> PSS_SHIFT);
    say_bytes(out, "Locked:", sums->pss_locked >> PSS_SHIFT);
}

static void say_range(GString *out, const ProcView *view, const Vma *vma, const char *name) {
    gsize before = out->len;
    bool file = vma->kind == VMA_FILE;
    g_string_append_printf(out, "%08" PRIx64 "-%08" PRIx64 " %c%c%c%c %08" PRIx64 " 00:00 0",
                           vma->first * view->page_size, vma->end * view->page_size,
                           (vma->prot & VM_READ) ? 'r' : '-', (vma->prot & VM_WRITE) ? 'w' : '-',
                           (vma->prot & VM_EXEC) ? 'x' : '-', (vma->flags & VMA_SHARED) ? 's' : 'p',
                           file ? vma->file_page * view->page_size : 0);
    if (name != NULL) {
        g_autofree char *printable = style_printable(name);
        g_string_append_printf(out, "%*s%s", (int)(73 - MIN(out->len - before, 72)), "", printable);
    }
    g_string_append_c(out, '\n');
}

/* The two-letter words of proc(5), for the flags that there are. */
static void say_flags(GString *out, const Vma *vma) {
    bool shared = (vma->flags & VMA_SHARED) != 0;
    const struct {
        bool set;
        const char *word;
    } rows[] = {{vma->prot & VM_READ, "rd"},
                {vma->prot & VM_WRITE, "wr"},
                {vma->prot & VM_EXEC, "ex"},
                {shared, "sh"},
                {true, "mr mw me"},
                {shared, "ms"},
                {vma->flags & VMA_GROWS_DOWN, "gd"},
                {vma->flags & VMA_LOCKED, "lo"},
                {vma->flags & VMA_SEQUENTIAL, "sr"},
                {vma->flags & VMA_RANDOM, "rr"},
                {vma->flags & VMA_DONT_FORK, "dc"},
                {vma->flags & VMA_LOCK_ON_FAULT, "lf"},
                {vma->flags & VMA_ACCOUNT, "ac"},
                {vma->flags & VMA_NORESERVE, "nr"},
                {vma->flags & VMA_WIPE_ON_FORK, "wf"},
                {vma->flags & VMA_HUGE_PAGE, "hg"},
                {vma->flags & VMA_NO_HUGE_PAGE, "nh"}};
    g_string_append(out, "VmFlags:");
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].set) {
            g_string_append_printf(out, " %s", rows[i].word);
        }
    }
    g_string_append_c(out, '\n');
}

static void say_smaps(GString *out, const ProcView *view) {
    for (unsigned i = 0; i < view->mappings->len; i++) {
        const ProcMapping *mapping = &g_array_index(view->mappings, ProcMapping, i);
        uint64_t pages = mapping->vma.end - mapping->vma.first;
        say_range(out, view, &mapping->vma, mapping->name);
        say_bytes(out, "Size:", pages * view->page_size);
        say_sums(out, view, &mapping->sums);
        say_flags(out, &mapping->vma);
    }
}

static void sums_add(MappingSums *to, const MappingSums *from) {
    for (unsigned i = 0; i < sizeof *to / sizeof(uint64_t); i++) {
        ((uint64_t *)to)[i] += ((const uint64_t *)from)[i];
    }
}

static void say_rollup(GString *out, const ProcView *view) {
    MappingSums sums = {0};
    Vma all = {.first = 0, .end = 0};
    for (unsigned i = 0; i < view->mappings->len; i++) {
        const ProcMapping *mapping = &g_array_index(view->mappings, ProcMapping, i);
        sums_add(&sums, &mapping->sums);
        all.first = i == 0 ? mapping->vma.first : all.first;
        all.end = mapping->vma.end;
    }
    say_range(out, view, &all, "[rollup]");
    say_sums(out, view, &sums);
}

static void say_time(GString *out, const char *name, uint64_t ns) {
    uint64_t us = ns / 1000;
    g_string_append_printf(out, "%-11s %" PRIu64 ".%06" PRIu64 "\n", name, us / US_PER_SECOND,
                           us % US_PER_SECOND);
}

/* Blocks are of 512 bytes, as the kernel counts them. */
static void say_rusage(GString *out, const ProcView *view) {
    const Counters *c = &view->counters;
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {{"ru_maxrss", view->gauges.peak_rss * view->page_size / 1024},
                {"ru_minflt", c->minflt},
                {"ru_majflt", c->majflt},
                {"ru_inblock", (c->pswpin + c->filein) * view->page_size / 512},
                {"ru_oublock", (c->pswpout + c->fileout) * view->page_size / 512},
                {"ru_nivcsw", c->preemptions}};
    say_time(out, "ru_utime", view->user_ns);
    say_time(out, "ru_stime", view->system_ns);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_string_append_printf(out, "%-11s %" PRIu64 "\n", rows[i].name, rows[i].value);
    }
}

/* ---- the machine ---------------------------------------------------------------------------- */

static void say_meminfo(GString *out, const MachineView *view, uint64_t page) {
    const FrameCensus *frames = &view->frames;
    const MemorySums *sums = &view->sums;
    const struct {
        const char *name;
        uint64_t pages;
    } rows[] = {{"MemTotal:", frames->total},
                {"MemFree:", frames->free + frames->zeroed},
                {"Cached:", sums->file + sums->shmem},
                {"Mlocked:", sums->locked},
                {"SwapTotal:", frames->swap_total},
                {"SwapFree:", frames->swap_total - frames->swap_used},
                {"AnonPages:", sums->anon},
                {"Mapped:", sums->mapped},
                {"Shmem:", sums->shmem},
                {"AnonHugePages:", sums->huge},
                {"PageTables:", sums->page_tables},
                {"CommitLimit:", view->commit.limit},
                {"Committed_AS:", view->commit.now}};
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        say_bytes(out, rows[i].name, rows[i].pages * page);
    }
}

/* State first, then what has happened; pgpgin and pgpgout are KiB. */
static void say_vmstat(GString *out, const MachineView *view, uint64_t page) {
    const FrameCensus *frames = &view->frames;
    const MemorySums *sums = &view->sums;
    const Counters *c = &view->counters;
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {{"nr_free_pages", frames->free + frames->zeroed},
                {"nr_mlock", sums->locked},
                {"nr_anon_pages", sums->anon},
                {"nr_mapped", sums->mapped},
                {"nr_file_pages", sums->file + sums->shmem},
                {"nr_shmem", sums->shmem},
                {"nr_page_table_pages", sums->page_tables},
                {"pgpgin", (c->pswpin + c->filein) * page / 1024},
                {"pgpgout", (c->pswpout + c->fileout) * page / 1024},
                {"pswpin", c->pswpin},
                {"pswpout", c->pswpout},
                {"pgfault", c->pgfault},
                {"pgmajfault", c->majflt},
                {"pgreuse", c->pgreuse},
                {"pgactivate", c->pgactivate},
                {"pgdeactivate", c->pgdeactivate},
                {"pgrefill", c->pgrefill},
                {"pgsteal_kswapd", c->pgsteal_kswapd},
                {"pgsteal_direct", c->pgsteal_direct},
                {"pgscan_kswapd", c->pgscan_kswapd},
                {"pgscan_direct", c->pgscan_direct},
                {"workingset_refault_anon", c->workingset_refault_anon},
                {"workingset_activate_anon", c->workingset_activate_anon},
                {"workingset_restore_anon", c->workingset_restore_anon},
                {"allocstall", c->allocstall},
                {"pageoutrun", c->pageoutrun},
                {"thp_fault_alloc", c->thp_fault_alloc},
                {"thp_fault_fallback", c->thp_fault_fallback},
                {"thp_split_page", c->thp_split_page},
                {"thp_split_pmd", c->thp_split_pmd},
                {"thp_zero_page_alloc", c->thp_zero_page_alloc},
                {"swap_ra", c->swap_ra},
                {"swap_ra_hit", c->swap_ra_hit},
                {"oom_kill", c->oom_kills}};
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_string_append_printf(out, "%s %" PRIu64 "\n", rows[i].name, rows[i].value);
    }
}

static void say_machine(GString *out, const MachineView *view, uint64_t page, const char *when,
                        unsigned parts) {
    static const struct {
        ProcPart part;
        const char *file;
        void (*say)(GString *out, const MachineView *view, uint64_t page);
    } files[] = {{PROC_MEMINFO, "meminfo", say_meminfo}, {PROC_VMSTAT, "vmstat", say_vmstat}};
    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        if (parts & 1U << files[i].part) {
            g_string_append_printf(out, "%s==> /proc/%s <== %s\n", out->len > 0 ? "\n" : "",
                                   files[i].file, when);
            files[i].say(out, view, page);
        }
    }
}

/* ---- all of it ------------------------------------------------------------------------------ */

static void say_view(GString *out, const ProcView *view, unsigned parts) {
    static const struct {
        ProcPart part;
        const char *file;
        void (*say)(GString *out, const ProcView *view);
    } files[] = {{PROC_STATUS, "status", say_process},
                 {PROC_SMAPS, "smaps", say_smaps},
                 {PROC_ROLLUP, "smaps_rollup", say_rollup},
                 {PROC_RUSAGE, "rusage (getrusage)", say_rusage}};
    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        if (parts & 1U << files[i].part) {
            say_title(out, view, files[i].file);
            files[i].say(out, view);
        }
    }
    if (view->machine != NULL) {
        say_machine(out, view->machine, view->page_size, view->when, parts);
    }
}

char *proc_text(const ProcLog *log, unsigned parts) {
    GString *out = g_string_new(NULL);
    for (unsigned i = 0; i < log->views->len; i++) {
        say_view(out, &g_array_index(log->views, ProcView, i), parts);
    }
    say_machine(out, &log->end, log->page_size, "at the end of the run", parts);
    return g_string_free(out, FALSE);
}
