/* test_registry.c - the words of a workload and what they stand for. */
#include "registry.h"

#include "kernel/profile.h"

static void test_components(void) {
    const Vocabulary *words = registry_vocabulary();
    g_assert_true(words == registry_vocabulary());
    for (size_t i = 0; words->policies[i] != NULL; i++) {
        g_assert_true(&registry_policy(words->policies[i])->info == words->policies[i]);
    }
    for (size_t i = 0; words->allocators[i] != NULL; i++) {
        g_assert_true(&registry_allocator(words->allocators[i])->info == words->allocators[i]);
    }
    g_assert_cmpstr(words->policies[0]->name, ==, "clock");
    g_assert_cmpstr(words->mmus[0], ==, "x86-64");
    g_assert_null(registry_policy(words->allocators[0]));
}

/* Each name is there once, in every list. */
static void test_names_differ(void) {
    const Vocabulary *words = registry_vocabulary();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; words->policies[i] != NULL; i++) {
        g_assert_true(g_hash_table_add(seen, (gpointer)words->policies[i]->name));
    }
    g_hash_table_remove_all(seen);
    for (size_t i = 0; words->allocators[i] != NULL; i++) {
        g_assert_true(g_hash_table_add(seen, (gpointer)words->allocators[i]->name));
    }
}

static void test_presets(void) {
    Costs modern, hdd, zram, textbook, none;
    g_assert_true(registry_costs("modern", &modern));
    g_assert_true(registry_costs("hdd", &hdd));
    g_assert_true(registry_costs("zram", &zram));
    g_assert_true(registry_costs("textbook", &textbook));
    g_assert_false(registry_costs("modem", &none));
    g_assert_cmpuint(modern.memory_reference_ns, ==, 100);
    g_assert_cmpuint(modern.swap_read_ns, ==, 100000);
    g_assert_cmpuint(modern.swap_write_ns, ==, 30000);
    g_assert_cmpuint(hdd.swap_read_ns, ==, 8000000);
    g_assert_cmpuint(hdd.memory_reference_ns, ==, modern.memory_reference_ns);
    g_assert_cmpuint(zram.swap_read_ns, ==, 2000);
    g_assert_cmpuint(zram.swap_write_ns, ==, 6000);
    /* (1-p) 200 + p 8,000,000 at p = 1/1000: 8,199.8 ns a reference */
    g_assert_cmpuint(textbook.memory_reference_ns * 1000 + textbook.swap_read_ns, ==, 8199800);
    for (size_t i = 0; registry_cost_presets()[i] != NULL; i++) {
        g_assert_true(registry_costs(registry_cost_presets()[i], &none));
    }
}

static void test_devices(void) {
    Costs costs;
    registry_costs("textbook", &costs);
    g_assert_true(registry_device("ssd", &costs));
    g_assert_cmpuint(costs.swap_read_ns, ==, 100000);
    g_assert_cmpuint(costs.memory_reference_ns, ==, 200);
    g_assert_false(registry_device("tape", &costs));
    for (size_t i = 0; registry_vocabulary()->devices[i] != NULL; i++) {
        g_assert_true(registry_device(registry_vocabulary()->devices[i], &costs));
    }
}

static void test_cost_rows(void) {
    for (CostId id = 0; id < COST_COUNT; id++) {
        g_assert_nonnull(registry_cost_name(id));
        g_assert_nonnull(registry_cost_meaning(id));
    }
    g_assert_cmpstr(registry_cost_name(COST_walk_level), ==, "walk_level");
}

/* The words of "kernel" are the kernel's profiles, in their order. */
static void test_kernels_are_the_profiles(void) {
    const char *const *words = registry_vocabulary()->kernels;
    for (const KernelProfile *profile = kernel_profiles; profile->name != NULL; profile++) {
        g_assert_cmpstr(*words++, ==, profile->name);
    }
    g_assert_null(*words);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/registry/components", test_components);
    g_test_add_func("/sim/registry/names_differ", test_names_differ);
    g_test_add_func("/sim/registry/presets", test_presets);
    g_test_add_func("/sim/registry/devices", test_devices);
    g_test_add_func("/sim/registry/cost_rows", test_cost_rows);
    g_test_add_func("/registry/kernels-are-the-profiles", test_kernels_are_the_profiles);
    return g_test_run();
}
