/* machine_spec.c - the object "machine": hardware, paging and prices, each with its default.
 *
 * One function for each key that is more than a number, in the order of the manual.
 */
#include "loader.h"

#define FRAMES_MAX       (UINT64_C(1) << 28) /* 1 TiB of 4 KiB pages */
#define BYTES_MAX        (UINT64_C(1) << 40)
#define ADDRESS_BITS_MAX 57
#define PAGE_CLUSTER_MAX 5 /* 32 slots, as Linux's SWAP_RA_ORDER_CEILING */

/* A string: it has to be "none"; a size, say, is answered with what else can stand there. */
static void read_none(Reader *reader, const cJSON *item, const char *expected) {
    static const char *const none[] = {"none", NULL};
    if (nearest_word(item->valuestring, none) != NULL) {
        json_word_value(reader, item, "word", none);
    } else {
        json_expected(reader, item, expected);
    }
}

static bool is_power_of_two(uint64_t n) { return n != 0 && (n & (n - 1)) == 0; }

static unsigned log2_of(uint64_t power) { return (unsigned)__builtin_ctzll(power); }

/* ---- hardware -------------------------------------------------------------------------- */

static void read_geometry(Reader *reader, const cJSON *item, MachineSpec *spec) {
    static const NumberRange page_size = {UNIT_SIZE, 64, 65536};
    static const NumberRange level_bits = {UNIT_COUNT, 1, 16};
    JsonObject object = json_object(reader, item);
    spec->page_size = json_need_number(&object, "page_size", &page_size);
    const cJSON *levels = json_need(&object, "levels");
    json_end(&object);
    if (reader->error != NULL) {
        return;
    }
    if (!is_power_of_two(spec->page_size)) {
        json_expected(reader, json_member(&object, "page_size"), "a power of two");
        return;
    }
    unsigned bits = log2_of(spec->page_size);
    spec->level_count = json_array(reader, levels, 1, G_N_ELEMENTS(spec->level_bits));
    for (unsigned i = 0; i < spec->level_count; i++) {
        const cJSON *level = cJSON_GetArrayItem(levels, (int)i);
        spec->level_bits[i] = (unsigned)json_number_value(reader, level, &level_bits);
        bits += spec->level_bits[i];
    }
    if (bits > ADDRESS_BITS_MAX) {
        json_error(reader, levels, "page offset and levels make addresses of %u bits; at most %d",
                   bits, ADDRESS_BITS_MAX);
    }
}

static void read_mmu(Reader *reader, const cJSON *item, const Vocabulary *words,
                     MachineSpec *spec) {
    if (cJSON_IsObject(item)) {
        read_geometry(reader, item, spec);
    } else if (item != NULL) {
        spec->mmu = words->mmus[json_word_value(reader, item, "mmu", words->mmus)];
    } else {
        spec->mmu = words->mmus[0];
    }
}

static void read_memory(JsonObject *machine, MachineSpec *spec) {
    static const NumberRange memory = {UNIT_SIZE, 1, BYTES_MAX};
    static const NumberRange frames = {UNIT_COUNT, 1, FRAMES_MAX};
    const cJSON *count =
        machine->item == NULL ? NULL : cJSON_GetObjectItemCaseSensitive(machine->item, "frames");
    spec->memory_bytes =
        json_number(machine, "memory", &memory, count == NULL ? UINT64_C(64) << 20 : 0);
    spec->frames = json_number(machine, "frames", &frames, 0);
    if (count != NULL && spec->memory_bytes != 0) {
        json_key_error(machine->reader, count,
                       "\"memory\" and \"frames\" say the same thing; keep one");
    }
    if (spec->page_size != 0 && spec->memory_bytes / spec->page_size > FRAMES_MAX) {
        json_error(machine->reader, machine->item,
                   "so much memory in pages so small makes more than 2^28 frames");
    }
}

/* entries / ways sets, a power of two; tree-PLRU wants ways to be one, too. */
static void check_tlb(Reader *reader, const cJSON *item, bool plru, uint32_t entries,
                      uint32_t ways) {
    if (entries % ways != 0 || !is_power_of_two(entries / ways)) {
        json_error(reader, item,
                   "%u entries in %u ways: entries / ways must be a power of two (the sets)",
                   entries, ways);
    } else if (plru && (!is_power_of_two(ways) || ways > 64)) {
        json_error(reader, item, "\"plru\" needs a power of two of at most 64 ways, found %u",
                   ways);
    }
}

/* Those for huge pages are as many as the others, in as many ways, unless told. */
static void read_tlb_huge(JsonObject *object, TlbSpec *tlb) {
    static const NumberRange entries = {UNIT_COUNT, 0, 65536}, ways = {UNIT_COUNT, 1, 65536};
    tlb->huge_entries = (uint32_t)json_number(object, "huge_entries", &entries, tlb->entries);
    uint32_t initial = tlb->huge_entries % tlb->ways == 0 ? tlb->ways : tlb->huge_entries;
    tlb->huge_ways = (uint32_t)json_number(object, "huge_ways", &ways, initial);
}

static void read_tlb_level(Reader *reader, const cJSON *item, TlbSpec *tlb) {
    static const NumberRange entries = {UNIT_COUNT, 1, 65536};
    static const char *const replacements[] = {"lru", "plru", NULL};
    JsonObject object = json_object(reader, item);
    tlb->entries = (uint32_t)json_need_number(&object, "entries", &entries);
    bool known = object.missing == NULL;
    tlb->ways = (uint32_t)json_number(
        &object, "ways", &(NumberRange){UNIT_COUNT, 1, known ? tlb->entries : entries.max},
        tlb->entries);
    tlb->plru = json_word(&object, "replacement", "replacement", replacements, 0) == 1;
    read_tlb_huge(&object, tlb);
    json_end(&object);
    check_tlb(reader, item, tlb->plru, tlb->entries, tlb->ways);
    if (tlb->huge_entries != 0) {
        check_tlb(reader, item, tlb->plru, tlb->huge_entries, tlb->huge_ways);
    }
}

static void read_tlb(Reader *reader, const cJSON *item, MachineSpec *spec) {
    if (item == NULL) {
        spec->tlb[0] = (TlbSpec){64, 4, .huge_entries = 32, .huge_ways = 4};
        spec->tlb[1] = (TlbSpec){1536, 12, .huge_entries = 1536, .huge_ways = 12};
        spec->tlb_levels = 2;
    } else if (cJSON_IsArray(item)) {
        spec->tlb_levels = json_array(reader, item, 1, G_N_ELEMENTS(spec->tlb));
        for (unsigned i = 0; i < spec->tlb_levels; i++) {
            read_tlb_level(reader, cJSON_GetArrayItem(item, (int)i), &spec->tlb[i]);
        }
    } else if (cJSON_IsString(item)) {
        read_none(reader, item, "an array of levels, or \"none\"");
    } else {
        json_expected(reader, item, "an array of levels, or \"none\"");
    }
}

/* ---- paging ---------------------------------------------------------------------------- */

/* Whose pages a fault may replace: anybody's, or only the process's own; and how many it has. */
static void read_scope(JsonObject *object, void *machine) {
    static const char *const scopes[] = {"global", "local", NULL};
    MachineSpec *spec = machine;
    spec->local_scope = json_word(object, "scope", "scope", scopes, 0) == 1;
    allocation_spec_read(object, &spec->allocation);
}

static void read_swap(Reader *reader, const cJSON *item, const Vocabulary *words,
                      MachineSpec *spec) {
    static const NumberRange size = {UNIT_SIZE, 1, BYTES_MAX};
    static const NumberRange cluster = {UNIT_COUNT, 0, PAGE_CLUSTER_MAX};
    spec->page_cluster = PAGE_CLUSTER_UNSET;
    spec->swap = !cJSON_IsString(item);
    spec->swap_bytes = spec->swap ? UINT64_C(256) << 20 : 0;
    if (item == NULL) {
        return;
    }
    if (!spec->swap) {
        read_none(reader, item, "an object like {\"size\": \"64MiB\"}, or \"none\"");
        return;
    }
    JsonObject object = json_object(reader, item);
    spec->swap_bytes = json_number(&object, "size", &size, spec->swap_bytes);
    const cJSON *device = json_member(&object, "device");
    if (device != NULL) {
        spec->device = words->devices[json_word_value(reader, device, "device", words->devices)];
    }
    spec->page_cluster = json_number(&object, "page_cluster", &cluster, PAGE_CLUSTER_UNSET);
    json_end(&object);
}

static void read_zero_pool(Reader *reader, const cJSON *item, MachineSpec *spec) {
    static const char *const modes[] = {[ZERO_POOL_WORD_BACKGROUND] = "background",
                                        [ZERO_POOL_WORD_ON_DEMAND] = "on-demand",
                                        [ZERO_POOL_WORD_NEVER] = "never",
                                        NULL};
    spec->zero_start_ppm = 333333;
    spec->zero_stop_ppm = 500000;
    if (item == NULL) {
        return;
    }
    if (cJSON_IsString(item)) {
        spec->zero_pool = (ZeroPoolWord)json_word_value(reader, item, "word", modes);
        return;
    }
    JsonObject object = json_object(reader, item);
    spec->zero_start_ppm = json_share(&object, "start", spec->zero_start_ppm);
    spec->zero_stop_ppm =
        json_share(&object, "stop", MAX(spec->zero_start_ppm, spec->zero_stop_ppm));
    bool background = json_bool(&object, "background", true);
    spec->zero_pool = background ? ZERO_POOL_WORD_BACKGROUND : ZERO_POOL_WORD_ON_DEMAND;
    json_end(&object);
    if (spec->zero_stop_ppm < spec->zero_start_ppm) {
        json_error(reader, item, "\"stop\" must not be below \"start\"");
    }
}

/* What is left out follows from `min`, as in Linux: a quarter more, and a quarter more again. */
static void read_watermarks(Reader *reader, const cJSON *item, MachineSpec *spec) {
    static const NumberRange marks = {UNIT_COUNT, 0, FRAMES_MAX};
    if (item == NULL) {
        return;
    }
    if (cJSON_IsString(item)) {
        read_none(reader, item, "an object like {\"min\": 16}, or \"none\"");
        return;
    }
    JsonObject object = json_object(reader, item);
    spec->mark_min = json_need_number(&object, "min", &marks);
    uint64_t step = MAX(1, spec->mark_min / 4);
    spec->mark_low = json_number(&object, "low", &marks, spec->mark_min + step);
    spec->mark_high = json_number(&object, "high", &marks, spec->mark_low + step);
    spec->mark_background = json_bool(&object, "background", true);
    json_end(&object);
    if (spec->mark_low < spec->mark_min || spec->mark_high < spec->mark_low) {
        json_error(reader, item, "the watermarks must ascend: min <= low <= high");
    }
}

static void read_working_set(Reader *reader, const cJSON *item, MachineSpec *spec) {
    static const NumberRange window = {UNIT_TIME, 1, TIME_MAX_NS};
    static const char *const clocks[] = {"machine", "process", NULL};
    spec->working_set_window = 10000000;
    spec->process_windows = spec->load_control.criterion == LOAD_CONTROL_WORD_WORKING_SET;
    if (item != NULL) {
        JsonObject object = json_object(reader, item);
        spec->working_set_window =
            json_number(&object, "window", &window, spec->working_set_window);
        spec->process_windows =
            json_word(&object, "clock", "clock", clocks, spec->process_windows) == 1;
        json_end(&object);
    }
}

/* ---- prices ---------------------------------------------------------------------------- */

static void read_costs(Reader *reader, const cJSON *item, const Vocabulary *words,
                       MachineSpec *spec) {
    static const char *const names[COST_COUNT] = {
#define COST(name, modern, textbook, meaning) [COST_##name] = #name,
#include "faultline/costs.def"
#undef COST
    };
    static const NumberRange price = {UNIT_TIME, 0, COST_MAX_NS};
    for (unsigned i = 0; i < COST_COUNT; i++) {
        spec->cost[i] = TICK_NEVER;
    }
    spec->cost_preset = words->cost_presets[0];
    if (item == NULL) {
        return;
    }
    if (!cJSON_IsObject(item)) {
        spec->cost_preset =
            words->cost_presets[json_word_value(reader, item, "cost preset", words->cost_presets)];
        return;
    }
    JsonObject object = json_object(reader, item);
    spec->cost_preset =
        words->cost_presets[json_word(&object, "preset", "cost preset", words->cost_presets, 0)];
    for (unsigned i = 0; i < COST_COUNT; i++) {
        spec->cost[i] = json_number(&object, names[i], &price, TICK_NEVER);
    }
    json_end(&object);
}

/* vm.overcommit_ratio: a percentage of memory, beside all of swap. */
static uint32_t read_overcommit_ratio(JsonObject *machine) {
    static const NumberRange percent = {UNIT_COUNT, 1, 1000};
    return (uint32_t)json_number(machine, "overcommit_ratio", &percent, 50);
}

/* Who names a kernel means how it reclaims memory, too. */
static bool read_reclaim(JsonObject *machine) {
    static const char *const words[] = {"plain", "linux", NULL};
    bool named = machine->item != NULL && cJSON_HasObjectItem(machine->item, "kernel");
    return json_word(machine, "reclaim", "word", words, named) == 1;
}

/* Linux's figures: a batch of 31, and six of them kept. */
static void read_per_cpu_pages(Reader *reader, const cJSON *item, MachineSpec *spec) {
    static const NumberRange frames = {UNIT_COUNT, 1, 65536};
    if (item == NULL) {
        return;
    }
    JsonObject object = json_object(reader, item);
    spec->cpu_batch = (uint32_t)json_number(&object, "batch", &frames, 31);
    const NumberRange most = {UNIT_COUNT, spec->cpu_batch, 65536};
    spec->cpu_high = (uint32_t)json_number(&object, "high", &most, MIN(spec->cpu_batch * 6, 65536));
    json_end(&object);
}

void machine_spec_read(Reader *reader, const cJSON *item, const Vocabulary *words,
                       MachineSpec *spec) {
    static const char *const overcommits[] = {[OVERCOMMIT_WORD_ALWAYS] = "always",
                                              [OVERCOMMIT_WORD_HEURISTIC] = "heuristic",
                                              [OVERCOMMIT_WORD_NEVER] = "never",
                                              NULL};
    static const char *const ooms[] = {[OOM_WORD_KILL_LARGEST] = "kill-largest",
                                       [OOM_WORD_KILL_BADNESS] = "kill-badness",
                                       [OOM_WORD_STOP] = "stop",
                                       NULL};
    static const NumberRange cpus = {UNIT_COUNT, 1, MACHINE_CPUS_MAX};
    static const NumberRange quantum = {UNIT_TIME, 1000, TIME_MAX_NS};
    JsonObject machine = {.reader = reader};
    if (item != NULL) {
        machine = json_object(reader, item);
    }
    read_mmu(reader, json_member(&machine, "mmu"), words, spec);
    read_memory(&machine, spec);
    read_tlb(reader, json_member(&machine, "tlb"), spec);
    component_spec_read(reader, json_member(&machine, "replacement"),
                        item == NULL ? reader->document->root : item, "policy", words->policies,
                        read_scope, spec, &spec->policy);
    read_swap(reader, json_member(&machine, "swap"), words, spec);
    read_zero_pool(reader, json_member(&machine, "zero_pool"), spec);
    read_watermarks(reader, json_member(&machine, "watermarks"), spec);
    spec->overcommit = (OvercommitWord)json_word(&machine, "overcommit", "word", overcommits, 0);
    spec->shared_zero_page = json_bool(&machine, "shared_zero_page", true);
    spec->overcommit_percent = read_overcommit_ratio(&machine);
    spec->kernel = words->kernels[json_word(&machine, "kernel", "kernel", words->kernels, 0)];
    spec->reclaim_linux = read_reclaim(&machine);
    layout_spec_read(reader, json_member(&machine, "layout"), words, &spec->layout);
    spec->oom = (OomWord)json_word(&machine, "oom", "word", ooms, 0);
    named_sizes_read(reader, json_member(&machine, "groups"), &GROUP_WORDS, &spec->groups);
    named_sizes_read(reader, json_member(&machine, "files"), &FILE_WORDS, &spec->files);
    huge_pages_read(&machine, spec);
    spec->cpus = (uint32_t)json_number(&machine, "cpus", &cpus, 1);
    read_per_cpu_pages(reader, json_member(&machine, "per_cpu_pages"), spec);
    read_costs(reader, json_member(&machine, "costs"), words, spec);
    spec->quantum = json_number(&machine, "quantum", &quantum, 1000000);
    spec->asids = json_bool(&machine, "asids", true);
    load_control_spec_read(reader, json_member(&machine, "load_control"), &spec->load_control);
    read_working_set(reader, json_member(&machine, "working_set"), spec);
    json_end(&machine);
}
