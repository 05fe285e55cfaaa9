/* explain_fault.c - page faults in words: what was accessed, what it cost, who had to go.
 *
 * Idea: the events of one fault (a page evicted, one read from swap) come one after another,
 * but with several processes others come in between.  What holds them together is the frame,
 * so what happened to a frame is kept until the fault that it was for.
 */
#include "explain_internal.h"

#include <inttypes.h>

#include "fault_words.h"
#include "output/human.h"
#include "page_words.h"

/* What happened to a frame since its last fault: told together with the next one. */
typedef struct FrameStory {
    char *evicted; /* the page that had to go, in words; NULL: none had to */
    uint64_t slot; /* where in swap the page was read from */
} FrameStory;

static Vpn page_of(const Explainer *e, VAddr va) {
    return va >> e->machine->config.geometry.page_shift;
}

static FrameStory *story_of(Explainer *e, Pfn frame) {
    gpointer key = GUINT_TO_POINTER(frame);
    FrameStory *story = g_hash_table_lookup(e->stories, key);
    if (story == NULL) {
        story = g_new0(FrameStory, 1);
        g_hash_table_insert(e->stories, key, story);
    }
    return story;
}

static void story_clear(FrameStory *story) {
    g_free(story->evicted);
    *story = (FrameStory){0};
}

static void story_free(void *story) {
    story_clear(story);
    g_free(story);
}

GHashTable *explain_stories_new(void) {
    return g_hash_table_new_full(NULL, NULL, NULL, story_free);
}

static char *page_words(const Explainer *e, const Event *event) {
    return page_name(explainer_process(e, event), page_of(e, event->va));
}

/* What the fault was served with, and into which frame. */
static char *service_words(const FrameStory *story, const Event *event) {
    Pfn frame = event->frame;
    switch ((FaultKind)event->a) {
    case FAULT_SEGV:
        return g_strdup("no mapping there: SIGSEGV");
    case FAULT_PROTECTION:
        return g_strdup("the mapping does not allow that: SIGSEGV");
    case FAULT_BEYOND_END:
        return g_strdup("what is mapped there ends before that page: SIGBUS");
    case FAULT_ZERO_POOL:
        return g_strdup_printf("demand zero, frame %" PRIu32 " from the zeroed-page pool", frame);
    case FAULT_ZERO_NOW:
        return g_strdup_printf("demand zero, frame %" PRIu32 " zeroed on the spot", frame);
    case FAULT_ZERO_PAGE:
        return g_strdup("a first read, mapped to the shared zero page");
    case FAULT_UNZEROED:
        return g_strdup_printf("a fresh page in frame %" PRIu32 ", not zeroed", frame);
    case FAULT_SOFT:
        if (frame == PFN_NONE) {
            return g_strdup("soft, another thread has just brought it in");
        }
        return g_strdup_printf("soft, the page was still in frame %" PRIu32, frame);
    case FAULT_CACHED:
        return g_strdup_printf("the page was in memory already, in frame %" PRIu32, frame);
    case FAULT_COPY:
        return g_strdup_printf("shared with others: copied into frame %" PRIu32, frame);
    case FAULT_REUSE:
        return g_strdup_printf("no copy is needed, frame %" PRIu32 " may be written from now on",
                               frame);
    case FAULT_SWAP_IN:
        return g_strdup_printf("swap-in from slot %" PRIu64 " into frame %" PRIu32, story->slot,
                               frame);
    case FAULT_FILE_IN:
        return g_strdup_printf("read from its file into frame %" PRIu32, frame);
    case FAULT_OUT_OF_MEMORY:
        return g_strdup("no frame to be had");
    default:
        return g_strdup(fault_served((FaultKind)event->a));
    }
}

/* ", 512 pages at once (a huge page)"; most faults are of one page. */
static char *pages_words(const Explainer *e, const Event *event) {
    const Geometry *geometry = &e->machine->config.geometry;
    bool huge = event->pages == UINT32_C(1) << geometry->bits[geometry->levels - 1];
    return event->pages <= 1 ? g_strdup("")
                             : g_strdup_printf(", %" PRIu32 " pages at once%s", event->pages,
                                               huge ? " (a huge page)" : "");
}

void explain_fault(Explainer *e, const Event *event) {
    FrameStory *story = story_of(e, event->frame);
    if (e->muted) {
        story_clear(story);
        return;
    }
    g_autofree char *service = service_words(story, event);
    g_autofree char *page = page_words(e, event);
    g_autofree char *cost = human_count(event->b);
    g_autofree char *pages = pages_words(e, event);
    explainer_tell(e, event,
                   "  page fault %" PRIu64 ": %s%s 0x%" PRIx64 " (%s, %s): %s%s%s%s, %s ns",
                   e->faults, event->bookkeeping ? "allocator's " : "",
                   event->access == ACCESS_WRITE ? "write to" : "read of", event->va, page,
                   page_area_word(explainer_process(e, event), page_of(e, event->va)), service,
                   pages, story->evicted == NULL ? "" : " after evicting ",
                   story->evicted == NULL ? "" : story->evicted, cost);
    story_clear(story);
}

void explain_evict(Explainer *e, const Event *event) {
    FrameStory *story = story_of(e, event->frame);
    story_clear(story);
    story->evicted = page_words(e, event);
    explainer_tell(e, event, "  %s is evicted from frame %" PRIu32 ": %s", story->evicted,
                   event->frame,
                   event->a == 1 ? "dirty, it must be written" : "clean, just dropped");
}

void explain_trim(Explainer *e, const Event *event) {
    g_autofree char *page = page_words(e, event);
    explainer_tell(e, event, "  %s is trimmed from its working set: in frame %" PRIu32 ", %s", page,
                   event->frame, event->a == 1 ? "on the modified list" : "on standby");
}

void explain_written(Explainer *e, const Event *event) {
    const char *where = event->kind == EVENT_swap_out ? "swap slot" : "its file, page";
    g_autofree char *page = page_words(e, event);
    explainer_tell(e, event, "  %s is written to %s %" PRIu64, page, where, event->a);
}

/* A page arrives from the device: told with its fault. */
void explain_read(Explainer *e, const Event *event) { story_of(e, event->frame)->slot = event->a; }
