/* machine_config.c - resolves presets, sizes in bytes and prices into one MemoryConfig.
 *
 * The order in which a price is found, the later one winning: the preset, the swap device's own
 * times, what the workload says itself; then zeroing is scaled from 4 KiB to the page size.
 */
#include "machine_config.h"

#include "machine.h"
#include "registry.h"
#include "scheduler.h"

#define PAGES_MAX (UINT32_MAX - 1) /* frame and slot numbers are 32 bits; one means "none" */
/* Bigger spaces have a kernel's half, smaller ones are all the program's. */
enum { WHOLE_SPACE_BITS_MAX = 47, ZERO_PAGE_BYTES = 4096 };

G_GNUC_PRINTF(2, 3) static bool refuse(GError **error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, MACHINE_ERROR, MACHINE_ERROR_INPUT, message);
    return false;
}

static Geometry custom_geometry(const MachineSpec *spec) {
    Geometry geometry = {.name = "custom", .levels = spec->level_count};
    geometry.page_shift = spec->page_size == 0 ? 0 : (unsigned)g_bit_nth_lsf(spec->page_size, -1);
    for (unsigned level = 0; level < MIN(spec->level_count, GEOMETRY_LEVELS_MAX); level++) {
        geometry.bits[level] = spec->level_bits[level];
        geometry.user_bits += spec->level_bits[level];
    }
    geometry.user_bits += geometry.page_shift;
    geometry.user_bits -= geometry.user_bits > WHOLE_SPACE_BITS_MAX;
    return geometry;
}

static bool resolve_geometry(const MachineSpec *spec, Geometry *geometry, GError **error) {
    const Geometry *preset = spec->mmu == NULL ? NULL : geometry_find(spec->mmu);
    *geometry = preset != NULL ? *preset : custom_geometry(spec);
    const char *wrong = geometry_check(geometry);
    return wrong == NULL || refuse(error, "machine: mmu: %s", wrong);
}

static VAddr place_or(VAddr given, VAddr initial) { return given == VADDR_FAIL ? initial : given; }

/* The geometry's layout with the places that the workload gives. */
static Layout custom_layout(const LayoutSpec *spec, const Geometry *geometry) {
    Layout layout = layout_for(geometry);
    layout.brk_start = place_or(spec->brk_start, layout.brk_start);
    layout.mmap_top = place_or(spec->mmap_top, layout.mmap_top);
    layout.mmap_bottom = place_or(spec->mmap_bottom, layout.mmap_bottom);
    layout.mmap_min = place_or(spec->mmap_min, layout.mmap_min);
    layout.stack_top = place_or(spec->stack_top, layout.stack_top);
    layout.stack_pages = spec->stack_pages == 0 ? layout.stack_pages : spec->stack_pages;
    layout.stack_present = spec->stack_present;
    layout.bottom_up = spec->bottom_up;
    layout.image_count = MIN(spec->image_count, LAYOUT_IMAGE_MAX);
    for (unsigned i = 0; i < layout.image_count; i++) {
        const ImageRangeSpec *range = &spec->image[i];
        layout.image[i] = (LayoutRange){range->start, range->end, range->prot, range->present};
    }
    return layout;
}

static bool resolve_layout(const MachineSpec *spec, MemoryConfig *config, GError **error) {
    const LayoutSpec *layout = &spec->layout;
    config->layout =
        layout->custom ? custom_layout(layout, &config->geometry) : layout_for(&config->geometry);
    if (layout->name != NULL && !layout_find(layout->name, &config->layout)) {
        return refuse(error, "machine: layout: there is no layout \"%s\"", layout->name);
    }
    const char *wrong = layout_check(&config->layout, &config->geometry);
    return wrong == NULL || refuse(error, "machine: layout: %s", wrong);
}

/* How many whole pages `bytes` are, which must be at least one. */
static bool resolve_pages(const char *what, uint64_t bytes, uint64_t page, uint64_t *pages,
                          GError **error) {
    *pages = bytes / page;
    if (*pages == 0) {
        return refuse(error,
                      "machine: %s: %" G_GUINT64_FORMAT " bytes are less than one page of "
                      "%" G_GUINT64_FORMAT " bytes",
                      what, bytes, page);
    }
    return *pages <= PAGES_MAX ||
           refuse(error, "machine: %s: more than %u pages of %" G_GUINT64_FORMAT " bytes", what,
                  PAGES_MAX, page);
}

static bool resolve_sizes(const MachineSpec *spec, MemoryConfig *config, GError **error) {
    uint64_t page = geometry_page_size(&config->geometry), frames = spec->frames;
    if (spec->memory_bytes != 0 &&
        !resolve_pages("memory", spec->memory_bytes, page, &frames, error)) {
        return false;
    }
    if (frames == 0 || frames > PAGES_MAX) {
        return refuse(error, "machine: frames: expected 1 to %u", PAGES_MAX);
    }
    config->frames = (uint32_t)frames;
    return !spec->swap || resolve_pages("swap", spec->swap_bytes, page, &config->swap_slots, error);
}

static bool resolve_watermarks(const MachineSpec *spec, MemoryConfig *config, GError **error) {
    if (spec->mark_high >= config->frames) {
        return refuse(error,
                      "machine: watermarks: \"high\" must be below the number of frames, %u: found "
                      "%" G_GUINT64_FORMAT,
                      config->frames, spec->mark_high);
    }
    config->watermarks = (Watermarks){.min = (uint32_t)spec->mark_min,
                                      .low = (uint32_t)spec->mark_low,
                                      .high = (uint32_t)spec->mark_high,
                                      .background = spec->mark_background};
    return true;
}

static bool resolve_tlb(const MachineSpec *spec, MemoryConfig *config, GError **error) {
    config->tlb_levels = MIN(spec->tlb_levels, TLB_LEVELS_MAX);
    for (unsigned level = 0; level < config->tlb_levels; level++) {
        const TlbSpec *tlb = &spec->tlb[level];
        if (tlb->ways == 0 || tlb->entries % tlb->ways != 0) {
            return refuse(error, "machine: tlb: the entries must be a multiple of the ways");
        }
        config->tlb[level] =
            (TlbLevelConfig){tlb->entries, tlb->ways, tlb->plru ? TLB_PLRU : TLB_LRU};
    }
    return true;
}

static bool resolve_orders(uint64_t sizes, const Geometry *geometry, uint32_t *orders,
                           GError **error) {
    unsigned huge_shift = geometry->page_shift + geometry->bits[geometry->levels - 1];
    *orders = (uint32_t)(sizes >> geometry->page_shift);
    bool between =
        (sizes & (2 * geometry_page_size(geometry) - 1)) == 0 && sizes >> huge_shift == 0;
    return between ||
           refuse(error,
                  "machine: folio_sizes: each must be more than a page, %" G_GUINT64_FORMAT
                  " bytes, and less than a huge page, %" G_GUINT64_FORMAT " bytes",
                  geometry_page_size(geometry), UINT64_C(1) << huge_shift);
}

static bool resolve_huge(const MachineSpec *spec, MemoryConfig *config, GError **error) {
    static const HugePages words[] = {[HUGE_PAGES_WORD_NEVER] = HUGE_PAGES_NEVER,
                                      [HUGE_PAGES_WORD_MADVISE] = HUGE_PAGES_MADVISE,
                                      [HUGE_PAGES_WORD_ALWAYS] = HUGE_PAGES_ALWAYS};
    config->huge_pages = words[spec->huge_pages];
    for (unsigned level = 0; level < config->tlb_levels; level++) {
        const TlbSpec *tlb = &spec->tlb[level];
        config->tlb_huge[level] =
            (TlbLevelConfig){tlb->huge_entries, tlb->huge_ways, tlb->plru ? TLB_PLRU : TLB_LRU};
    }
    return resolve_orders(spec->folio_sizes, &config->geometry, &config->folio_orders, error) &&
           resolve_orders(spec->folio_sizes_madvise, &config->geometry,
                          &config->folio_orders_madvise, error);
}

/* In proportion, at least 1 ns unless zeroing is free. */
static Tick scaled_zeroing(Tick for_4k, uint64_t page) {
    unsigned __int128 scaled = (unsigned __int128)for_4k * page / ZERO_PAGE_BYTES;
    return for_4k == 0 ? 0 : (Tick)CLAMP(scaled, 1, COST_MAX_NS);
}

static bool resolve_costs(const MachineSpec *spec, MemoryConfig *config, GError **error) {
    Costs *costs = &config->costs;
    if (!registry_costs(spec->cost_preset, costs)) {
        return refuse(error, "machine: costs: no preset \"%s\"", spec->cost_preset);
    }
    if (spec->device != NULL && !registry_device(spec->device, costs)) {
        return refuse(error, "machine: swap: no device \"%s\"", spec->device);
    }
    config->swap_by_cpu = registry_swap_by_cpu(spec->cost_preset, spec->device);
    Tick *prices[COST_COUNT] = {
#define COST(name, modern, textbook, meaning) [COST_##name] = &costs->name##_ns,
#include "faultline/costs.def"
#undef COST
    };
    for (CostId id = 0; id < COST_COUNT; id++) {
        if (spec->cost[id] != TICK_NEVER) {
            *prices[id] = MIN(spec->cost[id], COST_MAX_NS);
        }
    }
    costs->zero_page_ns =
        scaled_zeroing(costs->zero_page_ns, geometry_page_size(&config->geometry));
    return true;
}

static void resolve_policy(const MachineSpec *spec, MemoryConfig *config) {
    config->policy = registry_policy(spec->policy.info);
    for (unsigned i = 0; i < PARAMS_MAX; i++) {
        config->policy_params[i] = spec->policy.values[i];
    }
    if (spec->reclaim_linux && config->policy->as_in_kernel != NULL) {
        config->policy = config->policy->as_in_kernel;
        const Param *params = config->policy->info.params;
        for (unsigned i = 0; params[i].name != NULL; i++) {
            config->policy_params[i] = params[i].initial;
        }
    }
}

/* vm.page-cluster is 3 unless told; memory that is compressed is not read ahead. */
static void resolve_page_cluster(const MachineSpec *spec, MemoryConfig *config) {
    bool told = spec->page_cluster != PAGE_CLUSTER_UNSET;
    config->page_cluster = told                  ? (unsigned)spec->page_cluster
                           : spec->reclaim_linux ? PAGE_CLUSTER_LINUX
                                                 : 0;
    config->page_cluster = config->swap_by_cpu ? 0 : config->page_cluster;
}

/* Under local replacement each process may hold an equal share of the frames. */
static void resolve_scope(const Workload *workload, MemoryConfig *config) {
    uint64_t processes = 0;
    for (uint32_t i = 0; i < workload->process_count; i++) {
        processes += workload->processes[i].copies;
    }
    config->local_scope = workload->machine.local_scope;
    config->quotas_move =
        config->local_scope && workload->machine.allocation.rule != ALLOCATION_WORD_EQUAL;
    config->group_count = workload->machine.groups.count;
    for (uint32_t i = 0; i < config->group_count; i++) {
        uint64_t page = geometry_page_size(&config->geometry);
        config->group_frames[i] = MAX(1, workload->machine.groups.items[i].bytes / page);
    }
    config->local_frames = (uint32_t)MAX(1, config->frames / MAX(1, processes));
}

static void resolve_words(const MachineSpec *spec, MemoryConfig *config) {
    static const ZeroPoolMode modes[] = {
        [ZERO_POOL_WORD_BACKGROUND] = ZERO_POOL_BACKGROUND,
        [ZERO_POOL_WORD_ON_DEMAND] = ZERO_POOL_ON_DEMAND,
        [ZERO_POOL_WORD_NEVER] = ZERO_POOL_NEVER,
    };
    static const Overcommit overcommits[] = {
        [OVERCOMMIT_WORD_ALWAYS] = OVERCOMMIT_ALWAYS,
        [OVERCOMMIT_WORD_HEURISTIC] = OVERCOMMIT_HEURISTIC,
        [OVERCOMMIT_WORD_NEVER] = OVERCOMMIT_NEVER,
    };
    config->zero_pool = (ZeroPoolConfig){
        .mode = modes[spec->zero_pool],
        .start_ppm = spec->zero_start_ppm,
        .stop_ppm = spec->zero_stop_ppm,
    };
    config->overcommit = overcommits[spec->overcommit];
    config->overcommit_percent = spec->overcommit_percent;
    config->profile = spec->kernel == NULL ? NULL : kernel_profile_find(spec->kernel);
    config->shared_zero_page = spec->shared_zero_page;
    config->working_set_window = CLAMP(spec->working_set_window, 1, TICK_MAX);
}

bool machine_config_resolve(const Workload *workload, MemoryConfig *config, GError **error) {
    const MachineSpec *spec = &workload->machine;
    *config = (MemoryConfig){.seed = workload->seed,
                             .cpus = CLAMP(spec->cpus, 1, CPUS_MAX),
                             .per_cpu_pages = {spec->cpu_batch, spec->cpu_high}};
    resolve_words(spec, config);
    resolve_policy(spec, config);
    if (!resolve_geometry(spec, &config->geometry, error) || !resolve_layout(spec, config, error) ||
        !resolve_sizes(spec, config, error)) {
        return false;
    }
    resolve_scope(workload, config);
    if (!resolve_watermarks(spec, config, error) || !resolve_tlb(spec, config, error) ||
        !resolve_huge(spec, config, error) || !resolve_costs(spec, config, error)) {
        return false;
    }
    resolve_page_cluster(spec, config);
    return true;
}
