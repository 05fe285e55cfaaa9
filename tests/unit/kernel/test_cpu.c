/* test_cpu.c - several CPUs over one memory: whose TLB forgets what, who is interrupted for it. */
#include "fixture.h"

/* Two CPUs; the space runs on both, and both know its pages. */
typedef struct Pair {
    Fixture f;
    uint64_t interrupts[CPUS_MAX];
    VAddr va;
} Pair;

static void count_interrupt(void *host, uint32_t cpu) { ((Pair *)host)->interrupts[cpu]++; }

static void pair_on(Pair *p, uint32_t cpu) {
    memory_enter_cpu(p->f.m, cpu);
    memory_run_space(p->f.m, p->f.space);
}

static void pair_touch(Pair *p, uint32_t cpu, Access access) {
    pair_on(p, cpu);
    g_assert_cmpint(fixture_touch(&p->f, p->va, 4, access), ==, OUTCOME_OK);
}

/* The fixture's own environment goes by the fixture, which is where the pair is. */
static void pair_open(Pair *p) {
    MemoryConfig config = fixture_config(64, 64);
    config.cpus = 2;
    config.costs.ipi_send_ns = 1000;
    *p = (Pair){0};
    fixture_open(&p->f, &config);
    p->f.m->env.interrupt_cpu = count_interrupt;
    p->va = fixture_map(&p->f, 4 * PAGE, VM_READ | VM_WRITE, 0);
    pair_touch(p, 0, ACCESS_WRITE);
    pair_touch(p, 1, ACCESS_WRITE);
    g_assert_cmpuint(p->f.counters.tlb_misses, ==, 8);
    g_assert_cmpuint(p->f.counters.pgfault, ==, 4);
}

/* The operation is over, on CPU 1: so many interrupts were sent to CPU 0 for it. */
static void pair_told(Pair *p, uint64_t interrupts) {
    p->interrupts[0] = p->interrupts[1] = 0;
    Tick before = p->f.clock.now;
    uint64_t sent = p->f.counters.ipis_sent;
    memory_tell_cpus(p->f.m, &p->f.counters);
    g_assert_cmpuint(p->interrupts[0], ==, interrupts);
    g_assert_cmpuint(p->interrupts[1], ==, 0);
    g_assert_cmpuint(p->f.counters.ipis_sent, ==, sent + interrupts);
    g_assert_cmpuint(p->f.clock.now, ==, before + 1000 * interrupts);
    assert_sound(&p->f);
}

/* Each CPU has found its own way to the pages. */
static uint64_t misses_on(Pair *p, uint32_t cpu) {
    uint64_t before = p->f.counters.tlb_misses;
    pair_touch(p, cpu, ACCESS_READ);
    return p->f.counters.tlb_misses - before;
}

static void test_own_tlb(void) {
    Pair p;
    pair_open(&p);
    g_assert_cmpuint(misses_on(&p, 0), ==, 0);
    g_assert_cmpuint(misses_on(&p, 1), ==, 0);
    memory_flush_tlb(p.f.m);
    g_assert_cmpuint(misses_on(&p, 0), ==, 0);
    g_assert_cmpuint(misses_on(&p, 1), ==, 4);
    fixture_close(&p.f);
}

/* Four pages, one interrupt. */
static void test_unmap(void) {
    Pair p;
    pair_open(&p);
    uint64_t dropped = p.f.machine.tlb_shootdowns;
    g_assert_cmpint(space_munmap(p.f.m, p.f.space, p.va, 4 * PAGE), ==, OUTCOME_OK);
    g_assert_cmpuint(p.f.machine.tlb_shootdowns - dropped, ==, 8);
    pair_told(&p, 1);
    pair_told(&p, 0);
    pair_on(&p, 0);
    g_assert_cmpint(fixture_touch(&p.f, p.va, 1, ACCESS_READ), ==, OUTCOME_SEGV_MAPERR);
    fixture_close(&p.f);
}

static void test_protect(void) {
    Pair p;
    pair_open(&p);
    g_assert_cmpint(space_mprotect(p.f.m, p.f.space, p.va, 2 * PAGE, VM_READ), ==, OUTCOME_OK);
    pair_told(&p, 1);
    pair_on(&p, 0);
    g_assert_cmpint(fixture_touch(&p.f, p.va, 1, ACCESS_WRITE), ==, OUTCOME_SEGV_ACCERR);
    fixture_close(&p.f);
}

/* A fork takes the right to write from all CPUs; who copies then, has others forget the old page. */
static void test_fork(void) {
    Pair p;
    Counters child_counters = {0};
    AddressSpace *child;
    pair_open(&p);
    g_assert_cmpint(space_fork(p.f.m, p.f.space, 2, &child_counters, &child), ==, OUTCOME_OK);
    pair_told(&p, 1);
    uint64_t told = p.interrupts[0];
    pair_touch(&p, 0, ACCESS_READ);
    pair_touch(&p, 1, ACCESS_WRITE); /* each of the four faults tells CPU 0 */
    g_assert_cmpuint(p.f.counters.cow_copies, ==, 4);
    g_assert_cmpuint(p.interrupts[0] - told, ==, 4);
    g_assert_cmpuint(misses_on(&p, 0), ==, 4);
    assert_sound(&p.f);
    address_space_destroy(p.f.m, child);
    pair_told(&p, 0);
    fixture_close(&p.f);
}

/* Referenced bits are cleared without telling anybody; the next reference sets them all the same. */
static void test_referenced_bits(void) {
    Pair p;
    pair_open(&p);
    for (Pfn pfn = 0; pfn < 64; pfn++) {
        p.f.m->policy.env.clear_referenced(p.f.m->policy.env.host, pfn);
    }
    pair_told(&p, 0);
    g_assert_cmpuint(misses_on(&p, 0), ==, 4);
    fixture_close(&p.f);
}

/* Who has forgotten all of a space is not told any more; nor is anybody when a space ends. */
static void test_who_knows(void) {
    Pair p;
    pair_open(&p);
    pair_on(&p, 0);
    memory_flush_tlb(p.f.m);
    memory_enter_cpu(p.f.m, 1);
    g_assert_cmpint(space_munmap(p.f.m, p.f.space, p.va, PAGE), ==, OUTCOME_OK);
    pair_told(&p, 0);
    p.va += PAGE;
    pair_on(&p, 0);
    g_assert_cmpint(fixture_touch(&p.f, p.va, 3, ACCESS_READ), ==, OUTCOME_OK);
    memory_enter_cpu(p.f.m, 1);
    address_space_destroy(p.f.m, p.f.space);
    pair_told(&p, 0);
    fixture_close(&p.f);
}

/* What the check is for. */
static void test_check_can_fail(void) {
    Pair p;
    pair_open(&p);
    p.f.space->cpus = 1;
    g_assert_nonnull(memory_check(p.f.m));
    p.f.space->cpus = 3;
    tlb_insert(&cpu_mmu(p.f.m, 0)->tlb, tlb_tag(p.f.space->asid, (p.va >> 12) + 9), 5 << 8);
    g_assert_nonnull(memory_check(p.f.m));
    tlb_flush_all(&cpu_mmu(p.f.m, 0)->tlb);
    fixture_close(&p.f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kernel/cpu/own_tlb", test_own_tlb);
    g_test_add_func("/kernel/cpu/unmap", test_unmap);
    g_test_add_func("/kernel/cpu/protect", test_protect);
    g_test_add_func("/kernel/cpu/fork", test_fork);
    g_test_add_func("/kernel/cpu/referenced_bits", test_referenced_bits);
    g_test_add_func("/kernel/cpu/who_knows", test_who_knows);
    g_test_add_func("/kernel/cpu/check_can_fail", test_check_can_fail);
    return g_test_run();
}
