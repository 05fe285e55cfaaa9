/* fork.c - a second address space with the same pages, copied only when somebody writes.
 *
 *   parent  [rw A] [rw B] [  C  ]           parent  [r  A] [r  B] [  C  ]
 *              |      |                  ->             \ |     \ |
 *   frames     1      2                     frames        1       2        (two mappers each)
 *                                           child   [r  A] [r  B] [     ]
 *
 * What is copied are entries: of mappings that have private pages, with their tables; nothing of
 * shared memory and files that nobody wrote to privately, whose pages a fault finds again; nothing
 * where the program said so (MADV_DONTFORK, MADV_WIPEONFORK).
 *
 * Source: dup_mmap() of kernel/fork.c and copy_page_range() of mm/memory.c in Linux.
 */
#include <stdlib.h>

#include "kernel/huge_page.h"
#include "kernel/mapping.h"
#include "kernel/object.h"
#include "kernel/page.h"

typedef struct Fork {
    Memory *m;
    AddressSpace *parent, *child;
} Fork;

/* The child shares a page that is in memory, or on its way out. */
static void share_page(Fork *f, Vpn vpn, Pte *from, Pte *to) {
    Memory *m = f->m;
    Pfn pfn = pte_number(*from);
    if (!frame_at(m, pfn)->of_object) {
        *from &= pte_present(*from) ? ~(PTE_WRITABLE | PTE_EXCLUSIVE) : ~PTE_NONE;
    }
    Pte bits = *from & ~(PTE_FRAME_MASK | PTE_ACCESSED);
    if (pte_present(*from)) {
        page_enter(m, f->child, vpn, to, pfn, bits);
        return;
    }
    if (!rmap_add(&m->rmap, frame_at(m, pfn), page_key(f->child->asid, vpn))) {
        abort();
    }
    f->child->deactivated += frame_at(m, pfn)->state == FRAME_DEACTIVATED;
    *to = *from;
}

static void share_entry(Fork *f, Vpn vpn, Pte *from, Pte *to) {
    if (pte_zero_page(*from)) {
        *to = *from & ~PTE_ACCESSED;
    } else if (pte_swapped(*from)) {
        swap_refer(&f->m->swap, pte_number(*from));
        f->child->swap++;
        *to = *from;
    } else {
        share_page(f, vpn, from, to);
    }
}

/* A huge page is shared by huge entries. */
static void share_huge(Fork *f, Vpn first) {
    Memory *m = f->m;
    PageTable *pt = &f->parent->page_table;
    page_table_spread(pt, first); /* the parent's TLB is flushed when all is done */
    Pte *from = page_table_find(pt, first), *to = page_table_find(&f->child->page_table, first);
    for (uint64_t i = 0; i < huge_page_pages(m); i++) {
        share_entry(f, first + i, &from[i], &to[i]);
    }
    page_table_renew(pt, first);
    huge_page_join(m, f->child, first);
}

/* Entries, and tables even where they are empty. */
static bool copy_entries(Fork *f, const Vma *vma) {
    Memory *m = f->m;
    Vpn vpn = vma->first;
    if (!page_table_copy_shape(&f->child->page_table, &f->parent->page_table, vma->first,
                               vma->end)) {
        return false;
    }
    for (Pte *from; (from = page_table_next(&f->parent->page_table, &vpn, vma->end)) != NULL;
         vpn++) {
        step_count(m);
        m->machine->fork_entries++;
        if (huge_page_at(f->parent, vpn)) {
            share_huge(f, vpn);
            vpn += huge_page_pages(m) - 1;
        } else {
            share_entry(f, vpn, from, page_table_find(&f->child->page_table, vpn));
        }
    }
    return true;
}

/* Mappings whose pages a fault would find again have nothing to copy. */
static bool has_private_pages(const Vma *vma) { return vma->anon_vma != 0; }

static bool copy_mapping(Fork *f, const Vma *vma) {
    Memory *m = f->m;
    Vma copy = *vma;
    bool wipe = (vma->flags & VMA_WIPE_ON_FORK) != 0;
    copy.flags &= ~(unsigned)VMA_LOCK_FLAGS;
    copy.anon_vma = wipe ? 0 : vma->anon_vma;
    copy.inherited = copy.anon_vma != 0;
    if (vma->kind == VMA_FILE && !object_share(m, f->parent, vma)) {
        return false;
    }
    if (!vma_add(&f->child->vmas, copy)) {
        return false;
    }
    space_account(m, f->child, &copy, (int64_t)(vma->end - vma->first));
    if (vma->kind == VMA_FILE) {
        object_map_more(m, vma->file, vma->end - vma->first);
    }
    return wipe || !has_private_pages(vma) || copy_entries(f, vma);
}

static bool copy_mappings(Fork *f) {
    f->child->vmas.anon_vmas = f->parent->vmas.anon_vmas;
    for (uint32_t at = 0; at < f->parent->vmas.count; at++) {
        const Vma *vma = &f->parent->vmas.list[at];
        if (!(vma->flags & VMA_DONT_FORK) && !copy_mapping(f, vma)) {
            return false;
        }
    }
    return true;
}

Outcome space_fork(Memory *m, AddressSpace *parent, uint32_t child_pid, Counters *counters,
                   AddressSpace **child) {
    if (!commit_allowed(m, parent, parent->committed)) {
        return OUTCOME_ENOMEM;
    }
    Fork f = {m, parent,
              space_create_bare(m, child_pid, &parent->limits, &parent->layout, counters)};
    if (f.child == NULL) {
        return OUTCOME_EAGAIN;
    }
    if (parent->group != 0) {
        space_join_group(m, f.child, parent->group);
    }
    f.child->brk = parent->brk;
    bool copied = copy_mappings(&f);
    tlb_shootdown_space(m, parent); /* it may write less than before */
    if (!copied) {
        address_space_destroy(m, f.child);
        return OUTCOME_EAGAIN;
    }
    *child = f.child;
    return OUTCOME_OK;
}
