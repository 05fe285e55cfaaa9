/* call_log.h - the system calls of a script's operation, with their arguments.
 *
 * Idea: an event of a system call has no room for its arguments, so syscall.c leaves a record
 * here as well; --per-op takes the records of an operation along in its row.
 * Units: bytes.
 */
#ifndef FAULTLINE_CALL_LOG_H
#define FAULTLINE_CALL_LOG_H

#include <glib.h>

#include "faultline/event.h"
#include "kernel/address_space.h"

typedef struct CallRecord {
    SyscallKind kind;
    VAddr va; /* of the first argument; brk: the wanted break */
    uint64_t length, new_length;
    unsigned prot, flags; /* Prot bits, MapFlags */
    Advice advice;
    VAddr result;    /* mmap, mremap, brk */
    Outcome outcome; /* not of brk, which answers with where the break is */
} CallRecord;

/* As JSON-ready words: mprotect, {"0x7ffff75ce000", "8388608", "PROT_READ|PROT_WRITE"}, "0".
 * Addresses from `heap` to `heap_end` are told as heap+0x21000. */
const char *call_word(const CallRecord *record);
GPtrArray *call_arguments(const CallRecord *record, VAddr heap, VAddr heap_end);
char *call_result(const CallRecord *record, VAddr heap, VAddr heap_end);

#endif
