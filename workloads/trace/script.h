/* script.h - the two script languages: one operation a line, the quickest way to try something.
 *
 *   .ops    system calls and touches         .heap   calls of malloc and its family
 *           mmap 0 100 rw                            a 0 5000
 *           touch 0 0 100 1 w                        t 0
 *           munmap 0 30 40                           f 0
 *
 * Idea: a table has one row an operation: its word, its operands, a line of help.  The parser,
 * its messages, `faultline help ops` and the documents all follow from the table.  What an
 * operation does is the business of whoever carries it out (sim/process_script.c and
 * sim/process_heap_script.c); what it means is docs/scripts.md.
 *
 * Invariants of a script that was read whole: each fork's jump is its endfork; regions, blocks
 * and threads are below their limits; a touch reaches no page beyond SCRIPT_PAGES_MAX.
 * Units: offsets, lengths and strides of .ops are pages of the machine; .heap has bytes.
 */
#ifndef FAULTLINE_SCRIPT_H
#define FAULTLINE_SCRIPT_H

#include <glib.h>

#include "faultline/types.h"

typedef enum ScriptLanguage { SCRIPT_OPS, SCRIPT_HEAP, SCRIPT_LANGUAGES } ScriptLanguage;

/* ---- operations: SCRIPT_xxx is a row of the language's table ----------------------------- */

typedef enum ScriptKind {
    /* .ops: regions */
    SCRIPT_MMAP,     /* region, pages, prot, map_flags, address, file, file_page */
    SCRIPT_MUNMAP,   /* region, first, pages */
    SCRIPT_MPROTECT, /* region, first, pages, prot */
    SCRIPT_MADVISE,  /* region, first, pages, advice */
    SCRIPT_MREMAP,   /* region, pages (old), new_pages, remap_flags, address */
    SCRIPT_BRK,      /* change: bytes */
    SCRIPT_MLOCK,    /* region, first, pages; also munlock, mincore */
    SCRIPT_MUNLOCK,
    SCRIPT_MLOCKALL, /* count: MCL_ bits */
    SCRIPT_MUNLOCKALL,
    SCRIPT_MINCORE,
    /* accesses */
    SCRIPT_TOUCH,   /* region, first, count, stride, access */
    SCRIPT_POKE,    /* address, access */
    SCRIPT_STACK,   /* pages, access, first: pages below the stack pointer that are skipped */
    SCRIPT_PATTERN, /* region, first, pages, pattern, count, seed, write_percent */
    SCRIPT_ZREAD,   /* region, first, pages */
    /* files and processes */
    SCRIPT_WARMFILE, /* file */
    SCRIPT_COLDFILE, /* file */
    SCRIPT_TRUNCATE, /* file, pages */
    SCRIPT_FORK,     /* jump: its endfork; also forkhold */
    SCRIPT_FORKHOLD,
    SCRIPT_ENDFORK, /* jump: its fork */
    SCRIPT_REAP,
    SCRIPT_NOP,
    SCRIPT_PROC,
    /* .heap: blocks */
    SCRIPT_MALLOC,   /* region (the block), size */
    SCRIPT_FREE,     /* region */
    SCRIPT_REALLOC,  /* region, size */
    SCRIPT_CALLOC,   /* region, count, size */
    SCRIPT_MEMALIGN, /* region, alignment, size */
    SCRIPT_WRITE,    /* region; also read */
    SCRIPT_READ,
    SCRIPT_MALLOC_MANY, /* region (the first), size, count, stride (between ids) */
    SCRIPT_FREE_MANY,   /* region (the first), count, stride */
    /* the heap and its threads */
    SCRIPT_TRIM,   /* size: the pad */
    SCRIPT_TUNE,   /* option, change: the value */
    SCRIPT_SBRK,   /* change: bytes */
    SCRIPT_BLOCK,  /* a page directly above the break */
    SCRIPT_THREAD, /* region: the thread; also join */
    SCRIPT_JOIN,
    SCRIPT_KINDS
} ScriptKind;

typedef enum ScriptMapFlags {
    SCRIPT_MAP_SHARED = 1,
    SCRIPT_MAP_FIXED = 2,
    SCRIPT_MAP_NOREPLACE = 4, /* together with FIXED */
    SCRIPT_MAP_POPULATE = 8,
    SCRIPT_MAP_NORESERVE = 16,
} ScriptMapFlags;

/* The numbers of mremap(2). */
typedef enum ScriptRemapFlags {
    SCRIPT_REMAP_MAYMOVE = 1,
    SCRIPT_REMAP_FIXED = 2,
    SCRIPT_REMAP_DONTUNMAP = 4,
} ScriptRemapFlags;

typedef enum ScriptAdvice {
    SCRIPT_ADVICE_NORMAL,
    SCRIPT_ADVICE_RANDOM,
    SCRIPT_ADVICE_SEQUENTIAL,
    SCRIPT_ADVICE_WILLNEED,
    SCRIPT_ADVICE_DONTNEED,
    SCRIPT_ADVICE_FREE,
    SCRIPT_ADVICE_COLD,
    SCRIPT_ADVICE_PAGEOUT,
    SCRIPT_ADVICE_POPULATE_READ,
    SCRIPT_ADVICE_POPULATE_WRITE,
    SCRIPT_ADVICE_DONTFORK,
    SCRIPT_ADVICE_DOFORK,
    SCRIPT_ADVICE_WIPEONFORK,
    SCRIPT_ADVICE_KEEPONFORK,
    SCRIPT_ADVICE_HUGEPAGE,
    SCRIPT_ADVICE_NOHUGEPAGE,
} ScriptAdvice;

typedef enum ScriptPatternKind {
    SCRIPT_PATTERN_LOOP,
    SCRIPT_PATTERN_SAWTOOTH,
    SCRIPT_PATTERN_UNIFORM,
    SCRIPT_PATTERN_ZIPF,
    SCRIPT_PATTERN_ZIPF1,
    SCRIPT_PATTERN_PHASE,
    SCRIPT_PATTERN_HOTSCAN,
} ScriptPatternKind;

#define SCRIPT_REGIONS_MAX UINT32_C(65536)     /* ids of .ops are below */
#define SCRIPT_BLOCKS_MAX  (UINT32_C(1) << 24) /* ids of .heap are below */
#define SCRIPT_THREADS_MAX UINT32_C(1024)
#define SCRIPT_PAGES_MAX   (UINT64_C(1) << 45) /* no page number or number of pages beyond */
#define SCRIPT_COUNT_MAX   (UINT64_C(1) << 32) /* accesses or blocks of one operation */
#define SCRIPT_BREAK       UINT32_MAX          /* the region "B": the heap that brk moves */
#define SCRIPT_NO_FILE     UINT32_MAX

typedef struct ScriptOp {
    uint8_t kind;   /* ScriptKind */
    uint8_t access; /* Access */
    uint8_t prot;   /* Prot bits */
    uint8_t advice; /* ScriptAdvice */
    uint8_t pattern;
    uint8_t map_flags;
    uint32_t line;   /* in the file, from 1 */
    uint32_t region; /* id of a region, block or thread; or SCRIPT_BREAK */
    uint32_t file;   /* index into the script's files, or SCRIPT_NO_FILE */
    uint32_t jump;   /* index of the matching fork or endfork */
    uint64_t remap_flags;
    uint64_t first, pages, new_pages, file_page, count;
    int64_t stride, change, option;
    uint64_t size, alignment, seed, write_percent;
    VAddr address;
    char *text; /* the line as it stands there, without comment */
} ScriptOp;

/* A file that a script names: FILE256 has the 256 pages that its name ends with. */
typedef struct ScriptFile {
    char *name;
    uint64_t pages;
} ScriptFile;

typedef struct Script {
    ScriptLanguage language;
    char *path;            /* NULL: it was in the workload */
    GArray *ops;           /* ScriptOp */
    GArray *files;         /* ScriptFile */
    uint32_t region_count; /* every id is below (not counting SCRIPT_BREAK) */
    GArray *open;          /* while it is read: indices of the forks without endfork so far */
    uint32_t held;         /* ... and how many forkholds without reap */
    uint8_t *made;         /* ... and, a bit each, the ids that some line has made */
} Script;

static inline const ScriptOp *script_op(const Script *script, uint32_t index) {
    return &g_array_index(script->ops, ScriptOp, index);
}

/* ---- reading ----------------------------------------------------------------------------- */

/* What is wrong with a line, and where: columns count from 1. */
typedef struct ScriptProblem {
    uint32_t line;
    unsigned column;
    char *message;
} ScriptProblem;

/* Without any line yet. */
Script *script_new(ScriptLanguage language);
void script_free(Script *script);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Script, script_free)

/* Read one more line.  False: `problem` is filled in; its message is the caller's to free. */
bool script_add_line(Script *script, const char *text, uint32_t line, ScriptProblem *problem);
/* There are no more lines: is every fork ended? */
bool script_end(Script *script, ScriptProblem *problem);

/* A whole file (plain or gzip-compressed).  NULL and `error`, with file:line:column. */
Script *script_load(const char *path, ScriptLanguage language, GError **error);

/* The words of the languages, "ops" and "heap", ended by NULL. */
extern const char *const script_languages[];
/* Which language a file's name says: name.ops, name.heap, name.ops.gz.  SCRIPT_LANGUAGES: none. */
ScriptLanguage script_language_of(const char *path);

/* ---- for help texts ------------------------------------------------------------------------ */

/* The operations of a language, one a call, from 0: how it is written and what it does.  False:
 * there are no more. */
bool script_help(ScriptLanguage language, unsigned index, char **shape, const char **help);

#endif
