/* op.h - programs, compiled: what a JSON program becomes before it runs.
 *
 * Idea: every name is an integer, every size resolved, every loop a counter, so running a
 * program looks up no string.  An op is a fixed-size record; what does not fit (patterns,
 * strings, files) is an index into an array of the program.
 *
 *   ids   "a", "node[3]", "node[$i]"  ->  slots 0..slot_count-1 (see SlotRef)
 *   repeat {times, as, do}            ->  OP_REPEAT (jump past the end if times is 0) ... OP_AGAIN
 *   fork {child}, thread {program}    ->  OP_FORK, OP_THREAD (jump past the end) ... its ops
 *   spawn, exec {program}             ->  a ProcessSpec with a program of its own
 */
#ifndef FAULTLINE_OP_H
#define FAULTLINE_OP_H

#include "faultline/types.h"
#include "pattern.h"
#include "trace/script.h"

#define LOOP_DEPTH_MAX   16
#define SLOT_INDICES_MAX 2

/* A block or region named by an id: slot = base + sum of stride[k] * counter(loop[k]). */
typedef struct SlotRef {
    uint32_t base;
    uint32_t stride[SLOT_INDICES_MAX];
    int8_t loop[SLOT_INDICES_MAX]; /* nesting depth of the loop, outermost 0; -1: unused */
} SlotRef;

/* OP_LIST(OP): enum name, the word in JSON.  The arguments of each stand in Op. */
#define OP_LIST(OP)                                                                                \
    OP(MALLOC, "malloc")               /* target; size                                      */     \
    OP(CALLOC, "calloc")               /* target; count, size                               */     \
    OP(REALLOC, "realloc")             /* target; size                                      */     \
    OP(ALIGNED_ALLOC, "aligned_alloc") /* target; size, alignment                           */     \
    OP(FREE, "free")                   /* target                                            */     \
    OP(READ, "read")                   /* where; length                                     */     \
    OP(WRITE, "write")                 /* where; length, value (a byte)                     */     \
    OP(TOUCH, "touch")                 /* where; length, access: one access a page          */     \
    OP(FILL, "fill")                   /* where; length, value or seed                      */     \
    OP(VERIFY, "verify")               /* where; length, value or seed                      */     \
    OP(COPY, "copy")                   /* where = to; source, source_offset; length         */     \
    OP(ACCESS, "access")               /* where = over; pattern                             */     \
    OP(CHURN, "churn")                 /* churn                                             */     \
    OP(BRK, "brk")                     /* address, or (relative) increment                  */     \
    OP(SBRK, "sbrk")                   /* increment                                         */     \
    OP(MMAP, "mmap")     /* target; length, address, prot, map_flags, file, size (where in it) */  \
    OP(MUNMAP, "munmap") /* where; length                                     */                   \
    OP(MPROTECT, "mprotect") /* where; length, prot                               */               \
    OP(MADVISE, "madvise")   /* where; length, advice                             */               \
    OP(MREMAP, "mremap")     /* where; length (old), size (new), remap_flags, to  */               \
    OP(MLOCK, "mlock")       /* where; length, on_fault                           */               \
    OP(MUNLOCK, "munlock")   /* where; length                                     */               \
    OP(MLOCKALL, "mlockall") /* value: LockAllFlags                               */               \
    OP(MUNLOCKALL, "munlockall")                                                                   \
    OP(MINCORE, "mincore")       /* where; length                                     */           \
    OP(READ_INTO, "read_into")   /* where; length: read(2) fills it                   */           \
    OP(WRITE_FROM, "write_from") /* where; length: write(2) takes it                  */           \
    OP(FADVISE, "fadvise")       /* file; advice: OpFileAdvice                        */           \
    OP(TRUNCATE, "truncate")     /* file; size                                        */           \
    OP(COMPUTE, "compute")       /* time: uses the CPU                                */           \
    OP(SLEEP, "sleep")           /* time: leaves the CPU                              */           \
    OP(YIELD, "yield")                                                                             \
    OP(EXIT, "exit")     /* value: the exit code                              */                   \
    OP(FORK, "fork")     /* jump = index just behind the child's ops; name    */                   \
    OP(THREAD, "thread") /* jump = index just behind the thread's ops         */                   \
    OP(SPAWN, "spawn")   /* spec                                              */                   \
    OP(EXEC, "exec")     /* spec                                              */                   \
    OP(WAIT, "wait")     /* wait_for; name                                    */                   \
    OP(REPEAT, "repeat") /* count; jump = index just behind the matching AGAIN */                  \
    OP(AGAIN, "")        /* jump = index of the first op of the body          */                   \
    OP(PHASE, "phase")   /* string                                            */                   \
    OP(NOTE, "note")     /* string                                            */                   \
    OP(TRACE, "trace")   /* trace                                             */                   \
    OP(SCRIPT, "script") /* script                                            */

typedef enum OpKind {
#define OP(name, word) OP_##name,
    OP_LIST(OP)
#undef OP
        OP_KINDS
} OpKind;

/* How an op says where: relative to a block or region, or by plain address. */
typedef enum PlaceKind { PLACE_NONE, PLACE_SLOT, PLACE_ADDRESS } PlaceKind;

/* mmap's flags, as bits of map_flags.  (The loader's vocabulary; sim hands them to the kernel.) */
typedef enum OpMapFlags {
    OP_MAP_FIXED = 1,
    OP_MAP_POPULATE = 2,
    OP_MAP_FILE = 4,
    OP_MAP_NORESERVE = 8,
    OP_MAP_NOREPLACE = 16,
    OP_MAP_SHARED = 32,
    OP_MAP_LOCKED = 64,
    OP_MAP_GROWS_DOWN = 128,
} OpMapFlags;

typedef enum OpAdvice {
    OP_ADVICE_NORMAL,
    OP_ADVICE_DONTNEED,
    OP_ADVICE_FREE,
    OP_ADVICE_WILLNEED,
    OP_ADVICE_COLD,
    OP_ADVICE_PAGEOUT,
    OP_ADVICE_RANDOM,
    OP_ADVICE_SEQUENTIAL,
    OP_ADVICE_POPULATE_READ,
    OP_ADVICE_POPULATE_WRITE,
    OP_ADVICE_DONTFORK,
    OP_ADVICE_DOFORK,
    OP_ADVICE_WIPEONFORK,
    OP_ADVICE_KEEPONFORK,
    OP_ADVICE_HUGEPAGE,
    OP_ADVICE_NOHUGEPAGE,
} OpAdvice;

/* posix_fadvise of a whole file: read it in, forget it. */
typedef enum OpFileAdvice { OP_FILE_WILLNEED, OP_FILE_DONTNEED } OpFileAdvice;

/* mremap's flags, as bits of remap_flags, and mlockall's. */
enum { OP_REMAP_MAY_MOVE = 1, OP_REMAP_FIXED = 2, OP_REMAP_DONT_UNMAP = 4 };
enum { OP_LOCK_CURRENT = 1, OP_LOCK_FUTURE = 2, OP_LOCK_ON_FAULT = 4 };

/* What an op "wait" waits for. */
typedef enum OpWaitFor {
    OP_WAIT_CHILD,
    OP_WAIT_CHILDREN,
    OP_WAIT_THREAD,
    OP_WAIT_THREADS
} OpWaitFor;

#define OP_NAME_NONE   UINT32_MAX /* "name" left out */
#define OP_FILE_NONE   UINT32_MAX /* not of a file of the machine's */
#define OP_LENGTH_REST UINT64_MAX /* "length" left out: to the end of the block or region */

typedef struct Op {
    uint8_t kind;         /* OpKind */
    uint8_t place;        /* PlaceKind of `where` */
    uint8_t source_place; /* COPY: PlaceKind of `source` */
    uint8_t access;       /* TOUCH: Access */
    uint8_t prot;         /* Prot bits */
    uint8_t advice;       /* OpAdvice, OpFileAdvice */
    uint8_t map_flags;
    uint8_t wait_for;    /* OpWaitFor */
    bool seeded;         /* FILL, VERIFY: `value` is a seed of random bytes, not one byte */
    uint8_t remap_flags; /* MREMAP */
    bool on_fault;       /* MLOCK */
    bool relative;       /* BRK: address is an increment */
    uint32_t line;       /* in the workload file, for messages; 0: none */
    SlotRef target;      /* the id that the op names (target, where) */
    SlotRef source;
    uint64_t address; /* PLACE_ADDRESS: the address; PLACE_SLOT: the offset */
    uint64_t source_address;
    uint64_t length; /* bytes, or OP_LENGTH_REST */
    union {
        uint64_t size;
        int64_t increment;
        Tick time;
        uint64_t value;
        uint32_t pattern, churn, string, trace, script; /* indices into the program's arrays */
        uint32_t jump;
        uint32_t spec; /* index into the program's specs */
    };
    union {
        uint64_t count; /* CALLOC, REPEAT */
        uint64_t alignment;
        uint64_t to;   /* MREMAP: the target address */
        uint32_t name; /* FORK, WAIT: index into the program's strings, or OP_NAME_NONE */
        uint32_t file; /* MMAP ...: index into the machine's files, or OP_FILE_NONE */
    };
} Op;

/* churn: a generator of malloc and free with bounded live bytes. */
typedef enum ChurnSizes { CHURN_UNIFORM, CHURN_GEOMETRIC, CHURN_POWERS } ChurnSizes;
typedef enum ChurnLifetime { CHURN_RANDOM, CHURN_LIFO, CHURN_FIFO } ChurnLifetime;
typedef struct ChurnSpec {
    uint64_t operations;         /* malloc and free calls, together                        */
    uint64_t live_bytes;         /* never more than this many bytes asked for at once      */
    uint64_t size_min, size_max; /* bytes; 1 <= min <= max <= live_bytes                   */
    ChurnSizes sizes;
    ChurnLifetime lifetime;
    bool touch; /* write every page of a new block                         */
} ChurnSpec;

typedef struct TraceSpec {
    char *path;   /* resolved against the workload's folder */
    char *format; /* NULL: told from the content */
    bool touch;   /* heap traces: write each block's payload when it is allocated */
} TraceSpec;

/* An id and its slots, which are an array of no, one or two indices: slot = base + i * width + j. */
typedef struct SlotName {
    char *text;
    uint64_t base, width;
    uint32_t indices;
} SlotName;

typedef struct Program {
    Op *ops;
    uint32_t op_count;
    uint64_t slot_count;
    SlotName *names; /* by ascending base: whose slots are which, for words */
    uint32_t name_count;
    PatternSpec **patterns;
    uint32_t pattern_count;
    ChurnSpec *churns;
    TraceSpec *traces;
    uint32_t trace_count;
    Script **scripts;
    uint32_t script_count;
    char **strings;
    uint32_t string_count;
    struct ProcessSpec **specs; /* of spawn and exec */
    uint32_t spec_count;
} Program;

/* The word for an op in JSON and in messages. */
const char *op_word(OpKind kind);

/* Can running it make further processes or threads? */
bool program_multiplies(const Program *program);

/* "a", "node[3]", "grid[1][2]": a new string. */
char *program_slot_name(const Program *program, uint64_t slot);

void program_free(Program *program);

#endif
