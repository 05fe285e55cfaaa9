/* process_image.c - what a process has in its address space before its first op.
 *
 *   static    a small statically linked Linux program: text, data and bss below the heap, tables
 *             for them, the first pages of the stack, and a gate of no rights above the mappings
 *
 *   0x400000      0x6f3000         0x7ffff7e00000      0x7ffff7fff000    0x7ffffffff000
 *   | text | data | heap -> ....... <- mmap areas | gate |    ... <- stack (33 pages) |
 *
 *   dynamic   the layout of a program that uses the C library, with a gate where that is; nothing
 *             of it is in memory
 *
 * The pages are made as execve(2) would: its time is that of a system call, its faults are not
 * the program's.  On machines whose addresses or pages are of other sizes there is no image.
 * Invariant: the program's counters of events are zero at its first op.
 */
#include "process_internal.h"

enum { STACK_PAGES = 33 };

typedef struct Image {
    VAddr brk_start, mmap_top;
    VAddr text, data; /* 0: the program itself is left out */
    VAddr gate_end;
} Image;

static const Image images[] = {
    [IMAGE_WORD_STATIC] = {.brk_start = 0x6f3000,
                           .mmap_top = 0x7ffff7e00000,
                           .text = 0x400000,
                           .data = 0x406000,
                           .gate_end = 0x7ffff7fff000},
    [IMAGE_WORD_DYNAMIC] = {.brk_start = 0x555555cdb000,
                            .mmap_top = 0x7ffff7dce000,
                            .gate_end = 0x7ffff7fff000},
};

/* NULL: none. */
static const Image *image_of(const Process *process) {
    const Geometry *geometry = &process->machine->config.geometry;
    bool fits = geometry->user_bits == 47 && geometry_page_size(geometry) == 4096;
    return fits && process->spec->image != IMAGE_WORD_NONE ? &images[process->spec->image] : NULL;
}

void process_lay_out(Process *process) {
    const Image *image = image_of(process);
    if (image != NULL) {
        Layout *layout = &process->space->layout;
        layout->brk_start = process->space->brk = image->brk_start;
        layout->mmap_top = image->mmap_top;
    }
}

static void map(Process *process, VAddr first, VAddr end, unsigned prot) {
    VAddr result;
    space_mmap(process->machine->memory, process->space, first, end - first, prot,
               MAP_FLAG_FIXED | MAP_FLAG_NORESERVE, &result);
}

/* A page in each block of the tables' last level, and the stack that the kernel has filled. */
static void fill(Process *process, const Image *image) {
    const int64_t page = 4096;
    uint64_t stack = MIN(STACK_PAGES, process->space->limits.stack / (uint64_t)page);
    AccessRun runs[] = {
        {.va = image->data, .count = 1, .access = ACCESS_WRITE},
        {.va = image->brk_start - (uint64_t)page, .count = 1, .access = ACCESS_WRITE},
        {.va = process->space->layout.stack_top - (uint64_t)page,
         .count = MAX(stack, 1),
         .stride = -page,
         .access = ACCESS_WRITE},
    };
    process_touch_all(process, runs, G_N_ELEMENTS(runs));
}

/* All that was counted so far becomes the time of one system call. */
static void become_exec_time(Process *process) {
    Counters *counters = &process->task->by_program;
    *counters = (Counters){.syscall_ns = counters_cpu_ns(process->machine, counters),
                           .io_wait_ns = counters->io_wait_ns,
                           .ready_ns = counters->ready_ns,
                           .suspended_ns = counters->suspended_ns};
    process->at_mark = process_counters(process);
}

void process_load_image(Process *process) {
    const Image *image = image_of(process);
    if (image == NULL) {
        return;
    }
    map(process, image->mmap_top, image->gate_end, VM_NONE);
    if (image->text == 0) {
        return;
    }
    map(process, image->text, image->data, VM_READ | VM_EXEC);
    map(process, image->data, image->brk_start, VM_READ | VM_WRITE);
    process->loading = true;
    fill(process, image);
    process->loading = false;
    become_exec_time(process);
}
