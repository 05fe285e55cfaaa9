/* stretch.c - growing a heap on the break, over gaps that the program leaves. */
#include "stretch.h"

HEADER_FIELD(link_start, 0)
HEADER_FIELD(link_end, 8)

/* The bytes at `at` do not follow the heap's end: they are a stretch of their own. */
static VAddr begin_stretch(Stretch *stretch, const AllocatorEnv *env, VAddr at, uint64_t bytes,
                           uint64_t opening) {
    uint64_t more = opening + STRETCH_LINK;
    if (grow_break(env, more, STRETCH_UNIT) == 0) {
        env->sbrk(env->host, -(int64_t)bytes);
        return 0;
    }
    set_link_start(env, at, stretch->start);
    set_link_end(env, at, stretch->end);
    stretch->start = at;
    stretch->end = at + bytes + more;
    return at + STRETCH_LINK;
}

VAddr stretch_grow(Stretch *stretch, const AllocatorEnv *env, uint64_t bytes, uint64_t opening) {
    bool is_first = stretch->end == 0;
    bytes += is_first ? opening : 0;
    VAddr at = grow_break(env, bytes, STRETCH_UNIT);
    if (at == 0) {
        return 0;
    }
    if (!is_first && at != stretch->end) {
        return begin_stretch(stretch, env, at, bytes, opening);
    }
    if (is_first) {
        stretch->first = stretch->start = at;
    }
    stretch->end = at + bytes;
    return at;
}

bool stretch_step_back(Stretch *stretch, const AllocatorEnv *peek) {
    if (stretch->start == stretch->first) {
        return false;
    }
    VAddr at = stretch->start;
    stretch->start = link_start(peek, at);
    stretch->end = link_end(peek, at);
    return true;
}
