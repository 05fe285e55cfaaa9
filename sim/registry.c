/* registry.c - see registry.h.
 *
 * Idea: every name that a workload may use comes from a table of the room that it belongs to;
 * here those tables become one vocabulary, made once and never changed.
 */
#include "registry.h"

#include "kernel/layout.h"

#include "heap.h"
#include "policies.h"

/* A cost preset: a column of costs.def, and another swap device if it names one. */
typedef struct CostPreset {
    const char *name;
    const Costs *column;
    const char *device;
} CostPreset;

typedef struct Device {
    const char *name;
    Tick read_ns, write_ns;
} Device;

static const Costs modern = {
#define COST(name, modern, textbook, meaning) .name##_ns = modern,
#include "faultline/costs.def"
#undef COST
};

static const Costs textbook = {
#define COST(name, modern, textbook, meaning) .name##_ns = textbook,
#include "faultline/costs.def"
#undef COST
};

static const CostPreset cost_presets[] = {
    {"modern", &modern, NULL},
    {"hdd", &modern, "hdd"},
    {"zram", &modern, "zram"},
    {"textbook", &textbook, NULL},
};

static const Device devices[] = {
    {"ssd", 100000, 30000},
    {"hdd", 8000000, 8000000},
    {"zram", 2000, 6000},
};

static const char *const cost_preset_names[] = {"modern", "hdd", "zram", "textbook", NULL};
static const char *const device_names[] = {"ssd", "hdd", "zram", NULL};
G_STATIC_ASSERT(G_N_ELEMENTS(cost_preset_names) == G_N_ELEMENTS(cost_presets) + 1);
/* Names of mmu/kernel/profile.c; a test holds the two together. */
static const char *const kernel_names[] = {"6.18", "6.12", "6.1", NULL};
G_STATIC_ASSERT(G_N_ELEMENTS(device_names) == G_N_ELEMENTS(devices) + 1);

/* ---- words -------------------------------------------------------------------------------- */

/* Each of these makes an array that ends with NULL. */
static gpointer *policy_infos(void) {
    GPtrArray *infos = g_ptr_array_new();
    for (const PolicyOps *const *ops = policies_builtin; *ops != NULL; ops++) {
        g_ptr_array_add(infos, (gpointer) & (*ops)->info);
    }
    g_ptr_array_add(infos, NULL);
    return g_ptr_array_free(infos, FALSE);
}

static gpointer *allocator_infos(void) {
    GPtrArray *infos = g_ptr_array_new();
    for (const AllocatorOps *const *ops = allocators_builtin; *ops != NULL; ops++) {
        g_ptr_array_add(infos, (gpointer) & (*ops)->info);
    }
    g_ptr_array_add(infos, NULL);
    return g_ptr_array_free(infos, FALSE);
}

static gpointer *mmu_names(void) {
    GPtrArray *names = g_ptr_array_new();
    for (const Geometry *geometry = geometry_presets; geometry->name != NULL; geometry++) {
        g_ptr_array_add(names, (gpointer)geometry->name);
    }
    g_ptr_array_add(names, NULL);
    return g_ptr_array_free(names, FALSE);
}

const Vocabulary *registry_vocabulary(void) {
    static Vocabulary words;
    static gsize made = 0;
    if (g_once_init_enter(&made)) {
        words = (Vocabulary){
            .policies = (const ComponentInfo *const *)policy_infos(),
            .allocators = (const ComponentInfo *const *)allocator_infos(),
            .mmus = (const char *const *)mmu_names(),
            .cost_presets = cost_preset_names,
            .devices = device_names,
            .kernels = kernel_names,
            .layouts = layout_names,
        };
        g_once_init_leave(&made, 1);
    }
    return &words;
}

/* ---- what they stand for ------------------------------------------------------------------ */

const PolicyOps *registry_policy(const ComponentInfo *info) {
    const PolicyOps *const *ops = policies_builtin;
    while (*ops != NULL && &(*ops)->info != info) {
        ops++;
    }
    return *ops;
}

const PolicyOps *registry_policy_named(const char *name) {
    const PolicyOps *const *ops = policies_builtin;
    while (*ops != NULL && !g_str_equal((*ops)->info.name, name)) {
        ops++;
    }
    return *ops;
}

const AllocatorOps *registry_allocator(const ComponentInfo *info) {
    const AllocatorOps *const *ops = allocators_builtin;
    while (*ops != NULL && &(*ops)->info != info) {
        ops++;
    }
    return *ops;
}

const char *const *registry_cost_presets(void) { return cost_preset_names; }

bool registry_device(const char *name, Costs *costs) {
    for (gsize i = 0; i < G_N_ELEMENTS(devices); i++) {
        if (g_str_equal(devices[i].name, name)) {
            costs->swap_read_ns = devices[i].read_ns;
            costs->swap_write_ns = devices[i].write_ns;
            return true;
        }
    }
    return false;
}

bool registry_costs(const char *name, Costs *costs) {
    for (gsize i = 0; i < G_N_ELEMENTS(cost_presets); i++) {
        if (g_str_equal(cost_presets[i].name, name)) {
            *costs = *cost_presets[i].column;
            return cost_presets[i].device == NULL || registry_device(cost_presets[i].device, costs);
        }
    }
    return false;
}

/* ---- the rows of costs.def ---------------------------------------------------------------- */

const char *registry_cost_name(CostId id) {
    static const char *const names[COST_COUNT] = {
#define COST(name, modern, textbook, meaning) [COST_##name] = #name,
#include "faultline/costs.def"
#undef COST
    };
    return names[id];
}

const char *registry_cost_meaning(CostId id) {
    static const char *const meanings[COST_COUNT] = {
#define COST(name, modern, textbook, meaning) [COST_##name] = meaning,
#include "faultline/costs.def"
#undef COST
    };
    return meanings[id];
}
