/* syscall.h - system calls: into the kernel and back, counted, charged, told.
 *
 * The kernel room changes mappings; the price of entering it, the counter of each call and its
 * event are added here, alike for a program's own calls and for its allocator's.
 */
#ifndef FAULTLINE_SYSCALL_H
#define FAULTLINE_SYSCALL_H

#include "process.h"

/* The new break, or the old one if it could not be moved. */
VAddr sys_brk(Process *process, VAddr wanted);
/* The old break, or VADDR_FAIL.  An increment of 0 only asks, which the C library answers
 * without entering the kernel: not a call. */
VAddr sys_sbrk(Process *process, int64_t increment);
/* `flags`: MapFlags.  The address, or VADDR_FAIL. */
VAddr sys_mmap(Process *process, VAddr va, uint64_t length, unsigned prot, unsigned flags);
/* The same for a mapping of a file. */
VAddr sys_mmap_file(Process *process, VAddr va, uint64_t length, unsigned prot, unsigned flags,
                    FileOffset from);
bool sys_munmap(Process *process, VAddr va, uint64_t length);
bool sys_mprotect(Process *process, VAddr va, uint64_t length, unsigned prot);
bool sys_madvise(Process *process, VAddr va, uint64_t length, Advice advice);
/* `flags`: RemapFlags.  The address, or VADDR_FAIL. */
VAddr sys_mremap(Process *process, VAddr va, uint64_t old_length, uint64_t new_length,
                 unsigned flags, VAddr target);

/* `on_fault`: pages are locked as they come, none is brought in for it. */
bool sys_mlock(Process *process, VAddr va, uint64_t length, bool on_fault);
bool sys_munlock(Process *process, VAddr va, uint64_t length);
/* `flags`: LockAllFlags. */
bool sys_mlockall(Process *process, unsigned flags);
bool sys_munlockall(Process *process);
/* How many of the pages are in memory. */
uint64_t sys_mincore(Process *process, VAddr va, uint64_t length);
/* read(2) of a file of zeros into a buffer, write(2) of a buffer to where nobody reads it: how many
 * bytes. */
uint64_t sys_read(Process *process, VAddr va, uint64_t length);
uint64_t sys_write(Process *process, VAddr va, uint64_t length);

/* posix_fadvise(2) of all of a file: it is read into the page cache, and the call waits for that; or
 * what is dirty of it is written and what nobody maps leaves the cache. */
void sys_fadvise(Process *process, uint32_t file, bool will_need);
/* ftruncate(2), to `length` bytes, rounded up to pages. */
void sys_truncate(Process *process, uint32_t file, uint64_t length);

#endif
