/* registry.c - see registry.h.
 *
 * Idea: every name that a workload may use comes from a table of the room that it belongs to;
 * here those tables become one vocabulary, made once and never changed.
 */
#include "registry.h"

#include "kernel/layout.h"

#include "heap.h"
#include "plugin.h"
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
    bool by_cpu; /* the processor itself does the work */
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
    {"ssd", 100000, 30000, false},
    {"hdd", 8000000, 8000000, false},
    {"zram", 2000, 6000, true},
};

static const char *const cost_preset_names[] = {"modern", "hdd", "zram", "textbook", NULL};
static const char *const device_names[] = {"ssd", "hdd", "zram", NULL};
G_STATIC_ASSERT(G_N_ELEMENTS(cost_preset_names) == G_N_ELEMENTS(cost_presets) + 1);
/* Names of mmu/kernel/profile.c; a test holds the two together. */
static const char *const kernel_names[] = {"6.18", "6.12", "6.1", NULL};
G_STATIC_ASSERT(G_N_ELEMENTS(device_names) == G_N_ELEMENTS(devices) + 1);

/* ---- words -------------------------------------------------------------------------------- */

/* All that can be named: the built-ins first, then those of plugins.  Both lists end with NULL. */
typedef struct Components {
    GPtrArray *policies;   /* of const PolicyOps *    */
    GPtrArray *allocators; /* of const AllocatorOps * */
} Components;

/* Before the NULL. */
static void append(GPtrArray *list, const void *ops) {
    g_ptr_array_insert(list, (gint)list->len - 1, (gpointer)ops);
}

static GPtrArray *list_of(const void *const *ops) {
    GPtrArray *list = g_ptr_array_new();
    g_ptr_array_add(list, NULL);
    for (; *ops != NULL; ops++) {
        append(list, *ops);
    }
    return list;
}

/* Made once; it grows only before the first workload is read (registry_add_plugin). */
static Components *components(void) {
    static Components all;
    static gsize made = 0;
    if (g_once_init_enter(&made)) {
        all.policies = list_of((const void *const *)policies_builtin);
        all.allocators = list_of((const void *const *)allocators_builtin);
        g_once_init_leave(&made, 1);
    }
    return &all;
}

static const PolicyOps *const *all_policies(void) {
    return (const PolicyOps *const *)components()->policies->pdata;
}

static const AllocatorOps *const *all_allocators(void) {
    return (const AllocatorOps *const *)components()->allocators->pdata;
}

/* Each of these makes an array that ends with NULL. */
static gpointer *policy_infos(void) {
    GPtrArray *infos = g_ptr_array_new();
    for (const PolicyOps *const *ops = all_policies(); *ops != NULL; ops++) {
        g_ptr_array_add(infos, (gpointer) & (*ops)->info);
    }
    g_ptr_array_add(infos, NULL);
    return g_ptr_array_free(infos, FALSE);
}

static gpointer *allocator_infos(void) {
    GPtrArray *infos = g_ptr_array_new();
    for (const AllocatorOps *const *ops = all_allocators(); *ops != NULL; ops++) {
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
    const PolicyOps *const *ops = all_policies();
    while (*ops != NULL && &(*ops)->info != info) {
        ops++;
    }
    return *ops;
}

const PolicyOps *registry_policy_named(const char *name) {
    const PolicyOps *const *ops = all_policies();
    while (*ops != NULL && !g_str_equal((*ops)->info.name, name)) {
        ops++;
    }
    return *ops;
}

const AllocatorOps *registry_allocator(const ComponentInfo *info) {
    const AllocatorOps *const *ops = all_allocators();
    while (*ops != NULL && &(*ops)->info != info) {
        ops++;
    }
    return *ops;
}

static const AllocatorOps *registry_allocator_named(const char *name) {
    const AllocatorOps *const *ops = all_allocators();
    while (*ops != NULL && !g_str_equal((*ops)->info.name, name)) {
        ops++;
    }
    return *ops;
}

static bool refuse_name(const char *path, const char *name, GError **error) {
    g_set_error(error, PLUGIN_ERROR, 0, "%s: the name \"%s\" is taken already", path, name);
    return false;
}

bool registry_add_plugin(const char *path, GError **error) {
    const Plugin *plugin = plugin_load(path, error);
    if (plugin == NULL) {
        return false;
    }
    for (unsigned i = 0; plugin->policies != NULL && plugin->policies[i] != NULL; i++) {
        const PolicyOps *ops = plugin->policies[i];
        if (registry_policy_named(ops->info.name) != NULL) {
            return refuse_name(path, ops->info.name, error);
        }
        append(components()->policies, ops);
    }
    for (unsigned i = 0; plugin->allocators != NULL && plugin->allocators[i] != NULL; i++) {
        const AllocatorOps *ops = plugin->allocators[i];
        if (registry_allocator_named(ops->info.name) != NULL) {
            return refuse_name(path, ops->info.name, error);
        }
        append(components()->allocators, ops);
    }
    return true;
}

const char *const *registry_cost_presets(void) { return cost_preset_names; }

static const Device *device_find(const char *name) {
    for (gsize i = 0; i < G_N_ELEMENTS(devices); i++) {
        if (g_strcmp0(devices[i].name, name) == 0) {
            return &devices[i];
        }
    }
    return NULL;
}

bool registry_device(const char *name, Costs *costs) {
    const Device *device = device_find(name);
    if (device != NULL) {
        costs->swap_read_ns = device->read_ns;
        costs->swap_write_ns = device->write_ns;
    }
    return device != NULL;
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

bool registry_swap_by_cpu(const char *preset, const char *device) {
    for (gsize i = 0; device == NULL && i < G_N_ELEMENTS(cost_presets); i++) {
        device = g_str_equal(cost_presets[i].name, preset) ? cost_presets[i].device : NULL;
    }
    const Device *found = device_find(device);
    return found != NULL && found->by_cpu;
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
