/* frame_list.c - a circle of frames, linked by index.  Used by the policies that keep order. */
#include "frame_list.h"

#include "faultline/lazy.h"

#include <assert.h>

bool frame_list_init(FrameList *list, uint32_t frame_count) {
    *list = (FrameList){
        .links = lazy_alloc(frame_count, sizeof(FrameLink)),
        .frame_count = frame_count,
        .first = PFN_NONE,
    };
    return list->links != NULL;
}

void frame_list_clear(FrameList *list) {
    lazy_free(list->links, list->frame_count, sizeof(FrameLink));
    *list = (FrameList){.first = PFN_NONE};
}

static void join(FrameList *list, Pfn before, Pfn after) {
    list->links[before].next = after + 1;
    list->links[after].prev = before + 1;
}

void frame_list_append(FrameList *list, Pfn frame) {
    assert(frame < list->frame_count && !frame_list_has(list, frame));
    if (list->count++ == 0) {
        list->first = frame;
        join(list, frame, frame);
        return;
    }
    join(list, frame_list_last(list), frame);
    join(list, frame, list->first);
}

void frame_list_remove(FrameList *list, Pfn frame) {
    assert(frame_list_has(list, frame));
    FrameLink link = list->links[frame];
    if (--list->count == 0) {
        list->first = PFN_NONE;
    } else if (list->first == frame) {
        list->first = link.next - 1;
    }
    join(list, link.prev - 1, link.next - 1);
    list->links[frame] = (FrameLink){0};
}

Pfn frame_list_first_evictable(const FrameList *list, const PolicyEnv *env) {
    Pfn frame = list->first;
    for (uint32_t left = list->count; left > 0; left--) {
        if (env->evictable(env->host, frame)) {
            return frame;
        }
        frame = frame_list_next(list, frame);
    }
    return PFN_NONE;
}

const char *frame_list_check(const FrameList *list) {
    if ((list->first == PFN_NONE) != (list->count == 0)) {
        return "frame list: count and first disagree";
    }
    Pfn frame = list->first;
    for (uint32_t met = 0; met < list->count; met++) {
        if (!frame_list_has(list, frame)) {
            return "frame list: a link leads off the list";
        }
        if (met > 0 && frame == list->first) {
            return "frame list: the circle closes too early";
        }
        Pfn next = frame_list_next(list, frame);
        if (next >= list->frame_count || list->links[next].prev != frame + 1) {
            return "frame list: next and prev disagree";
        }
        frame = next;
    }
    return frame == list->first ? NULL : "frame list: the circle does not close";
}
