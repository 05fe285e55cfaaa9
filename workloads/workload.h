/* workload.h - a workload file, read and checked: machine, programs, expectations.
 *
 * Everything here is plain data with defaults filled in and every number in range.  The
 * format is docs/workload-format.md; schema/workload.schema.json says the same to editors.
 * Errors say file:line:column, the JSON pointer, what was expected, and the nearest known word:
 *
 *   lab.json:7:21: /processes/0/program/2/op: unknown op "mallok"; did you mean "malloc"?
 */
#ifndef FAULTLINE_WORKLOAD_H
#define FAULTLINE_WORKLOAD_H

#include <glib.h>

#include "faultline/costs.h"
#include "faultline/param.h"
#include "op.h"

/* What the other rooms know: the words that a workload may use.  Each array ends with NULL. */
typedef struct Vocabulary {
    const ComponentInfo *const *policies;
    const ComponentInfo *const *allocators;
    const char *const *mmus;
    const char *const *cost_presets;
    const char *const *devices;
    const char *const *kernels;
    const char *const *layouts;
} Vocabulary;

/* A policy or an allocator with the values of its parameters, in its table's order. */
typedef struct ComponentSpec {
    const ComponentInfo *info;
    uint64_t values[PARAMS_MAX];
} ComponentSpec;

typedef struct TlbSpec {
    uint32_t entries, ways;
    uint32_t huge_entries, huge_ways; /* for huge pages; 0 entries: none */
    bool plru;
} TlbSpec;

typedef enum HugePagesWord {
    HUGE_PAGES_WORD_NEVER,
    HUGE_PAGES_WORD_MADVISE,
    HUGE_PAGES_WORD_ALWAYS
} HugePagesWord;

typedef enum ZeroPoolWord {
    ZERO_POOL_WORD_BACKGROUND,
    ZERO_POOL_WORD_ON_DEMAND,
    ZERO_POOL_WORD_NEVER
} ZeroPoolWord;
typedef enum OvercommitWord {
    OVERCOMMIT_WORD_ALWAYS,
    OVERCOMMIT_WORD_HEURISTIC,
    OVERCOMMIT_WORD_NEVER
} OvercommitWord;

#define LAYOUT_SPEC_IMAGE_MAX 16

/* A part of the program's image. */
typedef struct ImageRangeSpec {
    VAddr start, end;
    unsigned prot; /* Prot bits */
    bool present;
} ImageRangeSpec;

typedef struct LayoutSpec {
    const char *name; /* a word of the vocabulary; NULL: the geometry's, or `custom` */
    bool custom;      /* the rest is meant; VADDR_FAIL: as without it */
    VAddr brk_start, mmap_top, mmap_bottom, mmap_min, stack_top;
    bool bottom_up;
    uint64_t stack_pages; /* 0: as without it */
    bool stack_present;
    ImageRangeSpec image[LAYOUT_SPEC_IMAGE_MAX];
    unsigned image_count;
} LayoutSpec;

typedef enum AllocationWord {
    ALLOCATION_WORD_EQUAL,
    ALLOCATION_WORD_PROPORTIONAL,
    ALLOCATION_WORD_PFF
} AllocationWord;

/* Under local replacement: how the frames are divided, how often that is looked at, and the
 * processor time between two faults below (above) which a process gets more (fewer) frames. */
typedef struct AllocationSpec {
    AllocationWord rule;
    Tick interval, grow_below, shrink_above;
} AllocationSpec;

#define NAMED_SIZES_MAX  64
#define MACHINE_CPUS_MAX 64

/* What a machine has several of, each with a name and a size. */
typedef struct NamedSize {
    char *name;
    uint64_t bytes;
} NamedSize;
typedef struct NamedSizes {
    NamedSize items[NAMED_SIZES_MAX];
    uint32_t count;
} NamedSizes;

/* Who dies when memory and swap are full: whoever has most resident, whoever is worst as Linux
 * reckons, nobody (the run ends there). */
typedef enum OomWord { OOM_WORD_KILL_LARGEST, OOM_WORD_KILL_BADNESS, OOM_WORD_STOP } OomWord;

typedef enum LoadControlWord {
    LOAD_CONTROL_WORD_NONE,
    LOAD_CONTROL_WORD_LS,
    LOAD_CONTROL_WORD_HALF,
    LOAD_CONTROL_WORD_WORKING_SET,
} LoadControlWord;

/* When are there too many processes, how often is that asked, and how long is it that one which has
 * returned is not sent out again? */
typedef struct LoadControlSpec {
    LoadControlWord criterion;
    Tick interval, residence;
} LoadControlSpec;

#define PAGE_CLUSTER_UNSET UINT64_MAX

typedef struct MachineSpec {
    const char *mmu; /* a word of the vocabulary, or NULL: page_size and level_bits */
    uint64_t page_size;
    unsigned level_bits[5], level_count;
    uint64_t memory_bytes; /* 0: `frames` says it */
    uint64_t frames;
    TlbSpec tlb[3];
    unsigned tlb_levels;
    ComponentSpec policy;
    bool local_scope; /* each process replaces its own pages only */
    AllocationSpec allocation;
    bool swap;
    uint64_t swap_bytes;
    const char *device;    /* a word of the vocabulary; NULL: that of the cost preset */
    uint64_t page_cluster; /* log2 of the slots read at once; PAGE_CLUSTER_UNSET */
    ZeroPoolWord zero_pool;
    uint32_t zero_start_ppm, zero_stop_ppm;
    uint64_t mark_min, mark_low, mark_high; /* watermarks, in frames; all 0: none */
    bool mark_background;
    OvercommitWord overcommit;
    uint32_t overcommit_percent; /* of memory, under "never" */
    const char *kernel;          /* a word of the vocabulary */
    bool reclaim_linux;          /* batches, read-ahead and policies as that kernel has them */
    LayoutSpec layout;
    bool shared_zero_page;
    HugePagesWord huge_pages;
    uint64_t folio_sizes, folio_sizes_madvise; /* bytes, powers of two: their sum */
    const char *cost_preset;                   /* a word of the vocabulary */
    Tick cost[COST_COUNT];                     /* TICK_NEVER: the preset's */
    Tick quantum;
    OomWord oom;
    NamedSizes groups;            /* processes that share a limit of memory */
    NamedSizes files;             /* that programs map by name */
    uint32_t cpus;                /* 1 to MACHINE_CPUS_MAX */
    uint32_t cpu_batch, cpu_high; /* frames that a CPU takes at a time, keeps at most; 0: none */
    bool asids; /* the TLB tells address spaces apart; else it is flushed at each switch */
    LoadControlSpec load_control;
    Tick working_set_window;
    bool process_windows; /* the window is time that the process itself has run */
} MachineSpec;

/* What a process has in its address space before its first op. */
typedef enum ImageWord { IMAGE_WORD_NONE, IMAGE_WORD_STATIC, IMAGE_WORD_DYNAMIC } ImageWord;

typedef struct ProcessSpec {
    char *name; /* NULL: spawned without one, or only a program to exec */
    uint32_t copies;
    uint32_t group;        /* of the machine's, from 1; 0: none */
    int32_t oom_score_adj; /* -1000 to 1000, as in Linux */
    uint32_t priority;     /* 0 to 99: higher ones run first */
    Tick start;
    ComponentSpec allocator;
    uint64_t limit_address_space, limit_data, limit_stack, limit_rss; /* UINT64_MAX: none */
    uint64_t limit_locked;                                            /* the same */
    uint64_t limit_rss_min; /* bytes that replacement for others leaves it */
    ImageWord image;
    bool survives_segv; /* "on_segv": "continue": the access is skipped and counted */
    Program program;
} ProcessSpec;

/* One line of "expect": a dotted path into stats.json, and what must stand there. */
typedef struct Expectation {
    char *path;
    char *text;        /* not NULL: the value must be this string */
    uint64_t min, max; /* else a number in min..max */
    uint32_t line;
} Expectation;

typedef struct Workload {
    char *file; /* as given, for messages */
    char *name, *description;
    uint64_t seed;
    MachineSpec machine;
    ProcessSpec *processes;
    uint32_t process_count;
    Expectation *expectations;
    uint32_t expectation_count;
    char *resolved;     /* the document as used (after overrides), as compact JSON */
    uint64_t max_steps; /* a run ends after so many; 0, as it is loaded: when it is over */
} Workload;

#define WORKLOAD_ERROR (workload_error_quark())
GQuark workload_error_quark(void);
typedef enum WorkloadError {
    WORKLOAD_ERROR_READ,
    WORKLOAD_ERROR_SYNTAX,
    WORKLOAD_ERROR_VALUE
} WorkloadError;

/* Read and check a file ("-": stdin).  `overrides`: "/machine/frames=4" lines, or NULL; the
 * value is JSON, or a bare word taken as a string. */
Workload *workload_load(const char *path, const char *const *overrides, const Vocabulary *words,
                        GError **error);
/* The same from memory; `name` stands for the file in messages. */
Workload *workload_parse(const char *name, const char *text, size_t length,
                         const char *const *overrides, const Vocabulary *words, GError **error);
/* The workload that `faultline run --trace FILE` means: a default machine, one process, which is
 * laid out as on Linux if FILE is a script. */
Workload *workload_for_trace(const char *trace_path, const char *const *overrides,
                             const Vocabulary *words, GError **error);
void workload_free(Workload *workload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workload, workload_free)

/* The known word nearest to `word` (by edit distance, if it is near enough), or NULL. */
const char *nearest_word(const char *word, const char *const *known);

#endif
