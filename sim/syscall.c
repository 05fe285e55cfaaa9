/* syscall.c - see syscall.h.
 *
 * A call that finds memory full (populate, willneed) is tried again after the killer has made
 * room.  In events, a call that gives no address returns 0, and VADDR_FAIL when it failed.
 */
#include "syscall.h"

#include "op_log.h"
#include "process_internal.h"

static uint64_t *calls_counter(Counters *counters, SyscallKind kind) {
    switch (kind) {
    case SYSCALL_MMAP:
        return &counters->mmap_calls;
    case SYSCALL_MUNMAP:
        return &counters->munmap_calls;
    case SYSCALL_MPROTECT:
        return &counters->mprotect_calls;
    case SYSCALL_MADVISE:
        return &counters->madvise_calls;
    case SYSCALL_MREMAP:
        return &counters->mremap_calls;
    case SYSCALL_MLOCK:
    case SYSCALL_MUNLOCK:
    case SYSCALL_MLOCKALL:
    case SYSCALL_MUNLOCKALL:
        return &counters->mlock_calls;
    case SYSCALL_MINCORE:
        return &counters->mincore_calls;
    case SYSCALL_READ:
        return &counters->read_calls;
    case SYSCALL_WRITE:
        return &counters->write_calls;
    case SYSCALL_FADVISE:
        return &counters->fadvise_calls;
    case SYSCALL_TRUNCATE:
        return &counters->truncate_calls;
    default:
        return &counters->brk_calls;
    }
}

static Memory *kernel_enter(Process *process, SyscallKind kind) {
    process_lock_space(process);
    Machine *machine = process->machine;
    Counters *counters = process->space->counters;
    machine->clock.now += machine->config.costs.syscall_ns;
    counters->syscall_ns += machine->config.costs.syscall_ns;
    *calls_counter(counters, kind) += 1;
    return machine->memory;
}

static void kernel_leave(Process *process, SyscallKind kind, VAddr result, uint64_t size) {
    memory_tell_cpus(process->machine->memory, process->space->counters);
    machine_emit(process->machine, process,
                 (Event){.kind = EVENT_syscall, .va = result, .a = kind, .b = size});
}

/* Pages that the program maps over, unmaps, protects or drops behind its allocator's back. */
static void note_change(Process *process, VAddr va, uint64_t length) {
    if (process->heap != NULL && !process->task->in_heap) {
        heap_note_interference(process->heap, va, length, true);
    }
}

/* A break that goes down may take the heap's top along. */
static void note_break(Process *process, VAddr wanted) {
    VAddr end = process->space->brk;
    if (wanted < end) {
        note_change(process, wanted, end - wanted);
    }
}

static bool try_again(Process *process, Outcome outcome) {
    return outcome == OUTCOME_OUT_OF_MEMORY && process_survives(process, outcome);
}

/* For --per-op, which shows arguments. */
static void keep_record(Process *process, CallRecord record) {
    OpLog *log = process->machine->op_log;
    process->outcome = record.outcome;
    if (log != NULL && process->task->work.script != NULL) {
        g_array_append_val(log->calls, record);
    }
}

/* The end of a call that answers 0 or an errno. */
static bool leave_with(Process *process, const CallRecord *record) {
    bool ok = record->outcome == OUTCOME_OK;
    keep_record(process, *record);
    kernel_leave(process, record->kind, ok ? 0 : VADDR_FAIL, record->length);
    return ok;
}

VAddr sys_brk(Process *process, VAddr wanted) {
    Memory *memory = kernel_enter(process, SYSCALL_BRK);
    note_break(process, wanted);
    VAddr result = space_brk(memory, process->space, wanted);
    keep_record(process, (CallRecord){.kind = SYSCALL_BRK, .va = wanted, .result = result});
    kernel_leave(process, SYSCALL_BRK, result, wanted);
    return result;
}

VAddr sys_sbrk(Process *process, int64_t increment) {
    if (increment == 0) {
        return process->space->brk;
    }
    Memory *memory = kernel_enter(process, SYSCALL_SBRK);
    VAddr old = process->space->brk, wanted = old + (uint64_t)increment;
    note_break(process, wanted);
    bool wrapped = (wanted > old) != (increment > 0);
    bool moved = !wrapped && space_brk(memory, process->space, wanted) == wanted;
    VAddr result = moved ? old : VADDR_FAIL;
    keep_record(process,
                (CallRecord){.kind = SYSCALL_SBRK, .va = wanted, .result = process->space->brk});
    kernel_leave(process, SYSCALL_SBRK, result, (uint64_t)increment);
    return result;
}

/* `from`: NULL unless a file is mapped. */
static VAddr map(Process *process, CallRecord record, const FileOffset *from) {
    Memory *memory = kernel_enter(process, SYSCALL_MMAP);
    AddressSpace *space = process->space;
    VAddr result = VADDR_FAIL;
    if ((record.flags & MAP_FLAG_FIXED) != 0) {
        note_change(process, record.va, record.length);
    }
    do {
        record.outcome = from == NULL ? space_mmap(memory, space, record.va, record.length,
                                                   record.prot, record.flags, &result)
                                      : space_mmap_file(memory, space, record.va, record.length,
                                                        record.prot, record.flags, *from, &result);
    } while (try_again(process, record.outcome));
    record.result = result;
    keep_record(process, record);
    result = record.outcome == OUTCOME_OK ? result : VADDR_FAIL;
    kernel_leave(process, SYSCALL_MMAP, result, record.length);
    return result;
}

VAddr sys_mmap(Process *process, VAddr va, uint64_t length, unsigned prot, unsigned flags) {
    CallRecord record = {
        .kind = SYSCALL_MMAP, .va = va, .length = length, .prot = prot, .flags = flags};
    return map(process, record, NULL);
}

VAddr sys_mmap_file(Process *process, VAddr va, uint64_t length, unsigned prot, unsigned flags,
                    FileOffset from) {
    CallRecord record = {
        .kind = SYSCALL_MMAP, .va = va, .length = length, .prot = prot, .flags = flags};
    return map(process, record, &from);
}

bool sys_munmap(Process *process, VAddr va, uint64_t length) {
    Memory *memory = kernel_enter(process, SYSCALL_MUNMAP);
    note_change(process, va, length);
    Outcome outcome = space_munmap(memory, process->space, va, length);
    return leave_with(
        process,
        &(CallRecord){.kind = SYSCALL_MUNMAP, .va = va, .length = length, .outcome = outcome});
}

bool sys_mprotect(Process *process, VAddr va, uint64_t length, unsigned prot) {
    Memory *memory = kernel_enter(process, SYSCALL_MPROTECT);
    note_change(process, va, length);
    Outcome outcome = space_mprotect(memory, process->space, va, length, prot);
    return leave_with(process, &(CallRecord){.kind = SYSCALL_MPROTECT,
                                             .va = va,
                                             .length = length,
                                             .prot = prot,
                                             .outcome = outcome});
}

bool sys_madvise(Process *process, VAddr va, uint64_t length, Advice advice) {
    Memory *memory = kernel_enter(process, SYSCALL_MADVISE);
    note_change(process, va, length);
    Outcome outcome;
    do {
        outcome = space_madvise(memory, process->space, va, length, advice);
    } while (try_again(process, outcome));
    if (advice == ADVICE_PAGEOUT) {
        memory_await_writes(memory);
    }
    return leave_with(process, &(CallRecord){.kind = SYSCALL_MADVISE,
                                             .va = va,
                                             .length = length,
                                             .advice = advice,
                                             .outcome = outcome});
}

VAddr sys_mremap(Process *process, VAddr va, uint64_t old_length, uint64_t new_length,
                 unsigned flags, VAddr target) {
    Memory *memory = kernel_enter(process, SYSCALL_MREMAP);
    note_change(process, va, old_length);
    if ((flags & REMAP_FIXED) != 0) {
        note_change(process, target, new_length);
    }
    VAddr result = VADDR_FAIL;
    Outcome outcome =
        space_mremap(memory, process->space, va, old_length, new_length, flags, target, &result);
    keep_record(process, (CallRecord){.kind = SYSCALL_MREMAP,
                                      .va = va,
                                      .length = old_length,
                                      .new_length = new_length,
                                      .flags = flags,
                                      .result = result,
                                      .outcome = outcome});
    result = outcome == OUTCOME_OK ? result : VADDR_FAIL;
    kernel_leave(process, SYSCALL_MREMAP, result, new_length);
    return result;
}

bool sys_mlock(Process *process, VAddr va, uint64_t length, bool on_fault) {
    Memory *memory = kernel_enter(process, SYSCALL_MLOCK);
    CallRecord record = {.kind = SYSCALL_MLOCK, .va = va, .length = length, .flags = on_fault};
    do {
        record.outcome = space_mlock(memory, process->space, va, length, on_fault);
    } while (try_again(process, record.outcome));
    return leave_with(process, &record);
}

bool sys_munlock(Process *process, VAddr va, uint64_t length) {
    Memory *memory = kernel_enter(process, SYSCALL_MUNLOCK);
    CallRecord record = {.kind = SYSCALL_MUNLOCK, .va = va, .length = length};
    record.outcome = space_munlock(memory, process->space, va, length);
    return leave_with(process, &record);
}

bool sys_mlockall(Process *process, unsigned flags) {
    Memory *memory = kernel_enter(process, SYSCALL_MLOCKALL);
    CallRecord record = {.kind = SYSCALL_MLOCKALL, .flags = flags};
    do {
        record.outcome = space_mlockall(memory, process->space, flags);
    } while (try_again(process, record.outcome));
    return leave_with(process, &record);
}

bool sys_munlockall(Process *process) {
    Memory *memory = kernel_enter(process, SYSCALL_MUNLOCKALL);
    CallRecord record = {.kind = SYSCALL_MUNLOCKALL};
    record.outcome = space_munlockall(memory, process->space);
    return leave_with(process, &record);
}

uint64_t sys_mincore(Process *process, VAddr va, uint64_t length) {
    Memory *memory = kernel_enter(process, SYSCALL_MINCORE);
    CallRecord record = {.kind = SYSCALL_MINCORE, .va = va, .length = length};
    uint64_t resident;
    record.outcome = space_mincore(memory, process->space, va, length, &resident);
    record.result = resident;
    leave_with(process, &record);
    return resident;
}

/* read and write: what was done before memory was found full is done again, with the same bytes.
 * How many bytes were copied. */
static uint64_t copy_bytes(Process *process, SyscallKind kind, VAddr va, uint64_t length) {
    Memory *memory = kernel_enter(process, kind);
    AddressSpace *space = process->space;
    CallRecord record = {.kind = kind, .va = va, .length = length};
    uint64_t done;
    do {
        record.outcome = kind == SYSCALL_READ
                             ? space_copy_to_user(memory, space, va, NULL, length, &done)
                             : space_copy_from_user(memory, space, va, NULL, length, &done);
    } while (try_again(process, record.outcome));
    record.result = done;
    leave_with(process, &record);
    return done;
}

uint64_t sys_read(Process *process, VAddr va, uint64_t length) {
    process_note_write(process, va, length);
    return copy_bytes(process, SYSCALL_READ, va, length);
}

uint64_t sys_write(Process *process, VAddr va, uint64_t length) {
    return copy_bytes(process, SYSCALL_WRITE, va, length);
}

void sys_fadvise(Process *process, uint32_t file, bool will_need) {
    Memory *memory = kernel_enter(process, SYSCALL_FADVISE);
    if (will_need) {
        memory_file_warm(memory, process->space, file);
    } else {
        memory_file_cool(memory, file);
    }
    leave_with(process, &(CallRecord){.kind = SYSCALL_FADVISE});
}

void sys_truncate(Process *process, uint32_t file, uint64_t length) {
    Memory *memory = kernel_enter(process, SYSCALL_TRUNCATE);
    memory_file_truncate(memory, file, process_pages(process, length));
    leave_with(process, &(CallRecord){.kind = SYSCALL_TRUNCATE, .length = length});
}
