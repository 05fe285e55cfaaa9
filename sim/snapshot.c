/* snapshot.c - see snapshot.h. */
#include "snapshot.h"

uint32_t snapshot_stride(uint64_t count, uint64_t limit) {
    uint32_t stride = 1;
    while (stride < 1U << 31 && count / stride + (count % stride != 0) > limit) {
        stride *= 2;
    }
    return stride;
}

static void take_frames(Snapshot *to, const Machine *machine, uint32_t frames_used) {
    uint32_t total = machine->config.frames;
    uint32_t end = total <= FRAMES_SHOWN ? total : MIN(frames_used, total);
    to->frame_stride = snapshot_stride(end, FRAMES_SHOWN);
    for (uint64_t pfn = 0; pfn < end; pfn += to->frame_stride) {
        FrameView view = memory_view_frame(machine->memory, (Pfn)pfn);
        g_array_append_val(to->frames, view);
    }
}

/* ---- one process ---------------------------------------------------------------------------- */

static void take_vmas(Snapshot *to, SpaceView *view, const Memory *memory,
                      const AddressSpace *space, uint32_t share) {
    view->vmas_in_all = space->vmas.count;
    view->vmas = MIN(space->vmas.count, share);
    for (uint32_t i = 0; i < view->vmas; i++) {
        const Vma *vma = &space->vmas.list[i];
        MappingView mapping = {*vma, vma_is_shared_memory(memory, vma)};
        g_array_append_val(to->vmas, mapping);
    }
}

static void take_pages(Snapshot *to, SpaceView *view, const AddressSpace *space, uint32_t share) {
    uint64_t stride = snapshot_stride(space->rss + space->swap, share);
    view->page_stride = (uint32_t)stride;
    PageView page = {0};
    Vpn next = 0;
    while (view->pages < share && space_view_page(space, next, &page)) {
        g_array_append_val(to->pages, page);
        view->pages++;
        next = (page.vpn / stride + 1) * stride;
    }
}

static void add_table(void *host, const TableView *table) {
    g_array_append_val((GArray *)host, *table);
}

/* A heap's walk under way. */
typedef struct BlockWalk {
    SpaceView *view;
    GArray *blocks;
    uint32_t share;
} BlockWalk;

static void add_block(void *host, const HeapBlock *block) {
    BlockWalk *walk = host;
    SpaceView *view = walk->view;
    view->used_bytes += block->kind == BLOCK_USED ? block->length : 0;
    if (block->kind == BLOCK_FREE) {
        view->free_bytes += block->length;
        view->largest_free = MAX(view->largest_free, block->length);
    }
    view->blocks_in_all++;
    if (view->blocks < walk->share) {
        g_array_append_val(walk->blocks, *block);
        view->blocks++;
    }
}

static void take_heap(Snapshot *to, SpaceView *view, const Process *process, uint32_t share) {
    if (process->heap == NULL) {
        return;
    }
    if (heap_stats(process->heap)->live_blocks > HEAP_BLOCKS_WALKED) {
        view->heap_left_out = true;
        return;
    }
    AllocatorEnv peek = process_heap_peek(process);
    BlockWalk walk = {.view = view, .blocks = to->blocks, .share = share};
    heap_walk(process->heap, &peek, add_block, &walk);
}

static void take_space(Snapshot *to, const Process *process, uint32_t share) {
    const AddressSpace *space = process->space;
    SpaceView view = {.pid = process->pid,
                      .status = process->status,
                      .line = machine_line(process),
                      .heap_start = space->layout.brk_start,
                      .brk = space->brk,
                      .tables_in_all = space->page_table.tables};
    take_vmas(to, &view, process->machine->memory, space, share);
    take_pages(to, &view, space, share);
    view.tables = space_view_tables(space, share, add_table, to->tables);
    take_heap(to, &view, process, share);
    g_array_append_val(to->spaces, view);
}

static uint32_t count_alive(const Machine *machine) {
    uint32_t alive = 0;
    for (uint32_t p = 0; p < machine->process_count; p++) {
        alive += machine->processes[p]->space != NULL;
    }
    return alive;
}

Snapshot *snapshot_take(const Machine *machine, uint32_t frames_used) {
    Snapshot *to = g_new0(Snapshot, 1);
    to->time = machine->clock.now;
    to->frames = g_array_new(FALSE, FALSE, sizeof(FrameView));
    to->spaces = g_array_new(FALSE, FALSE, sizeof(SpaceView));
    to->vmas = g_array_new(FALSE, FALSE, sizeof(MappingView));
    to->pages = g_array_new(FALSE, FALSE, sizeof(PageView));
    to->tables = g_array_new(FALSE, FALSE, sizeof(TableView));
    to->blocks = g_array_new(FALSE, FALSE, sizeof(HeapBlock));
    take_frames(to, machine, frames_used);
    uint32_t share = ITEMS_SHOWN / CLAMP(count_alive(machine), 1, SPACES_SHOWN);
    for (uint32_t p = 0; p < machine->process_count && to->spaces->len < SPACES_SHOWN; p++) {
        if (machine->processes[p]->space != NULL) {
            take_space(to, machine->processes[p], share);
        }
    }
    return to;
}

void snapshot_free(Snapshot *snapshot) {
    if (snapshot != NULL) {
        g_array_unref(snapshot->frames);
        g_array_unref(snapshot->spaces);
        g_array_unref(snapshot->vmas);
        g_array_unref(snapshot->pages);
        g_array_unref(snapshot->tables);
        g_array_unref(snapshot->blocks);
        g_free(snapshot);
    }
}
