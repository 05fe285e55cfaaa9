/* heap_survey.c - see heap_survey.h.
 *
 * Blocks that touch make a stretch.  Of each stretch the resident pages are looked at, in order,
 * with the blocks that lie on them; so what was never touched costs nothing.
 */
#include "heap_survey.h"

#include <stdlib.h>

#include "kernel/survey.h"
#include "machine.h"

/* Blocks first..end-1 touch each other. */
typedef struct Stretch {
    const HeapPart *parts;
    uint64_t first, end;
    VAddr last_used; /* where the last used one begins; 0: there is none */
} Stretch;

static VAddr end_of(const HeapPart *part) { return part->va + part->length; }

static void count_bytes(HeapSurvey *to, const HeapPart *part) {
    to->live_blocks += part->kind == BLOCK_USED;
    to->overhead_bytes += part->kind == BLOCK_OVERHEAD ? part->length : 0;
    if (part->kind == BLOCK_FREE) {
        to->free_blocks++;
        to->free_bytes += part->length;
        to->largest_free_bytes = MAX(to->largest_free_bytes, part->length);
    }
}

/* The page that begins at `start`; `at` is the first block that reaches it. */
static void count_page(HeapSurvey *to, const Stretch *stretch, uint64_t at, VAddr start,
                       uint64_t page_size) {
    uint64_t used_blocks = 0, used_bytes = 0;
    bool own = false;
    for (; at < stretch->end && stretch->parts[at].va < start + page_size; at++) {
        const HeapPart *part = &stretch->parts[at];
        own = own || part->kind == BLOCK_OVERHEAD;
        if (part->kind == BLOCK_USED) {
            used_blocks++;
            used_bytes += MIN(end_of(part), start + page_size) - MAX(part->va, start);
        }
    }
    to->resident_pages++;
    to->live_pages += used_blocks > 0;
    to->pinned_pages += used_blocks == 1 && used_bytes < page_size;
    to->own_pages += used_blocks == 0 && own;
    to->below_pages += used_blocks == 0 && !own && stretch->last_used > start;
    to->kept_pages += used_blocks == 0 && !own && stretch->last_used <= start;
}

/* The stretch that begins at block `first`; its bytes are counted. */
static Stretch take_stretch(HeapSurvey *to, const HeapPart *parts, uint64_t first, uint64_t count) {
    Stretch stretch = {.parts = parts, .first = first, .end = first};
    do {
        const HeapPart *part = &parts[stretch.end];
        count_bytes(to, part);
        stretch.last_used = part->kind == BLOCK_USED ? part->va : stretch.last_used;
        stretch.end++;
    } while (stretch.end < count && end_of(&parts[stretch.end - 1]) == parts[stretch.end].va);
    return stretch;
}

HeapSurvey heap_survey_of(const HeapPart *parts, uint64_t count, unsigned page_shift,
                          ResidentPage *resident, void *host) {
    HeapSurvey survey = {0};
    Vpn next = 0;
    for (uint64_t first = 0; first < count;) {
        Stretch stretch = take_stretch(&survey, parts, first, count);
        Vpn last = (end_of(&parts[stretch.end - 1]) - 1) >> page_shift;
        next = MAX(next, parts[first].va >> page_shift); /* a page counts once */
        for (uint64_t at = first; resident(host, &next) && next <= last; next++) {
            VAddr start = next << page_shift;
            while (end_of(&parts[at]) <= start) {
                at++;
            }
            count_page(&survey, &stretch, at, start, UINT64_C(1) << page_shift);
        }
        first = stretch.end;
    }
    return survey;
}

/* ---- of a process --------------------------------------------------------------------------- */

static bool find_resident(void *host, Vpn *vpn) {
    const Process *process = host;
    PageView page = {.vpn = *vpn};
    while (space_view_page(process->space, page.vpn, &page)) {
        *vpn = page.vpn++;
        if (pte_present(page.pte)) {
            return true;
        }
    }
    return false;
}

static void add_part(void *host, const HeapBlock *block) {
    GArray *parts = host;
    HeapPart part = {block->va, block->length, block->kind};
    if (block->length > 0 && parts->len <= SURVEY_PARTS_MAX) {
        g_array_append_val(parts, part);
    }
}

static int compare_parts(const void *a, const void *b) {
    VAddr left = ((const HeapPart *)a)->va, right = ((const HeapPart *)b)->va;
    return (left > right) - (left < right);
}

HeapSurvey heap_survey_take(const Process *process) {
    if (process->space == NULL || process->heap == NULL || heap_is_damaged(process->heap)) {
        return (HeapSurvey){0};
    }
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(HeapPart));
    AllocatorEnv peek = process_heap_peek(process);
    heap_walk(process->heap, &peek, add_part, parts);
    if (parts->len == 0 || parts->len > SURVEY_PARTS_MAX) {
        return (HeapSurvey){0};
    }
    qsort(parts->data, parts->len, sizeof(HeapPart), compare_parts);
    return heap_survey_of((const HeapPart *)(void *)parts->data, parts->len,
                          process->machine->config.geometry.page_shift, find_resident,
                          (void *)(uintptr_t)process);
}
