/* test_shadow.c - a property: memory gives back what was put there, whatever happens between.
 *
 * Several spaces store, load, map, unmap, remap, page out and die at random on a machine of few
 * frames, with and without limits and watermarks.  A shadow (a hash table of page -> bytes) is told of every store and asked at every
 * load; untouched pages must read as zeros; every invariant is checked as the run goes on.
 */
#include "fixture.h"

#define SPACES       3u
#define REGIONS      4u
#define REGION_PAGES 8u

typedef struct Region {
    VAddr va;
    uint64_t pages; /* 0: none */
    bool file;
} Region;

typedef struct Program {
    AddressSpace *space;
    Counters counters;
    Region regions[REGIONS];
    GHashTable *shadow; /* page number -> its words */
} Program;

/* What each run has besides frames and a policy. */
typedef enum Setup {
    SETUP_PLAIN,
    SETUP_LOCAL,      /* equal shares */
    SETUP_LIMITS,     /* one process is trimmed at a limit, another has a guaranteed minimum */
    SETUP_WATERMARKS, /* with a background reclaimer, whose work is charged */
    SETUP_BOTH,
    SETUP_COUNT
} Setup;

typedef struct World {
    Fixture f;
    Setup setup;
    uint32_t frames;
    Program programs[SPACES];
    Rng rng;
    uint64_t loads_checked;
} World;

static uint64_t draw(World *w, uint64_t bound) { return rng_below(&w->rng, bound); }

static void program_open(World *w, Program *p) {
    *p = (Program){.shadow = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free)};
    uint64_t number = (uint64_t)(p - w->programs);
    Limits limits = *NO_LIMITS;
    if (w->setup == SETUP_LIMITS || w->setup == SETUP_BOTH) {
        limits.rss = number == 0 ? MAX(1, w->frames / 3) * PAGE : UINT64_MAX;
        limits.rss_min = number == 1 ? w->frames / 2 * PAGE : 0;
    }
    p->space = address_space_create(w->f.m, 1, &limits, NULL, &p->counters);
    g_assert_nonnull(p->space);
}

static void program_close(World *w, Program *p) {
    address_space_destroy(w->f.m, p->space);
    g_hash_table_unref(p->shadow);
}

static uint64_t *shadow_page(Program *p, Vpn vpn, bool make) {
    uint64_t *words = g_hash_table_lookup(p->shadow, &vpn);
    if (words == NULL && make) {
        words = g_new0(uint64_t, PAGE / 8);
        g_hash_table_insert(p->shadow, g_memdup2(&vpn, sizeof(vpn)), words);
    }
    return words;
}

static void shadow_forget(Program *p, VAddr va, uint64_t pages) {
    for (Vpn vpn = va / PAGE; vpn < va / PAGE + pages; vpn++) {
        g_hash_table_remove(p->shadow, &vpn);
    }
}

static void do_map(World *w, Program *p, Region *r) {
    r->pages = 1 + draw(w, REGION_PAGES);
    r->file = draw(w, 3) == 0;
    unsigned flags = r->file ? MAP_FLAG_FILE : draw(w, 4) == 0 ? MAP_FLAG_POPULATE : 0;
    g_assert_cmpint(space_mmap(w->f.m, p->space, 0, r->pages * PAGE, RW, flags, &r->va), ==,
                    OUTCOME_OK);
}

static void do_unmap(World *w, Program *p, Region *r) {
    g_assert_cmpint(space_munmap(w->f.m, p->space, r->va, r->pages * PAGE), ==, OUTCOME_OK);
    shadow_forget(p, r->va, r->pages);
    r->pages = 0;
}

static void do_store(World *w, Program *p, Region *r) {
    VAddr va = r->va + draw(w, r->pages) * PAGE + draw(w, PAGE / 8) * 8;
    uint64_t value = rng_next(&w->rng);
    g_assert_cmpint(space_store(&w->f, p->space, va, value), ==, OUTCOME_OK);
    shadow_page(p, va / PAGE, true)[va % PAGE / 8] = value;
}

static void check_load(World *w, Program *p, VAddr va) {
    const uint64_t *words = shadow_page(p, va / PAGE, false);
    uint64_t expected = words == NULL ? 0 : words[va % PAGE / 8], value = ~expected,
             peeked = ~expected;
    g_assert_true(memory_peek(w->f.m, p->space, va, &peeked, 8));
    g_assert_cmphex(peeked, ==, expected);
    g_assert_cmpint(space_load(&w->f, p->space, va, &value), ==, OUTCOME_OK);
    g_assert_cmphex(value, ==, expected);
    w->loads_checked++;
}

static void do_load(World *w, Program *p, Region *r) {
    VAddr page = r->va + draw(w, r->pages) * PAGE;
    check_load(w, p, page + draw(w, PAGE / 8) * 8);
    const uint64_t *words = shadow_page(p, page / PAGE, false);
    for (unsigned i = 0; words != NULL && i < PAGE / 8; i++) {
        if (words[i] != 0) {
            check_load(w, p, page + i * 8);
        }
    }
}

static void do_advise(World *w, Program *p, Region *r) {
    static const Advice harmless[] = {ADVICE_PAGEOUT, ADVICE_PAGEOUT, ADVICE_COLD, ADVICE_WILLNEED,
                                      ADVICE_POPULATE_READ};
    uint64_t from = draw(w, r->pages), pages = 1 + draw(w, r->pages - from);
    VAddr va = r->va + from * PAGE;
    Advice advice = harmless[draw(w, G_N_ELEMENTS(harmless))];
    if (draw(w, 4) == 0) {
        advice = ADVICE_DONTNEED;
        if (!r->file) {
            shadow_forget(p, va, pages);
        }
    }
    g_assert_cmpint(space_madvise(w->f.m, p->space, va, pages * PAGE, advice), ==, OUTCOME_OK);
}

static void do_remap(World *w, Program *p, Region *r) {
    uint64_t pages = 1 + draw(w, REGION_PAGES);
    VAddr to = 0;
    g_assert_cmpint(space_mremap(w->f.m, p->space, r->va, r->pages * PAGE, pages * PAGE,
                                 REMAP_MAY_MOVE, 0, &to),
                    ==, OUTCOME_OK);
    if (pages < r->pages) {
        shadow_forget(p, r->va + pages * PAGE, r->pages - pages);
    }
    for (uint64_t i = 0; to != r->va && i < MIN(pages, r->pages); i++) {
        Vpn from_vpn = r->va / PAGE + i, to_vpn = to / PAGE + i;
        uint64_t *words = shadow_page(p, from_vpn, false);
        if (words != NULL) {
            g_hash_table_insert(p->shadow, g_memdup2(&to_vpn, sizeof(to_vpn)),
                                g_memdup2(words, PAGE));
            g_hash_table_remove(p->shadow, &from_vpn);
        }
    }
    r->va = to;
    r->pages = pages;
}

static void do_protect(World *w, Program *p, Region *r) {
    uint64_t length = r->pages * PAGE;
    g_assert_cmpint(space_mprotect(w->f.m, p->space, r->va, length, VM_NONE), ==, OUTCOME_OK);
    g_assert_cmpint(space_mprotect(w->f.m, p->space, r->va, length, RW), ==, OUTCOME_OK);
}

/* Locking, asking and filling change no byte but those that are filled; a lock on a machine that is
 * full may fail, and is undone at once so that others find frames. */
static void do_lock(World *w, Program *p, Region *r) {
    uint64_t length = r->pages * PAGE, resident;
    bool on_fault = draw(w, 2) == 0;
    space_mlock(w->f.m, p->space, r->va, length, on_fault);
    space_madvise(w->f.m, p->space, r->va, length, on_fault ? ADVICE_DONTFORK : ADVICE_DOFORK);
    assert_sound(&w->f);
    g_assert_cmpint(space_mincore(w->f.m, p->space, r->va, length, &resident), ==, OUTCOME_OK);
    g_assert_cmpuint(resident, <=, r->pages);
    g_assert_cmpint(space_munlock(w->f.m, p->space, r->va, length), ==, OUTCOME_OK);
}

static void do_fill(World *w, Program *p, Region *r) {
    uint64_t done, from = draw(w, r->pages), pages = 1 + draw(w, r->pages - from);
    VAddr va = r->va + from * PAGE;
    g_assert_cmpint(space_copy_to_user(w->f.m, p->space, va, NULL, pages * PAGE, &done), ==,
                    OUTCOME_OK);
    shadow_forget(p, va, pages);
}

static void step(World *w) {
    Program *p = &w->programs[draw(w, SPACES)];
    Region *r = &p->regions[draw(w, REGIONS)];
    uint64_t what = draw(w, 100);
    w->f.clock.now += draw(w, 50000);
    fixture_run_background(&w->f);
    if (what == 0) {
        program_close(w, p);
        program_open(w, p);
    } else if (what == 1) {
        memory_window_end(w->f.m);
    } else if (what < 5) {
        memory_idle(w->f.m, draw(w, 2000));
    } else if (r->pages == 0) {
        do_map(w, p, r);
    } else if (what < 8) {
        do_unmap(w, p, r);
    } else if (what < 12) {
        do_advise(w, p, r);
    } else if (what < 15) {
        do_remap(w, p, r);
    } else if (what < 17) {
        do_protect(w, p, r);
    } else if (what < 18) {
        do_lock(w, p, r);
    } else if (what < 19) {
        do_fill(w, p, r);
    } else {
        (what < 60 ? do_store : do_load)(w, p, r);
    }
}

/* Nearly all frames are held back: low and high are as far apart as they can be. */
static Watermarks watermarks(uint32_t frames, uint64_t seed) {
    uint32_t high = MIN(frames - 1, 1 + (uint32_t)seed % 5);
    return (Watermarks){high / 3, high * 2 / 3, high, seed % 4 != 0};
}

/* The machine's counters when it was over. */
static Counters run(const PolicyOps *policy, uint32_t frames, unsigned tlb_levels, Setup setup,
                    uint64_t seed) {
    World w = {.rng = {seed}, .setup = setup, .frames = frames};
    MemoryConfig config = fixture_config(frames, 512);
    fixture_set_policy(&config, policy);
    if (policy->bounds != NULL) { /* minimum, maximum, hard: of a size that matters here */
        config.policy_params[0] = frames / 8;
        config.policy_params[1] = MAX(1, frames / 4);
        config.policy_params[2] = seed % 2;
    }
    config.tlb_levels = tlb_levels;
    config.local_scope = setup == SETUP_LOCAL;
    if (setup == SETUP_WATERMARKS || setup == SETUP_BOTH) {
        config.watermarks = watermarks(frames, seed);
        config.costs.page_scan_ns = 50;
    }
    config.page_cluster = setup == SETUP_BOTH || setup == SETUP_LOCAL ? 3 : 0;
    config.local_frames = MAX(1, frames / (SPACES + 1));
    fixture_open(&w.f, &config);
    for (unsigned i = 0; i < SPACES; i++) {
        program_open(&w, &w.programs[i]);
    }
    for (unsigned i = 0; i < 2500; i++) {
        step(&w);
        if (i % 4 == 0) {
            assert_sound(&w.f);
        }
    }
    for (unsigned i = 0; i < SPACES; i++) {
        g_hash_table_unref(w.programs[i].shadow);
    }
    fixture_close_empty(&w.f);
    g_assert_cmpuint(w.loads_checked, >, 1000);
    return w.f.machine;
}

static void test_policy(const void *data) {
    static const uint32_t frames[] = {1, 2, 3, 7, 20, 200};
    Counters sum = {0};
    for (unsigned i = 0; i < G_N_ELEMENTS(frames); i++) {
        for (Setup setup = 0; setup < SETUP_COUNT; setup++) {
            Counters one = run(data, frames[i], (i + setup) % 3, setup, (1 + setup) * 1000 + i);
            counters_add(&sum, &one);
        }
    }
    /* All of it was tried. (Dirty pages are not trimmed by policies that clean them first.) */
    g_assert_cmpuint(sum.standby_reuse, >, 100);
    g_assert_cmpuint(sum.pageoutrun, >, 100);
    g_assert_cmpuint(sum.allocstall, >, 50);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; policies_builtin[i] != NULL; i++) {
        if (policies_builtin[i]->needs & POLICY_NEEDS_FUTURE) {
            continue; /* nobody knows what the dice will say */
        }
        g_autofree char *name = g_strdup_printf("/shadow/%s", policies_builtin[i]->info.name);
        g_test_add_data_func(name, policies_builtin[i], test_policy);
    }
    return g_test_run();
}
