/* test_every_policy.c - what must hold for every policy there is, and each variant it offers.
 *
 *   nobody faults less often than opt
 *   nobody cares which numbers pages have; opt does in a tie, which no fault depends on, and
 *   linux-mglru, which looks along page tables, at neighbours
 *
 * test_policy_properties.c has the same on fewer strings, through the whole machine.
 */
#include "string_runs.h"

/* ---- the bound --------------------------------------------------------------------------- */

static void check_opt(const String *string, Rng *rng) {
    uint32_t few = 1 + (uint32_t)rng_below(rng, 3), more = few + 1 + (uint32_t)rng_below(rng, 4);
    uint64_t least_of_few = run_string("opt", few, string).faults;
    uint64_t least_of_more = run_string("opt", more, string).faults;
    g_autoptr(GPtrArray) policies = policies_and_variants();
    for (guint i = 0; i < policies->len; i++) {
        const char *policy = g_ptr_array_index(policies, i);
        g_assert_cmpuint(run_string(policy, few, string).faults, >=, least_of_few);
        g_assert_cmpuint(run_string(policy, more, string).faults, >=, least_of_more);
    }
}

static void test_opt(void) { for_strings(check_opt); }

/* ---- numbers are only names -------------------------------------------------------------- */

static uint32_t renamed_set(uint32_t set, const uint64_t *names) {
    uint32_t renamed = 0;
    for (unsigned page = 0; page < PAGES; page++) {
        renamed |= (set >> page & 1) << names[page];
    }
    return renamed;
}

static void check_renumbered(const String *string, Rng *rng) {
    uint64_t names[NAMES];
    shuffle(rng, names, NAMES);
    g_autoptr(GArray) references = g_array_new(FALSE, FALSE, sizeof(Reference));
    for (guint t = 0; t < string->references->len; t++) {
        const Reference *r = &g_array_index(string->references, Reference, t);
        string_add(references, names[r->page], r->write);
    }
    String renamed = string_of(references);
    uint32_t frames = 1 + (uint32_t)rng_below(rng, FRAMES_TO);
    g_autoptr(GPtrArray) policies = policies_and_variants();
    for (guint i = 0; i < policies->len; i++) {
        const char *policy = g_ptr_array_index(policies, i);
        if (g_str_has_prefix(policy, "linux-mglru")) {
            continue;
        }
        Run run = run_string(policy, frames, string);
        Run other = run_string(policy, frames, &renamed);
        assert_same_faults(&run, &other);
        bool has_ties = strcmp(policy, "opt") == 0;
        for (guint t = 0; !has_ties && t < references->len; t++) {
            g_assert_cmphex(renamed_set(run.memory[t], names), ==, other.memory[t]);
        }
        g_assert_true(has_ties || run.writebacks == other.writebacks);
    }
}

static void test_renumbered(void) { for_strings(check_renumbered); }

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/every/opt-is-least", test_opt);
    g_test_add_func("/every/renumbered", test_renumbered);
    return g_test_run();
}
