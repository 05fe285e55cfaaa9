/* call_log.c - system calls in words, as strace prints them.  See call_log.h. */
#include "call_log.h"

#include <inttypes.h>

const char *call_word(const CallRecord *record) {
    static const char *const words[SYSCALL_KINDS] = {
        [SYSCALL_BRK] = "brk",
        [SYSCALL_SBRK] = "brk",
        [SYSCALL_MMAP] = "mmap",
        [SYSCALL_MUNMAP] = "munmap",
        [SYSCALL_MPROTECT] = "mprotect",
        [SYSCALL_MADVISE] = "madvise",
        [SYSCALL_MREMAP] = "mremap",
        [SYSCALL_MLOCK] = "mlock",
        [SYSCALL_MUNLOCK] = "munlock",
        [SYSCALL_MLOCKALL] = "mlockall",
        [SYSCALL_MUNLOCKALL] = "munlockall",
        [SYSCALL_MINCORE] = "mincore",
        [SYSCALL_READ] = "read",
        [SYSCALL_WRITE] = "write",
        [SYSCALL_FADVISE] = "fadvise64",
        [SYSCALL_TRUNCATE] = "ftruncate",
    };
    return words[record->kind];
}

/* ---- words of arguments --------------------------------------------------------------------- */

static char *address_words(VAddr va, VAddr heap, VAddr heap_end) {
    return va >= heap && va <= heap_end ? g_strdup_printf("heap+0x%" PRIx64, va - heap)
                                        : g_strdup_printf("0x%" PRIx64, va);
}

static char *number_words(uint64_t number) { return g_strdup_printf("%" PRIu64, number); }

typedef struct FlagWord {
    unsigned bit;
    const char *word;
} FlagWord;

static void append_flags(GString *out, unsigned flags, const FlagWord *words, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        if ((flags & words[i].bit) != 0) {
            g_string_append_printf(out, "%s%s", out->len > 0 ? "|" : "", words[i].word);
        }
    }
}

static char *prot_words(unsigned prot) {
    static const FlagWord words[] = {
        {VM_READ, "PROT_READ"}, {VM_WRITE, "PROT_WRITE"}, {VM_EXEC, "PROT_EXEC"}};
    GString *out = g_string_new(NULL);
    append_flags(out, prot, words, G_N_ELEMENTS(words));
    g_string_append(out, out->len == 0 ? "PROT_NONE" : "");
    return g_string_free(out, FALSE);
}

static char *map_flag_words(unsigned flags) {
    static const FlagWord words[] = {{MAP_FLAG_FIXED, "MAP_FIXED"},
                                     {MAP_FLAG_POPULATE, "MAP_POPULATE"},
                                     {MAP_FLAG_NORESERVE, "MAP_NORESERVE"},
                                     {MAP_FLAG_STACK, "MAP_STACK"}};
    GString *out = g_string_new("MAP_PRIVATE");
    g_string_append(out, (flags & MAP_FLAG_FILE) != 0 ? "" : "|MAP_ANONYMOUS");
    append_flags(out, flags, words, G_N_ELEMENTS(words));
    return g_string_free(out, FALSE);
}

static char *advice_words(Advice advice) {
    static const char *const words[] = {
        [ADVICE_NORMAL] = "MADV_NORMAL",
        [ADVICE_DONTNEED] = "MADV_DONTNEED",
        [ADVICE_FREE] = "MADV_FREE",
        [ADVICE_WILLNEED] = "MADV_WILLNEED",
        [ADVICE_COLD] = "MADV_COLD",
        [ADVICE_PAGEOUT] = "MADV_PAGEOUT",
        [ADVICE_RANDOM] = "MADV_RANDOM",
        [ADVICE_SEQUENTIAL] = "MADV_SEQUENTIAL",
        [ADVICE_POPULATE_READ] = "MADV_POPULATE_READ",
        [ADVICE_POPULATE_WRITE] = "MADV_POPULATE_WRITE",
        [ADVICE_DONTFORK] = "MADV_DONTFORK",
        [ADVICE_DOFORK] = "MADV_DOFORK",
        [ADVICE_WIPEONFORK] = "MADV_WIPEONFORK",
        [ADVICE_KEEPONFORK] = "MADV_KEEPONFORK",
        [ADVICE_HUGEPAGE] = "MADV_HUGEPAGE",
        [ADVICE_NOHUGEPAGE] = "MADV_NOHUGEPAGE",
    };
    return g_strdup(words[advice]);
}

/* ---- a whole call --------------------------------------------------------------------------- */

/* The heap's end moves; what it is asked to be, and was, may lie above where it is now. */
static bool is_break(const CallRecord *record) {
    return record->kind == SYSCALL_BRK || record->kind == SYSCALL_SBRK;
}

GPtrArray *call_arguments(const CallRecord *record, VAddr heap, VAddr heap_end) {
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    if (is_break(record)) {
        g_ptr_array_add(words, address_words(record->va, heap, VADDR_FAIL));
        return words;
    }
    bool anywhere = record->kind == SYSCALL_MMAP && record->va == 0;
    g_ptr_array_add(words, anywhere ? g_strdup("NULL") : address_words(record->va, heap, heap_end));
    g_ptr_array_add(words, number_words(record->length));
    if (record->kind == SYSCALL_MMAP || record->kind == SYSCALL_MPROTECT) {
        g_ptr_array_add(words, prot_words(record->prot));
    }
    if (record->kind == SYSCALL_MMAP) {
        g_ptr_array_add(words, map_flag_words(record->flags));
        g_ptr_array_add(words, g_strdup("-1"));
        g_ptr_array_add(words, g_strdup("0"));
    } else if (record->kind == SYSCALL_MADVISE) {
        g_ptr_array_add(words, advice_words(record->advice));
    } else if (record->kind == SYSCALL_MREMAP) {
        g_ptr_array_add(words, number_words(record->new_length));
        g_ptr_array_add(words, g_strdup(record->flags != 0 ? "MREMAP_MAYMOVE" : "0"));
    }
    return words;
}

char *call_result(const CallRecord *record, VAddr heap, VAddr heap_end) {
    static const char *const errors[] = {
        [OUTCOME_SEGV_MAPERR] = "-14",   [OUTCOME_SEGV_ACCERR] = "-14", [OUTCOME_SIGBUS] = "-14",
        [OUTCOME_OUT_OF_MEMORY] = "-12", [OUTCOME_ENOMEM] = "-12",      [OUTCOME_EINVAL] = "-22",
        [OUTCOME_EEXIST] = "-17",        [OUTCOME_EPERM] = "-1",        [OUTCOME_EAGAIN] = "-11",
        [OUTCOME_EFAULT] = "-14"};
    if (record->outcome != OUTCOME_OK) {
        return g_strdup(errors[record->outcome]);
    }
    VAddr end = is_break(record) ? VADDR_FAIL : heap_end;
    return record->result == 0 ? g_strdup("0") : address_words(record->result, heap, end);
}
