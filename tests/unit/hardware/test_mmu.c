/* test_mmu.c - the rules of mmu.h one by one, then long random runs against a naive MMU. */
#include "mmu.h"

#include "faultline/rng.h"

#include <glib.h>

#define ASID  1
#define PAGES 64

typedef struct Fixture {
    Mmu mmu;
    TableArena arena;
    PageTable pt;
} Fixture;

static const TlbLevelConfig two_levels[] = {{4, 2, TLB_LRU}, {16, 4, TLB_PLRU}};

static void set_up(Fixture *f, unsigned levels) {
    g_assert_true(tlb_init(&f->mmu.tlb, two_levels, levels));
    table_arena_init(&f->arena, geometry_find("tiny"));
    g_assert_true(page_table_init(&f->pt, &f->arena));
}

static void tear_down(Fixture *f) {
    g_assert_cmpstr(page_table_check(&f->pt), ==, NULL);
    page_table_clear(&f->pt);
    table_arena_clear(&f->arena);
    tlb_clear(&f->mmu.tlb);
}

static Pte *map(Fixture *f, Vpn vpn, uint32_t frame, Pte bits) {
    Pte *pte = page_table_make(&f->pt, vpn);
    g_assert_nonnull(pte);
    *pte = pte_make(frame, PTE_PRESENT | PTE_USER | bits);
    return pte;
}

static Translation translate(Fixture *f, Vpn vpn, Access access) {
    Translation t = mmu_translate(&f->mmu, &f->pt, ASID, vpn, access, false);
    g_assert_cmpstr(mmu_check(&f->mmu, &f->pt, ASID), ==, NULL);
    g_assert_cmpstr(tlb_check(&f->mmu.tlb), ==, NULL);
    return t;
}

static void assert_translation(Translation t, MmuResult result, Pfn frame, unsigned tlb_level,
                               unsigned levels_walked) {
    g_assert_cmpint(t.result, ==, result);
    g_assert_cmpuint(t.frame, ==, frame);
    g_assert_cmpuint(t.tlb_level, ==, tlb_level);
    g_assert_cmpuint(t.levels_walked, ==, levels_walked);
}

/* ---- the rules ------------------------------------------------------------------------- */

static void test_what_is_not_present(void) {
    Fixture f;
    set_up(&f, 2);
    assert_translation(translate(&f, 3, ACCESS_READ), MMU_NOT_PRESENT, PFN_NONE, 0, 1);
    Pte *pte = page_table_make(&f.pt, 3);
    assert_translation(translate(&f, 3, ACCESS_READ), MMU_NOT_PRESENT, PFN_NONE, 0, 2);
    *pte = pte_make(12, PTE_KIND_SWAPPED);
    Translation t = translate(&f, 3, ACCESS_WRITE);
    assert_translation(t, MMU_NOT_PRESENT, PFN_NONE, 0, 2);
    g_assert_cmpuint(t.pte, ==, *pte);
    g_assert_true(pte_swapped(*pte)); /* no bit was set in it */
    g_assert_cmpuint(pte_number(*pte), ==, 12);
    assert_translation(translate(&f, UINT64_C(1) << 40, ACCESS_READ), MMU_NOT_PRESENT, PFN_NONE, 0,
                       0);
    tear_down(&f);
}

static void test_a_read_sets_accessed(void) {
    Fixture f;
    set_up(&f, 2);
    Pte *pte = map(&f, 3, 7, PTE_WRITABLE);
    Translation t = translate(&f, 3, ACCESS_READ);
    assert_translation(t, MMU_OK, 7, 0, 2);
    g_assert_true(t.unseen);
    g_assert_cmpuint(t.pte, ==, *pte);
    g_assert_cmpuint(*pte & (PTE_ACCESSED | PTE_DIRTY), ==, PTE_ACCESSED);
    assert_translation(translate(&f, 3, ACCESS_READ), MMU_OK, 7, 1, 0);
    tear_down(&f);
}

static void test_the_first_write_walks_to_set_dirty(void) {
    Fixture f;
    set_up(&f, 2);
    Pte *pte = map(&f, 3, 7, PTE_WRITABLE);
    translate(&f, 3, ACCESS_READ);
    assert_translation(translate(&f, 3, ACCESS_WRITE), MMU_OK, 7, 1, 2);
    g_assert_true((*pte & PTE_DIRTY) != 0);
    assert_translation(translate(&f, 3, ACCESS_WRITE), MMU_OK, 7, 1, 0);
    map(&f, 4, 8, PTE_WRITABLE);
    assert_translation(translate(&f, 4, ACCESS_WRITE), MMU_OK, 8, 0, 2); /* a miss sets both */
    assert_translation(translate(&f, 4, ACCESS_WRITE), MMU_OK, 8, 1, 0);
    tear_down(&f);
}

/* Set 0 of the first level (2 ways) holds the even pages: the third pushes the first out. */
static void test_a_second_level_hit_is_promoted(void) {
    Fixture f;
    set_up(&f, 2);
    for (Vpn vpn = 0; vpn <= 4; vpn += 2) {
        map(&f, vpn, (uint32_t)vpn, PTE_WRITABLE);
        translate(&f, vpn, ACCESS_READ);
    }
    assert_translation(translate(&f, 0, ACCESS_WRITE), MMU_OK, 0, 2, 2); /* sets dirty */
    assert_translation(translate(&f, 0, ACCESS_WRITE), MMU_OK, 0, 1, 0);
    assert_translation(translate(&f, 2, ACCESS_READ), MMU_OK, 2, 2, 0);
    tear_down(&f);
}

static void test_rights(void) {
    Fixture f;
    set_up(&f, 2);
    Pte *pte = map(&f, 3, 7, PTE_ZERO_PAGE);
    Translation t = translate(&f, 3, ACCESS_WRITE);
    assert_translation(t, MMU_NO_RIGHT, PFN_NONE, 0, 2);
    g_assert_true(pte_zero_page(t.pte));
    g_assert_cmpuint(*pte & (PTE_ACCESSED | PTE_DIRTY), ==, 0);
    assert_translation(translate(&f, 3, ACCESS_READ), MMU_OK, 7, 0, 2);
    assert_translation(translate(&f, 3, ACCESS_WRITE), MMU_NO_RIGHT, PFN_NONE, 1, 2);
    assert_translation(translate(&f, 3, ACCESS_READ), MMU_OK, 7, 1, 0);
    *pte &= ~PTE_USER;
    tlb_drop(&f.mmu.tlb, tlb_tag(ASID, 3));
    assert_translation(translate(&f, 3, ACCESS_READ), MMU_NO_RIGHT, PFN_NONE, 0, 2);
    tear_down(&f);
}

/* A cached entry that forbids a write must not hide that the tables allow it by now. */
static void test_added_rights_need_no_drop(void) {
    Fixture f;
    set_up(&f, 2);
    Pte *pte = map(&f, 3, 7, 0);
    translate(&f, 3, ACCESS_READ);
    *pte |= PTE_WRITABLE;
    assert_translation(translate(&f, 3, ACCESS_WRITE), MMU_OK, 7, 1, 2);
    g_assert_true((*pte & PTE_DIRTY) != 0);
    assert_translation(translate(&f, 3, ACCESS_WRITE), MMU_OK, 7, 1, 0);
    tear_down(&f);
}

static void test_completing_sets_no_accessed_bit(void) {
    Fixture f;
    set_up(&f, 2);
    Pte *pte = map(&f, 3, 7, PTE_WRITABLE);
    Translation t = mmu_translate(&f.mmu, &f.pt, ASID, 3, ACCESS_WRITE, true);
    assert_translation(t, MMU_OK, 7, 0, 2);
    g_assert_cmpuint(*pte & (PTE_ACCESSED | PTE_DIRTY), ==, PTE_DIRTY);
    assert_translation(translate(&f, 3, ACCESS_READ), MMU_OK, 7, 0, 2); /* was not cached */
    tlb_flush_all(&f.mmu.tlb);
    mmu_translate(&f.mmu, &f.pt, ASID, 3, ACCESS_READ, true); /* now the bit stands */
    assert_translation(translate(&f, 3, ACCESS_READ), MMU_OK, 7, 1, 0);
    tear_down(&f);
}

static void test_unseen_until_marked(void) {
    Fixture f;
    set_up(&f, 2);
    map(&f, 3, 7, PTE_WRITABLE);
    g_assert_true(translate(&f, 3, ACCESS_READ).unseen);
    g_assert_true(translate(&f, 3, ACCESS_READ).unseen);
    mmu_mark_seen(&f.mmu, ASID, 3);
    g_assert_false(translate(&f, 3, ACCESS_READ).unseen);
    g_assert_false(translate(&f, 3, ACCESS_WRITE).unseen); /* setting dirty forgets nothing */
    g_assert_cmpuint(tlb_hit(&f.mmu.tlb, tlb_tag(ASID, 3), TLB_NEED_WRITE), ==, 7);
    tlb_forget_seen(&f.mmu.tlb);
    g_assert_true(translate(&f, 3, ACCESS_READ).unseen);
    tear_down(&f);
}

static void test_without_tlb_every_access_walks(void) {
    Fixture f;
    set_up(&f, 0);
    Pte *pte = map(&f, 3, 7, PTE_WRITABLE);
    assert_translation(mmu_translate(&f.mmu, &f.pt, ASID, 3, ACCESS_READ, true), MMU_OK, 7, 0, 2);
    g_assert_cmpuint(*pte & PTE_ACCESSED, ==, 0);
    for (int i = 0; i < 3; i++) {
        assert_translation(translate(&f, 3, ACCESS_WRITE), MMU_OK, 7, 0, 2);
        mmu_mark_seen(&f.mmu, ASID, 3);
    }
    g_assert_cmpuint(*pte & (PTE_ACCESSED | PTE_DIRTY), ==, PTE_ACCESSED | PTE_DIRTY);
    tear_down(&f);
}

static void test_spaces_are_apart(void) {
    Fixture f;
    PageTable other;
    set_up(&f, 2);
    g_assert_true(page_table_init(&other, &f.arena));
    map(&f, 3, 7, PTE_WRITABLE);
    *page_table_make(&other, 3) = pte_make(8, PTE_PRESENT | PTE_USER);
    translate(&f, 3, ACCESS_READ);
    g_assert_cmpuint(mmu_translate(&f.mmu, &other, 2, 3, ACCESS_READ, false).frame, ==, 8);
    assert_translation(translate(&f, 3, ACCESS_READ), MMU_OK, 7, 1, 0);
    g_assert_cmpstr(mmu_check(&f.mmu, &other, 2), ==, NULL);
    page_table_clear(&other);
    tear_down(&f);
}

/* ---- the check must be able to fail ---------------------------------------------------- */

static void assert_caught(Fixture *f, Pte *pte, Pte damage) {
    Pte good = *pte;
    *pte = damage;
    g_assert_nonnull(mmu_check(&f->mmu, &f->pt, ASID));
    g_assert_cmpstr(mmu_check(&f->mmu, &f->pt, ASID + 1), ==, NULL);
    *pte = good;
    g_assert_cmpstr(mmu_check(&f->mmu, &f->pt, ASID), ==, NULL);
}

static void test_check_sees_damage(void) {
    Fixture f;
    set_up(&f, 2);
    Pte *pte = map(&f, 3, 7, PTE_WRITABLE);
    translate(&f, 3, ACCESS_WRITE);
    assert_caught(&f, pte, PTE_NONE);
    assert_caught(&f, pte, pte_make(7, PTE_KIND_TRANSIT));
    assert_caught(&f, pte, *pte + (UINT64_C(1) << PTE_FRAME_SHIFT));
    assert_caught(&f, pte, *pte & ~PTE_ACCESSED);
    assert_caught(&f, pte, *pte & ~PTE_DIRTY);
    assert_caught(&f, pte, *pte & ~PTE_WRITABLE);
    assert_caught(&f, pte, *pte & ~PTE_USER);
    tear_down(&f);
}

/* ---- random runs ----------------------------------------------------------------------- */

/* The truth without a TLB: what each page's entry should be after every step. */
typedef struct Model {
    Pte pte[PAGES];
} Model;

static MmuResult model_access(Model *model, Vpn vpn, Access access, bool completing) {
    Pte *pte = &model->pte[vpn];
    Pte rights = PTE_USER | (access == ACCESS_WRITE ? PTE_WRITABLE : 0);
    if (!pte_present(*pte)) {
        return MMU_NOT_PRESENT;
    }
    if ((*pte & rights) != rights) {
        return MMU_NO_RIGHT;
    }
    *pte |= (completing ? 0 : PTE_ACCESSED) | (access == ACCESS_WRITE ? PTE_DIRTY : 0);
    return MMU_OK;
}

/* The kernel changes an entry, and drops what the TLB believed, unless only rights were added. */
static void change_entry(Fixture *f, Model *model, Vpn vpn, Rng *rng) {
    static const Pte kinds[] = {PTE_PRESENT | PTE_USER | PTE_WRITABLE, PTE_PRESENT | PTE_USER,
                                PTE_PRESENT, PTE_KIND_SWAPPED, PTE_KIND_TRANSIT};
    Pte *pte = page_table_make(&f->pt, vpn);
    switch (rng_below(rng, 5)) {
    case 0: /* something else */
        model->pte[vpn] = pte_make((uint32_t)rng_below(rng, 1000), kinds[rng_below(rng, 5)]);
        break;
    case 1: /* a policy samples */
        model->pte[vpn] &= ~PTE_ACCESSED;
        break;
    case 2: /* the page was cleaned */
        model->pte[vpn] &= ~PTE_DIRTY;
        break;
    case 3: /* mprotect takes a right, of a dirty page perhaps */
        model->pte[vpn] &= pte_present(model->pte[vpn]) ? ~PTE_WRITABLE : UINT64_MAX;
        break;
    default: /* mprotect gives one */
        model->pte[vpn] |= pte_present(model->pte[vpn]) ? PTE_WRITABLE : 0;
        *pte = model->pte[vpn];
        return;
    }
    *pte = model->pte[vpn];
    tlb_drop(&f->mmu.tlb, tlb_tag(ASID, vpn));
}

static void random_access(Fixture *f, Model *model, Vpn vpn, Rng *rng) {
    Access access = rng_below(rng, 3) == 0 ? ACCESS_WRITE : ACCESS_READ;
    bool cached = tlb_level_peek(&f->mmu.tlb.level[0], tlb_tag(ASID, vpn)) != NULL;
    bool completing = !cached && rng_below(rng, 5) == 0;
    MmuResult result = model_access(model, vpn, access, completing);
    uint64_t need = access == ACCESS_WRITE ? TLB_NEED_WRITE : TLB_NEED_READ;
    Pfn frame = completing ? PFN_NONE : tlb_hit(&f->mmu.tlb, tlb_tag(ASID, vpn), need);
    if (frame == PFN_NONE) {
        Translation t = mmu_translate(&f->mmu, &f->pt, ASID, vpn, access, completing);
        g_assert_cmpint(t.result, ==, result);
        frame = t.frame;
        if (t.unseen && rng_below(rng, 2) == 0) {
            mmu_mark_seen(&f->mmu, ASID, vpn);
        }
    }
    g_assert_cmpuint(frame, ==, result == MMU_OK ? pte_number(model->pte[vpn]) : PFN_NONE);
}

static void run_random(unsigned levels, uint64_t seed) {
    Fixture f;
    Model model = {0};
    Rng rng = {seed};
    set_up(&f, levels);
    for (int step = 0; step < 20000; step++) {
        Vpn vpn = rng_below(&rng, rng_below(&rng, 2) == 0 ? 8 : PAGES);
        if (rng_below(&rng, 4) == 0) {
            change_entry(&f, &model, vpn, &rng);
        } else {
            random_access(&f, &model, vpn, &rng);
        }
        if (rng_below(&rng, 500) == 0) {
            tlb_forget_seen(&f.mmu.tlb);
        }
        const Pte *pte = page_table_find(&f.pt, vpn);
        g_assert_cmpuint(pte == NULL ? PTE_NONE : *pte, ==, model.pte[vpn]);
        g_assert_cmpstr(mmu_check(&f.mmu, &f.pt, ASID), ==, NULL);
        g_assert_cmpstr(tlb_check(&f.mmu.tlb), ==, NULL);
    }
    tear_down(&f);
}

/* Whatever TLB there is, programs and page tables see the same. */
static void test_random(void) {
    for (unsigned levels = 0; levels <= 2; levels++) {
        run_random(levels, levels);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mmu/not-present", test_what_is_not_present);
    g_test_add_func("/mmu/accessed", test_a_read_sets_accessed);
    g_test_add_func("/mmu/dirty", test_the_first_write_walks_to_set_dirty);
    g_test_add_func("/mmu/promotion", test_a_second_level_hit_is_promoted);
    g_test_add_func("/mmu/rights", test_rights);
    g_test_add_func("/mmu/added-rights", test_added_rights_need_no_drop);
    g_test_add_func("/mmu/completing", test_completing_sets_no_accessed_bit);
    g_test_add_func("/mmu/unseen", test_unseen_until_marked);
    g_test_add_func("/mmu/no-tlb", test_without_tlb_every_access_walks);
    g_test_add_func("/mmu/spaces-apart", test_spaces_are_apart);
    g_test_add_func("/mmu/check-sees-damage", test_check_sees_damage);
    g_test_add_func("/mmu/random", test_random);
    return g_test_run();
}
