/* object.c - see object.h. */
#include "kernel/object.h"

#include <stdlib.h>

#include "kernel/mapping.h"
#include "kernel/page.h"

static File *file_at(const Memory *m, uint32_t file) { return &m->files.files[file]; }

bool has_own_file(const Memory *m, const Vma *vma) {
    return vma->kind == VMA_FILE && file_at(m, vma->file)->asid == 0;
}

bool object_ends_before(const Memory *m, const Vma *vma, Vpn vpn) {
    const File *object = vma->kind == VMA_FILE ? file_at(m, vma->file) : NULL;
    return object != NULL && (object->named || object->shmem) &&
           vma->file_page + (vpn - vma->first) >= object->length;
}

/* Give the file a number among the address spaces'. */
static bool object_name(Memory *m, uint32_t file) {
    Asid asid = asid_take(m);
    if (asid == 0 || !file_set_shared(&m->files, file, asid)) {
        return false;
    }
    m->object_files[asid] = file + 1;
    return true;
}

uint32_t object_create(Memory *m, uint64_t length, bool shmem) {
    uint32_t file = file_create(&m->files);
    if (file == UINT32_MAX) {
        return UINT32_MAX;
    }
    if (!object_name(m, file)) {
        file_delete(&m->files, file);
        return UINT32_MAX;
    }
    file_at(m, file)->shmem = shmem;
    file_at(m, file)->named = !shmem;
    file_at(m, file)->length = length;
    return file;
}

void object_charge(Memory *m, uint32_t file) {
    file_at(m, file)->charged = file_at(m, file)->length;
    commit_charge(m, (int64_t)file_at(m, file)->charged);
}

uint32_t memory_file(Memory *m, uint64_t pages) { return object_create(m, pages, false); }

/* The page leaves the space's names and takes the object's. */
static void page_give_to_object(Memory *m, uint32_t file, uint64_t page, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    PolicyInstance *before = frame_policy(m, frame);
    PageKey mapper = frame->owner;
    rmap_drop(&m->rmap, frame);
    frame->of_object = true;
    frame->owner = page_key(file_at(m, file)->asid, page);
    if (!rmap_add(&m->rmap, frame, mapper) ||
        !file_cache_set(&m->files, file, page, pte_make(pfn, PTE_PRESENT))) {
        abort();
    }
    page_renamed(m, pfn, before, mapper);
}

bool object_share(Memory *m, AddressSpace *space, const Vma *vma) {
    if (file_at(m, vma->file)->asid != 0) {
        return true;
    }
    if (!object_name(m, vma->file)) {
        return false;
    }
    /* Its file may stand behind several pieces of what was one mapping. */
    for (uint32_t at = 0; at < space->vmas.count; at++) {
        const Vma *piece = &space->vmas.list[at];
        Vpn vpn = piece->first;
        if (piece->kind != VMA_FILE || piece->file != vma->file) {
            continue;
        }
        for (Pte *pte; (pte = page_table_next(&space->page_table, &vpn, piece->end)) != NULL;
             vpn++) {
            page_give_to_object(m, vma->file, piece->file_page + (vpn - piece->first),
                                pte_number(*pte));
        }
        policy_forget(m, space, piece->first, piece->end);
    }
    return true;
}

/* Nobody maps the object any more, so nobody can ask for its pages. */
static void object_delete(Memory *m, uint32_t file) {
    File *object = file_at(m, file);
    Vpn page = 0;
    Asid asid = object->asid;
    for (Pte *entry;
         asid != 0 && (entry = page_table_next(&object->cache, &page, FILE_PAGES_MAX)) != NULL;
         page++) {
        if (pte_present(*entry)) {
            page_die(m, pte_number(*entry));
        } else {
            slot_release(m, pte_number(*entry));
        }
        *entry = PTE_NONE;
    }
    if (asid != 0 && m->config.policy->forgotten != NULL) {
        m->config.policy->forgotten(m->policy.self, page_key(asid, 0), FILE_PAGES_MAX);
    }
    m->object_files[asid] = 0;
    commit_charge(m, -(int64_t)object->charged);
    file_delete(&m->files, file);
}

static uint64_t pages_in_cache(const File *object) {
    uint64_t pages = 0;
    Vpn page = 0;
    for (; page_table_next(&object->cache, &page, FILE_PAGES_MAX) != NULL; page++) {
        pages++;
    }
    return pages;
}

uint64_t memory_page_cache(const Memory *m) {
    uint64_t pages = 0;
    for (uint32_t file = 0; file < m->files.count; file++) {
        const File *object = &m->files.files[file];
        pages += object->used && object->named ? pages_in_cache(object) : 0;
    }
    return pages;
}

void memory_file_cool(Memory *m, uint32_t file) {
    Vpn page = 0;
    for (Pte *entry;
         (entry = page_table_next(&file_at(m, file)->cache, &page, FILE_PAGES_MAX)) != NULL;
         page++) {
        step_count(m);
        Pfn pfn = pte_number(*entry);
        if (frame_at(m, pfn)->state != FRAME_RESIDENT) {
            continue;
        }
        page_clean(m, pfn);
        if (frame_at(m, pfn)->mapcount == 0) {
            page_die(m, pfn);
        }
    }
}

/* The pages of a mapping that lie behind page `end` of its file. */
static void mapping_cut(Memory *m, AddressSpace *space, const Vma *vma, uint64_t end) {
    uint64_t kept = end > vma->file_page ? end - vma->file_page : 0;
    if (kept < vma->end - vma->first) {
        pages_discard(m, space, vma->first + kept, vma->end);
    }
}

static void cache_cut(Memory *m, File *object, uint64_t end) {
    Vpn page = end;
    for (Pte *entry; (entry = page_table_next(&object->cache, &page, FILE_PAGES_MAX)) != NULL;
         page++) {
        page_die(m, pte_number(*entry));
        *entry = PTE_NONE;
    }
    if (m->config.policy->forgotten != NULL) {
        m->config.policy->forgotten(m->policy.self, page_key(object->asid, end),
                                    FILE_PAGES_MAX - end);
    }
}

void memory_file_truncate(Memory *m, uint32_t file, uint64_t pages) {
    for (uint32_t asid = 1; asid < m->space_high; asid++) {
        AddressSpace *space = m->spaces[asid];
        for (uint32_t at = 0; space != NULL && at < space->vmas.count; at++) {
            const Vma *vma = &space->vmas.list[at];
            if (vma->kind == VMA_FILE && vma->file == file) {
                mapping_cut(m, space, vma, pages);
            }
        }
    }
    cache_cut(m, file_at(m, file), pages);
    file_cut(&m->files, file, pages);
    file_at(m, file)->length = pages;
}

void object_map_more(Memory *m, uint32_t file, uint64_t pages) {
    file_at(m, file)->mapped += pages;
}

void object_map_less(Memory *m, uint32_t file, uint64_t pages) {
    File *object = file_at(m, file);
    object->mapped -= pages;
    if (object->mapped == 0 && !object->named) {
        object_delete(m, file);
    }
}

/* Pages of a mapping that only its object knows to be in swap. */
static uint64_t swapped_in_object(const Memory *m, const Vma *vma) {
    uint64_t swapped = 0;
    const File *object = &m->files.files[vma->file];
    Vpn page = vma->file_page, end = page + (vma->end - vma->first);
    for (const Pte *entry; (entry = page_table_next(&object->cache, &page, end)) != NULL; page++) {
        swapped += pte_swapped(*entry);
    }
    return swapped;
}

uint64_t memory_swapped(const Memory *m, const AddressSpace *space) {
    uint64_t swapped = space->swap;
    for (uint32_t at = 0; at < space->vmas.count; at++) {
        const Vma *vma = &space->vmas.list[at];
        bool shmem = vma->kind == VMA_FILE && m->files.files[vma->file].shmem;
        swapped += shmem ? swapped_in_object(m, vma) : 0;
    }
    return swapped;
}

uint64_t object_page_of(const Memory *m, const Frame *frame, uint32_t *file) {
    if (frame->of_object) {
        *file = m->object_files[page_key_asid(frame->owner)] - 1;
        return page_key_vpn(frame->owner);
    }
    VmaList *vmas = &m->spaces[page_key_asid(frame->owner)]->vmas;
    Vpn vpn = page_key_vpn(frame->owner);
    const Vma *vma = vma_find(vmas, vpn);
    *file = vma->file;
    return vma->file_page + (vpn - vma->first);
}

void object_page_left(Memory *m, const Frame *frame, Pte after) {
    uint32_t file;
    uint64_t page = object_page_of(m, frame, &file);
    if (pte_swapped(after)) {
        swap_refer_object(&m->swap, pte_number(after));
    }
    file_cache_set(&m->files, file, page, after);
}

uint32_t object_contents(const Memory *m, uint32_t file, uint64_t page) {
    Pte cached = file_at(m, file)->asid == 0 ? PTE_NONE : file_cached(&m->files, file, page);
    if (pte_present(cached)) {
        return m->frames.frames[pte_number(cached)].contents;
    }
    return pte_swapped(cached) ? m->swap.slots[pte_number(cached)]
                               : file_contents(&m->files, file, page);
}
