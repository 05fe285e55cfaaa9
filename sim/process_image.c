/* process_image.c - what a process has in its address space before its first op.
 *
 *   none      what the machine's layout says: nothing but a page of stack, unless it says more
 *   static    a small statically linked Linux program: text, data and bss below the heap, tables
 *             for them, the first pages of the stack, and a gate of no rights above the mappings
 *
 *   0x400000      0x6f3000         0x7ffff7e00000      0x7ffff7fff000    0x7ffffffff000
 *   | text | data | heap -> ....... <- mmap areas | gate |    ... <- stack (33 pages) |
 *
 *   dynamic   the layout of a program that uses the C library, with a gate where that is; nothing
 *             of it is in memory
 *
 * Idea: an image is one of the layouts that the kernel has by name.  Its pages are made as execve(2)
 * would: its time is that of a system call, its faults are not the program's.  On machines whose
 * addresses or pages are of other sizes there is no image.
 * Invariant: loading an image adds nothing to the program's counters of events, but for interrupts
 * between processors, which others have counted, too.
 */
#include "process_internal.h"

static bool has_linux_layout(const Geometry *geometry) {
    return geometry->user_bits == 47 && geometry_page_size(geometry) == 4096;
}

Layout process_layout(const Process *process) {
    static const char *const names[] = {
        [IMAGE_WORD_STATIC] = "linux-x86-64", [IMAGE_WORD_DYNAMIC] = "linux-x86-64-dynamic"};
    const MemoryConfig *config = &process->machine->config;
    Layout layout = config->layout;
    if (process->spec->image != IMAGE_WORD_NONE && has_linux_layout(&config->geometry)) {
        bool found = layout_find(names[process->spec->image], &layout);
        g_assert(found);
    }
    return layout;
}

/* All that was counted since `before` becomes the time of one system call. */
static void become_exec_time(Process *process, const Counters *before) {
    Counters *counters = &process->task->by_program;
    Tick cpu =
        counters_cpu_ns(process->machine, counters) - counters_cpu_ns(process->machine, before);
    Tick io_wait = counters->io_wait_ns, ready = counters->ready_ns;
    Tick suspended = counters->suspended_ns;
    uint64_t sent = counters->ipis_sent, received = counters->ipis_received;
    *counters = *before;
    counters->ipis_sent = sent;
    counters->ipis_received = received;
    counters->syscall_ns += cpu;
    counters->io_wait_ns = io_wait;
    counters->ready_ns = ready;
    counters->suspended_ns = suspended;
    process->at_mark = process_counters(process);
}

static bool image_has_pages(const Layout *layout) {
    bool any = layout->stack_present;
    for (unsigned i = 0; i < layout->image_count; i++) {
        any = any || layout->image[i].present;
    }
    return any;
}

void process_load_image(Process *process) {
    Counters before = process->task->by_program;
    Outcome outcome;
    if (!image_has_pages(&process->space->layout)) {
        return;
    }
    process->loading = true;
    do {
        outcome = space_load_image(process->machine->memory, process->space);
    } while (outcome == OUTCOME_OUT_OF_MEMORY && process_survives(process, outcome));
    process->loading = false;
    become_exec_time(process, &before);
}
