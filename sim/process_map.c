/* process_map.c - the ops that are system calls of the program itself.
 *
 * As in C, an id keeps its address after munmap, so that a later access shows what that does;
 * an mmap that failed leaves its id without a region.  Each begins by waiting for its turn, so that
 * what it finds is what then changes.
 */
#include "process_internal.h"
#include "syscall.h"

/* The loader's words are the kernel's. */
G_STATIC_ASSERT((int)OP_MAP_FIXED == (int)MAP_FLAG_FIXED);
G_STATIC_ASSERT((int)OP_MAP_POPULATE == (int)MAP_FLAG_POPULATE);
G_STATIC_ASSERT((int)OP_MAP_FILE == (int)MAP_FLAG_FILE);
G_STATIC_ASSERT((int)OP_MAP_NORESERVE == (int)MAP_FLAG_NORESERVE);
G_STATIC_ASSERT((int)OP_MAP_NOREPLACE == (int)MAP_FLAG_NOREPLACE);
G_STATIC_ASSERT((int)OP_MAP_SHARED == (int)MAP_FLAG_SHARED);
G_STATIC_ASSERT((int)OP_MAP_LOCKED == (int)MAP_FLAG_LOCKED);
G_STATIC_ASSERT((int)OP_MAP_GROWS_DOWN == (int)MAP_FLAG_GROWS_DOWN);
G_STATIC_ASSERT((int)OP_REMAP_MAY_MOVE == (int)REMAP_MAY_MOVE);
G_STATIC_ASSERT((int)OP_REMAP_FIXED == (int)REMAP_FIXED);
G_STATIC_ASSERT((int)OP_REMAP_DONT_UNMAP == (int)REMAP_DONT_UNMAP);
G_STATIC_ASSERT((int)OP_LOCK_CURRENT == (int)LOCK_ALL_CURRENT);
G_STATIC_ASSERT((int)OP_LOCK_FUTURE == (int)LOCK_ALL_FUTURE);
G_STATIC_ASSERT((int)OP_LOCK_ON_FAULT == (int)LOCK_ALL_ON_FAULT);
G_STATIC_ASSERT((int)OP_ADVICE_DONTNEED == (int)ADVICE_DONTNEED);
G_STATIC_ASSERT((int)OP_ADVICE_FREE == (int)ADVICE_FREE);
G_STATIC_ASSERT((int)OP_ADVICE_WILLNEED == (int)ADVICE_WILLNEED);
G_STATIC_ASSERT((int)OP_ADVICE_COLD == (int)ADVICE_COLD);
G_STATIC_ASSERT((int)OP_ADVICE_PAGEOUT == (int)ADVICE_PAGEOUT);
G_STATIC_ASSERT((int)OP_ADVICE_RANDOM == (int)ADVICE_RANDOM);
G_STATIC_ASSERT((int)OP_ADVICE_NOHUGEPAGE == (int)ADVICE_NOHUGEPAGE);

/* The file of the machine that the op names. */
static uint32_t file_of(Process *process, const Op *op) {
    const NamedSize *file = &process->machine->workload->machine.files.items[op->file];
    return machine_file(process->machine, file->name, process_pages(process, file->bytes));
}

void op_brk(Process *process, const Op *op) {
    process_lock_space(process);
    sys_brk(process, op->relative ? process->space->brk + (uint64_t)op->increment : op->address);
}

void op_sbrk(Process *process, const Op *op) {
    process_lock_space(process);
    sys_sbrk(process, op->increment);
}

static VAddr map_as_told(Process *process, const Op *op) {
    if (op->file == OP_FILE_NONE) {
        return sys_mmap(process, op->address, op->length, op->prot, op->map_flags);
    }
    uint32_t file = file_of(process, op);
    return file == UINT32_MAX ? VADDR_FAIL
                              : sys_mmap_file(process, op->address, op->length, op->prot,
                                              op->map_flags, (FileOffset){file, op->size});
}

void op_mmap(Process *process, const Op *op) {
    process_lock_space(process);
    VAddr va = map_as_told(process, op);
    Slot *slot = process_slot(process, &op->target);
    *slot = va == VADDR_FAIL ? (Slot){0} : (Slot){.va = va, .length = op->length, .region = true};
}

void op_munmap(Process *process, const Op *op) {
    process_lock_space(process);
    Extent extent = process_extent(process, op);
    sys_munmap(process, extent.va, extent.length);
}

void op_mprotect(Process *process, const Op *op) {
    process_lock_space(process);
    Extent extent = process_extent(process, op);
    sys_mprotect(process, extent.va, extent.length, op->prot);
}

void op_madvise(Process *process, const Op *op) {
    process_lock_space(process);
    Extent extent = process_extent(process, op);
    sys_madvise(process, extent.va, extent.length, (Advice)op->advice);
}

void op_mremap(Process *process, const Op *op) {
    process_lock_space(process);
    Extent old = process_extent(process, op);
    VAddr va = sys_mremap(process, old.va, old.length, op->size, op->remap_flags, op->to);
    if (va != VADDR_FAIL && op->place == PLACE_SLOT && old.offset == 0) {
        *process_slot(process, &op->target) = (Slot){.va = va, .length = op->size, .region = true};
    }
}

void op_mlock(Process *process, const Op *op) {
    process_lock_space(process);
    Extent extent = process_extent(process, op);
    sys_mlock(process, extent.va, extent.length, op->on_fault);
}

void op_munlock(Process *process, const Op *op) {
    process_lock_space(process);
    Extent extent = process_extent(process, op);
    sys_munlock(process, extent.va, extent.length);
}

void op_mlockall(Process *process, const Op *op) { sys_mlockall(process, (unsigned)op->value); }

void op_munlockall(Process *process, const Op *op G_GNUC_UNUSED) { sys_munlockall(process); }

void op_mincore(Process *process, const Op *op) {
    process_lock_space(process);
    Extent extent = process_extent(process, op);
    sys_mincore(process, extent.va, extent.length);
}

void op_read_into(Process *process, const Op *op) {
    process_lock_space(process);
    Extent extent = process_extent(process, op);
    sys_read(process, extent.va, extent.length);
}

void op_write_from(Process *process, const Op *op) {
    process_lock_space(process);
    Extent extent = process_extent(process, op);
    sys_write(process, extent.va, extent.length);
}

void op_fadvise(Process *process, const Op *op) {
    process_lock_space(process);
    uint32_t file = file_of(process, op);
    if (file != UINT32_MAX) {
        sys_fadvise(process, file, op->advice == OP_FILE_WILLNEED);
    }
}

void op_truncate(Process *process, const Op *op) {
    process_lock_space(process);
    uint32_t file = file_of(process, op);
    if (file != UINT32_MAX) {
        sys_truncate(process, file, op->size);
    }
}
