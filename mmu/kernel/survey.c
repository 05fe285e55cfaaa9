/* survey.c - see survey.h. */
#include "kernel/survey.h"

#include "kernel/page.h"

static FrameUse idle_use(const Memory *m, Pfn pfn) {
    bool zeroed = index_set_has(&m->frames.zeroed, pfn) ||
                  frame_caches_have(&m->frames.caches, IDLE_ZEROED, pfn);
    return zeroed ? FRAME_USE_ZEROED : FRAME_USE_FREE;
}

static FrameUse use_of(const Memory *m, Pfn pfn) {
    switch ((FrameState)m->frames.frames[pfn].state) {
    case FRAME_HELD:
        return FRAME_USE_HELD;
    case FRAME_RESIDENT:
        return FRAME_USE_RESIDENT;
    case FRAME_TRANSIT:
        return FRAME_USE_TRANSIT;
    case FRAME_DEACTIVATED:
    case FRAME_TRIMMED:
        return FRAME_USE_STANDBY;
    case FRAME_IDLE:
        break;
    }
    return idle_use(m, pfn);
}

/* Windows since the page's last reference; its entry exists. */
static uint32_t age_of(const AddressSpace *space, Vpn vpn, Pte pte) {
    uint32_t stamp = pte_present(pte) ? *page_table_stamp(&space->page_table, vpn) : 0;
    return stamp == 0 || stamp > space->window ? AGE_UNKNOWN : space->window - stamp;
}

FrameView memory_view_frame(const Memory *m, Pfn pfn) {
    const Frame *frame = &m->frames.frames[pfn];
    FrameView view = {.use = use_of(m, pfn), .age = AGE_UNKNOWN};
    VAddr va;
    bool owned = view.use >= FRAME_USE_RESIDENT;
    const AddressSpace *space = owned ? frame_payer(m, pfn, &va) : NULL;
    if (space == NULL) {
        return view;
    }
    view.pid = space->pid;
    view.vpn = va >> page_shift(m);
    view.file = frame->kind == PAGE_FILE;
    view.copied = frame->slot != SLOT_NONE;
    if (page_table_find(&space->page_table, view.vpn) != NULL) {
        view.pte = page_table_read(&space->page_table, view.vpn);
        view.age = age_of(space, view.vpn, view.pte);
    }
    return view;
}

bool space_view_page(const AddressSpace *space, Vpn vpn, PageView *page) {
    const Pte *pte = page_table_next(&space->page_table, &vpn, UINT64_MAX);
    if (pte == NULL) {
        return false;
    }
    Pte entry = page_table_read(&space->page_table, vpn);
    *page = (PageView){.vpn = vpn, .pte = entry, .age = age_of(space, vpn, entry)};
    return true;
}

bool vma_is_shared_memory(const Memory *m, const Vma *vma) {
    return vma->kind == VMA_FILE && m->files.files[vma->file].shmem;
}

/* A walk over the tables under way. */
typedef struct TableWalk {
    const TableArena *arena;
    TableVisit visit;
    void *host;
    uint32_t told, limit;
} TableWalk;

static void tell_below(TableWalk *walk, uint32_t number, unsigned level) {
    const Geometry *geometry = walk->arena->geometry;
    uint32_t entries = UINT32_C(1) << geometry->bits[level];
    for (uint32_t i = 0; level + 1 < geometry->levels && i < entries; i++) {
        Pte entry = walk->arena->tables[number].entries[i];
        if (walk->told == walk->limit) {
            return;
        }
        if (entry != PTE_NONE) {
            uint32_t below = table_below(&walk->arena->tables[number], i);
            TableView view = {.level = level + 1, .number = below, .index = i};
            walk->visit(walk->host, &view);
            walk->told++;
            tell_below(walk, view.number, level + 1);
        }
    }
}

uint32_t space_view_tables(const AddressSpace *space, uint32_t limit, TableVisit visit,
                           void *host) {
    TableWalk walk = {
        .arena = space->page_table.arena, .visit = visit, .host = host, .limit = limit};
    tell_below(&walk, space->page_table.root, 0);
    return walk.told;
}
