/* component_spec.c - a policy or an allocator: its word and its parameters.
 *
 * Idea: knows no policy and no allocator.  The table of parameters that each brings along
 * (faultline/param.h) says which keys there are and what values they take.
 */
#include <string.h>

#include "loader.h"

/* The names of the components, as a NULL-ended list that may be freed. */
static const char **component_words(const ComponentInfo *const *known) {
    GPtrArray *words = g_ptr_array_new();
    for (; *known != NULL; known++) {
        g_ptr_array_add(words, (gpointer)(*known)->name);
    }
    g_ptr_array_add(words, NULL);
    return (const char **)g_ptr_array_free(words, FALSE);
}

static uint64_t read_choice(JsonObject *object, const Param *param) {
    g_auto(GStrv) choices = g_strsplit(param->choices, "|", -1);
    return json_word(object, param->name, "choice", (const char *const *)choices,
                     (unsigned)param->initial);
}

/* A bare integer counts references; a string with a unit is virtual time. */
static uint64_t read_window(JsonObject *object, const Param *param) {
    const cJSON *item = json_member(object, param->name);
    if (item == NULL) {
        return param->initial;
    }
    if (cJSON_IsString(item) && g_str_has_suffix(item->valuestring, "s")) {
        return WINDOW_IS_TIME | json_number_value(object->reader, item,
                                                  &(NumberRange){UNIT_TIME, 1, WINDOW_IS_TIME - 1});
    }
    return json_number_value(object->reader, item,
                             &(NumberRange){UNIT_COUNT, param->min, param->max});
}

/* -1 is never, where that is allowed. */
static uint64_t read_time(JsonObject *object, const Param *param) {
    const cJSON *item = json_member(object, param->name);
    if (param->max == PARAM_NEVER && cJSON_IsNumber(item) && item->valuedouble == -1) {
        return PARAM_NEVER;
    }
    return json_number(object, param->name, &(NumberRange){UNIT_TIME, param->min, param->max},
                       param->initial);
}

static uint64_t read_param(JsonObject *object, const Param *param) {
    static const Unit units[] = {[PARAM_COUNT] = UNIT_COUNT, [PARAM_SIZE] = UNIT_SIZE};
    switch (param->kind) {
    case PARAM_BOOL:
        return json_bool(object, param->name, param->initial != 0);
    case PARAM_CHOICE:
        return read_choice(object, param);
    case PARAM_WINDOW:
        return read_window(object, param);
    case PARAM_TIME:
        return read_time(object, param);
    default:
        return json_number(object, param->name,
                           &(NumberRange){units[param->kind], param->min, param->max},
                           param->initial);
    }
}

static void set_defaults(ComponentSpec *spec) {
    for (unsigned i = 0; spec->info->params[i].name != NULL; i++) {
        g_assert(i < PARAMS_MAX);
        spec->values[i] = spec->info->params[i].initial;
    }
}

void component_spec_read(Reader *reader, const cJSON *item, const cJSON *owner,
                         const char *word_key, const ComponentInfo *const *known,
                         void (*read_more)(JsonObject *object, void *more), void *more,
                         ComponentSpec *spec) {
    if (known[0] == NULL) {
        json_error(reader, owner, "this program was built without any %s", word_key);
        return;
    }
    g_autofree const char **words = component_words(known);
    spec->info = known[0];
    if (item == NULL || cJSON_IsString(item)) {
        spec->info = known[item == NULL ? 0 : json_word_value(reader, item, word_key, words)];
        set_defaults(spec);
        return;
    }
    if (!cJSON_IsObject(item)) {
        g_autofree char *expected = g_strdup_printf("the name of a %s, or an object", word_key);
        json_expected(reader, item, expected);
        return;
    }
    JsonObject object = json_object(reader, item);
    spec->info = known[json_word(&object, word_key, word_key, words, 0)];
    for (unsigned i = 0; spec->info->params[i].name != NULL; i++) {
        g_assert(i < PARAMS_MAX);
        spec->values[i] = read_param(&object, &spec->info->params[i]);
    }
    if (read_more != NULL) {
        read_more(&object, more);
    }
    json_end(&object);
}
