/* generations.c - see generations.h. */
#include "generations.h"

#include "faultline/lazy.h"

bool generations_init(Generations *g, uint32_t frame_count) {
    *g = (Generations){.max_seq = GENERATIONS_MIN + 1};
    g->ages = lazy_alloc(frame_count, sizeof(FrameAge));
    bool ok = frame_list_init(&g->lists[0], frame_count) && g->ages != NULL;
    for (unsigned i = 1; i < FRAME_LISTS; i++) {
        g->lists[i] = g->lists[0];
    }
    return ok;
}

void generations_clear(Generations *g) {
    lazy_free(g->ages, g->lists[0].frame_count, sizeof(FrameAge));
    frame_list_clear(&g->lists[0]);
    *g = (Generations){0};
}

/* ---- links and numbers ---------------------------------------------------------------------- */

static void frame_unlink(Generations *g, Pfn frame) {
    frame_list_remove(&g->lists[g->ages[frame].list], frame);
}

static void frame_link_youngest(Generations *g, Pfn frame, unsigned list) {
    g->ages[frame].list = (uint8_t)list;
    frame_list_append(&g->lists[list], frame);
}

static void frame_link_oldest(Generations *g, Pfn frame, unsigned list) {
    frame_link_youngest(g, frame, list);
    g->lists[list].first = frame;
}

static unsigned list_of(const Generations *g, Pfn frame) {
    return g->ages[frame].generation % GENERATIONS_MAX;
}

static void frame_set_generation(Generations *g, Pfn frame, uint32_t generation) {
    g->count[list_of(g, frame)]--;
    g->ages[frame].generation = generation;
    g->count[list_of(g, frame)]++;
}

/* ---- frames --------------------------------------------------------------------------------- */

void generations_add(Generations *g, Pfn frame) {
    g->ages[frame] = (FrameAge){.generation = g->max_seq};
    g->count[list_of(g, frame)]++;
    frame_link_youngest(g, frame, list_of(g, frame));
}

static bool is_aside(const Generations *g, Pfn frame) {
    return g->ages[frame].list >= GENERATIONS_MAX;
}

void generations_remove(Generations *g, Pfn frame) {
    g->count[list_of(g, frame)] -= !is_aside(g, frame);
    frame_unlink(g, frame);
}

void generation_promote(Generations *g, Pfn frame) {
    if (g->ages[frame].list == ASIDE_ISOLATED) {
        g->ages[frame].wanted = true;
    } else if (!is_aside(g, frame)) {
        frame_set_generation(g, frame, g->max_seq);
    }
}

bool generation_sort(Generations *g, Pfn frame) {
    if (g->ages[frame].generation == g->min_seq) {
        return false;
    }
    frame_unlink(g, frame);
    frame_link_youngest(g, frame, list_of(g, frame));
    return true;
}

void generation_postpone(Generations *g, Pfn frame) {
    frame_set_generation(g, frame, g->min_seq + 1);
    generation_sort(g, frame);
}

void generation_put_aside(Generations *g, Pfn frame, AsideList list) {
    generations_remove(g, frame);
    g->ages[frame].wanted = false;
    frame_link_youngest(g, frame, list);
}

void generation_put_back(Generations *g, AsideList list) {
    for (Pfn frame; (frame = g->lists[list].first) != PFN_NONE;) {
        frame_unlink(g, frame);
        generations_add(g, frame);
    }
}

/* ---- generations ---------------------------------------------------------------------------- */

/* What is left of the oldest comes before the next one. */
static void oldest_merge(Generations *g) {
    for (Pfn frame; (frame = generation_oldest(g)->first) != PFN_NONE;) {
        if (!generation_sort(g, frame)) {
            frame_unlink(g, frame);
            frame_set_generation(g, frame, g->min_seq + 1);
            frame_link_oldest(g, frame, list_of(g, frame));
        }
    }
    g->min_seq++;
}

void generations_advance(Generations *g) {
    if (generations_alive(g) == GENERATIONS_MAX) {
        oldest_merge(g);
    }
    g->max_seq++;
}

bool generations_retire(Generations *g) {
    uint32_t before = g->min_seq;
    while (generations_alive(g) > GENERATIONS_MIN && generation_oldest(g)->count == 0) {
        g->min_seq++;
    }
    return g->min_seq != before;
}

/* ---- invariants ----------------------------------------------------------------------------- */

static const char *list_check(const Generations *g, unsigned number, uint32_t *counted) {
    const FrameList *list = &g->lists[number];
    const char *wrong = frame_list_check(list);
    Pfn frame = list->first;
    for (uint32_t left = list->count; left > 0 && wrong == NULL; left--) {
        bool counts = number < GENERATIONS_MAX;
        counted[list_of(g, frame)] += counts;
        bool alive = g->ages[frame].generation - g->min_seq < generations_alive(g);
        if (g->ages[frame].list != number || (counts && !alive)) {
            wrong = "generations: a frame's list or generation is wrong";
        }
        frame = frame_list_next(list, frame);
    }
    return wrong;
}

const char *generations_check(const Generations *g) {
    uint32_t counted[GENERATIONS_MAX] = {0};
    const char *wrong = NULL;
    for (unsigned i = 0; i < FRAME_LISTS && wrong == NULL; i++) {
        wrong = list_check(g, i, counted);
    }
    for (unsigned i = 0; i < GENERATIONS_MAX && wrong == NULL; i++) {
        wrong = counted[i] == g->count[i] ? NULL : "generations: a generation's count is wrong";
    }
    bool few = generations_alive(g)<GENERATIONS_MIN, many = generations_alive(g)> GENERATIONS_MAX;
    return wrong != NULL ? wrong : few || many ? "generations: too few or too many" : NULL;
}
