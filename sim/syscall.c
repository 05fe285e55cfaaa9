/* syscall.c - see syscall.h.
 *
 * A call that finds memory full (populate, willneed) is tried again after the killer has made
 * room.  In events, a call that gives no address returns 0, and VADDR_FAIL when it failed.
 */
#include "syscall.h"

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
    default:
        return &counters->brk_calls;
    }
}

static Memory *kernel_enter(Process *process, SyscallKind kind) {
    Machine *machine = process->machine;
    Counters *counters = process->space->counters;
    machine->clock.now += machine->config.costs.syscall_ns;
    counters->syscall_ns += machine->config.costs.syscall_ns;
    *calls_counter(counters, kind) += 1;
    return machine->memory;
}

static void kernel_leave(Process *process, SyscallKind kind, VAddr result, uint64_t size) {
    machine_emit(process->machine, process,
                 (Event){.kind = EVENT_syscall, .va = result, .a = kind, .b = size});
}

static bool try_again(Process *process, Outcome outcome) {
    return outcome == OUTCOME_OUT_OF_MEMORY && process_survives(process, outcome);
}

static bool leave_with(Process *process, SyscallKind kind, Outcome outcome, uint64_t size) {
    bool ok = outcome == OUTCOME_OK;
    kernel_leave(process, kind, ok ? 0 : VADDR_FAIL, size);
    return ok;
}

VAddr sys_brk(Process *process, VAddr wanted) {
    VAddr result = space_brk(kernel_enter(process, SYSCALL_BRK), process->space, wanted);
    kernel_leave(process, SYSCALL_BRK, result, wanted);
    return result;
}

VAddr sys_sbrk(Process *process, int64_t increment) {
    VAddr old = process->space->brk, wanted = old + (uint64_t)increment;
    if (increment == 0) {
        return old;
    }
    Memory *memory = kernel_enter(process, SYSCALL_SBRK);
    bool wrapped = (wanted > old) != (increment > 0);
    bool moved = !wrapped && space_brk(memory, process->space, wanted) == wanted;
    VAddr result = moved ? old : VADDR_FAIL;
    kernel_leave(process, SYSCALL_SBRK, result, (uint64_t)increment);
    return result;
}

VAddr sys_mmap(Process *process, VAddr va, uint64_t length, unsigned prot, unsigned flags) {
    Memory *memory = kernel_enter(process, SYSCALL_MMAP);
    VAddr result = VADDR_FAIL;
    Outcome outcome;
    do {
        outcome = space_mmap(memory, process->space, va, length, prot, flags, &result);
    } while (try_again(process, outcome));
    result = outcome == OUTCOME_OK ? result : VADDR_FAIL;
    kernel_leave(process, SYSCALL_MMAP, result, length);
    return result;
}

bool sys_munmap(Process *process, VAddr va, uint64_t length) {
    Memory *memory = kernel_enter(process, SYSCALL_MUNMAP);
    Outcome outcome = space_munmap(memory, process->space, va, length);
    return leave_with(process, SYSCALL_MUNMAP, outcome, length);
}

bool sys_mprotect(Process *process, VAddr va, uint64_t length, unsigned prot) {
    Memory *memory = kernel_enter(process, SYSCALL_MPROTECT);
    Outcome outcome = space_mprotect(memory, process->space, va, length, prot);
    return leave_with(process, SYSCALL_MPROTECT, outcome, length);
}

bool sys_madvise(Process *process, VAddr va, uint64_t length, Advice advice) {
    Memory *memory = kernel_enter(process, SYSCALL_MADVISE);
    Outcome outcome;
    do {
        outcome = space_madvise(memory, process->space, va, length, advice);
    } while (try_again(process, outcome));
    return leave_with(process, SYSCALL_MADVISE, outcome, length);
}

VAddr sys_mremap(Process *process, VAddr va, uint64_t old_length, uint64_t new_length,
                 unsigned flags, VAddr target) {
    Memory *memory = kernel_enter(process, SYSCALL_MREMAP);
    VAddr result = VADDR_FAIL;
    Outcome outcome =
        space_mremap(memory, process->space, va, old_length, new_length, flags, target, &result);
    result = outcome == OUTCOME_OK ? result : VADDR_FAIL;
    kernel_leave(process, SYSCALL_MREMAP, result, new_length);
    return result;
}
