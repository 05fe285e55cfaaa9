/* slots.c - see slots.h.
 *
 * A noted reference keeps the name's number in `base` and constant indices in `stride`, with
 * loop -1; slot_table_resolve() multiplies them out.
 */
#include "slots.h"

#include <string.h>

#include "workload.h"

#define UNNAMED UINT32_MAX

typedef struct IdEntry {
    char *name;
    unsigned indices;
    uint64_t extent[SLOT_INDICES_MAX]; /* 1 where there is no index */
    uint64_t base;
    bool defined;
    const cJSON *first_use;
} IdEntry;

struct SlotTable {
    GArray *names;       /* IdEntry */
    GHashTable *numbers; /* name -> its number + 1 */
};

static void clear_name(gpointer name) { g_free(((IdEntry *)name)->name); }

SlotTable *slot_table_create(void) {
    SlotTable *table = g_new0(SlotTable, 1);
    table->names = g_array_new(FALSE, TRUE, sizeof(IdEntry));
    g_array_set_clear_func(table->names, clear_name);
    table->numbers = g_hash_table_new(g_str_hash, g_str_equal);
    return table;
}

void slot_table_free(SlotTable *table) {
    if (table != NULL) {
        g_hash_table_destroy(table->numbers);
        g_array_free(table->names, TRUE);
        g_free(table);
    }
}

SlotRef slot_none(void) { return (SlotRef){.base = UNNAMED, .loop = {-1, -1}}; }

/* ---- reading an id --------------------------------------------------------------------- */

static bool is_name_char(char c) { return g_ascii_isalnum(c) || strchr("_-.", c) != NULL; }

static size_t name_length(const char *text) {
    size_t length = 0;
    while (text[length] != '\0' && is_name_char(text[length])) {
        length++;
    }
    return length;
}

static int find_loop(const LoopScope *scope, const char *name) {
    for (unsigned i = scope->depth; i-- > 0;) {
        if (scope->names[i] != NULL && strcmp(scope->names[i], name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static void unknown_loop(Reader *reader, const cJSON *id, const LoopScope *scope,
                         const char *name) {
    const char *known[LOOP_DEPTH_MAX + 1] = {NULL};
    unsigned count = 0;
    for (unsigned i = 0; i < scope->depth; i++) {
        if (scope->names[i] != NULL) {
            known[count++] = scope->names[i];
        }
    }
    json_unknown(reader, id, false, "loop variable", name, known);
}

/* "[3]" or "[$i]" at *at: its extent, and constant or loop into `ref`.  0: a mistake. */
static uint64_t read_index(Reader *reader, const cJSON *id, const char **at, const LoopScope *scope,
                           unsigned k, SlotRef *ref) {
    const char *end = strchr(*at, ']');
    if (end == NULL || end == *at + 1) {
        json_expected(reader, id, "an id like \"a\", \"node[3]\" or \"node[$i]\"");
        return 0;
    }
    g_autofree char *inside = g_strndup(*at + 1, (gsize)(end - *at - 1));
    *at = end + 1;
    if (inside[0] == '$') {
        int loop = find_loop(scope, inside + 1);
        if (loop < 0) {
            unknown_loop(reader, id, scope, inside + 1);
            return 0;
        }
        ref->loop[k] = (int8_t)loop;
        return MAX(1, scope->times[loop]);
    }
    Quantity index;
    g_autofree char *hint = NULL;
    if (!unit_parse(inside, UNIT_COUNT, &index, &hint) || index.negative ||
        index.value >= SLOTS_MAX) {
        json_expected(reader, id, "an index from 0 to 67108863, or a loop variable \"$i\"");
        return 0;
    }
    ref->stride[k] = (uint32_t)index.value;
    return index.value + 1;
}

/* The number of the name `length` bytes long at `text`; a new one if it is new. */
static uint32_t intern(SlotTable *table, const char *text, size_t length, const cJSON *id) {
    g_autofree char *name = g_strndup(text, length);
    gpointer known = g_hash_table_lookup(table->numbers, name);
    if (known != NULL) {
        return GPOINTER_TO_UINT(known) - 1;
    }
    IdEntry entry = {.name = g_steal_pointer(&name), .extent = {1, 1}, .first_use = id};
    entry.indices = SLOT_INDICES_MAX + 1;
    g_array_append_val(table->names, entry);
    g_hash_table_insert(table->numbers, entry.name, GUINT_TO_POINTER(table->names->len));
    return table->names->len - 1;
}

/* All uses of a name must have as many indices as the first. */
static void note_use(IdEntry *name, Reader *reader, const cJSON *id, unsigned indices,
                     const uint64_t *extent, bool defines) {
    if (name->indices > SLOT_INDICES_MAX) {
        name->indices = indices;
    }
    if (name->indices != indices) {
        json_error(reader, id, "\"%s\" has %u indices here, but %u at its first use in line %u",
                   name->name, indices, name->indices,
                   document_node(reader->document, name->first_use)->line);
        return;
    }
    for (unsigned k = 0; k < indices; k++) {
        name->extent[k] = MAX(name->extent[k], extent[k]);
    }
    name->defined |= defines;
}

SlotRef slot_table_refer(SlotTable *table, Reader *reader, const cJSON *id, const LoopScope *scope,
                         bool defines) {
    static const char expected[] = "an id like \"a\", \"node[3]\" or \"node[$i]\"";
    SlotRef ref = slot_none();
    const char *text = json_string_value(reader, id, expected);
    if (text == NULL) {
        return ref;
    }
    const char *at = text + name_length(text);
    uint64_t extent[SLOT_INDICES_MAX] = {1, 1};
    unsigned indices = 0;
    while (*at == '[' && indices < SLOT_INDICES_MAX && at > text) {
        extent[indices] = read_index(reader, id, &at, scope, indices, &ref);
        if (extent[indices++] == 0) {
            return slot_none();
        }
    }
    if (*at != '\0' || at == text) {
        json_expected(reader, id, expected);
        return slot_none();
    }
    ref.base = intern(table, text, name_length(text), id);
    IdEntry *name = &g_array_index(table->names, IdEntry, ref.base);
    note_use(name, reader, id, indices, extent, defines);
    return ref;
}

/* ---- layout ---------------------------------------------------------------------------- */

static void undefined_name(const SlotTable *table, Reader *reader, const IdEntry *name) {
    g_autoptr(GPtrArray) defined = g_ptr_array_new();
    for (guint i = 0; i < table->names->len; i++) {
        const IdEntry *other = &g_array_index(table->names, IdEntry, i);
        if (other->defined) {
            g_ptr_array_add(defined, other->name);
        }
    }
    g_ptr_array_add(defined, NULL);
    json_unknown(reader, name->first_use, false, "id", name->name,
                 (const char *const *)defined->pdata);
}

static void keep_names(const SlotTable *table, Program *program) {
    program->name_count = table->names->len;
    program->names = g_new(SlotName, table->names->len);
    for (guint i = 0; i < table->names->len; i++) {
        const IdEntry *name = &g_array_index(table->names, IdEntry, i);
        program->names[i] = (SlotName){.text = g_strdup(name->name),
                                       .base = name->base,
                                       .width = name->extent[1],
                                       .indices = name->indices};
    }
}

void slot_table_layout(SlotTable *table, Reader *reader, Program *program) {
    program->slot_count = 0;
    for (guint i = 0; i < table->names->len && reader->error == NULL; i++) {
        IdEntry *name = &g_array_index(table->names, IdEntry, i);
        if (!name->defined) {
            undefined_name(table, reader, name);
            return;
        }
        uint64_t count = 0;
        name->base = program->slot_count;
        if (__builtin_mul_overflow(name->extent[0], name->extent[1], &count) ||
            count > SLOTS_MAX - program->slot_count) {
            json_error(reader, name->first_use,
                       "\"%s\" brings the program's blocks beyond 67108864", name->name);
            return;
        }
        program->slot_count += count;
    }
    if (reader->error == NULL) {
        keep_names(table, program);
    }
}

void slot_table_resolve(const SlotTable *table, SlotRef *ref) {
    if (ref->base == UNNAMED) {
        ref->base = 0;
        return;
    }
    const IdEntry *name = &g_array_index(table->names, IdEntry, ref->base);
    uint64_t base = name->base;
    for (unsigned k = 0; k < SLOT_INDICES_MAX; k++) {
        uint64_t step = k == 0 ? name->extent[1] : 1;
        base += ref->loop[k] < 0 ? ref->stride[k] * step : 0;
        ref->stride[k] = ref->loop[k] < 0 ? 0 : (uint32_t)step;
    }
    ref->base = (uint32_t)base;
}
