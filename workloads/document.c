/* document.c - parses, links tree and source, finds JSON pointers. */
#include "document.h"

#include <string.h>

#include "workload.h"

/* Link `item` and all below it to the nodes from *next on. */
static void link_nodes(Document *document, const cJSON *item, const Source *source,
                       uint32_t *next) {
    g_assert(*next < source->node_count);
    g_hash_table_insert(document->nodes, (gpointer)item, (gpointer)&source->nodes[(*next)++]);
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, item) { link_nodes(document, child, source, next); }
}

/* Append "/key" with '~' and '/' escaped as RFC 6901 says. */
static void append_token(GString *pointer, const char *key) {
    g_string_append_c(pointer, '/');
    for (; *key != '\0'; key++) {
        if (*key == '~' || *key == '/') {
            g_string_append(pointer, *key == '~' ? "~0" : "~1");
        } else {
            g_string_append_c(pointer, *key);
        }
    }
}

/* Complete `pointer`, which leads to `from`, until it leads to `item`. */
static bool find_pointer(const cJSON *from, const cJSON *item, GString *pointer) {
    if (from == item) {
        return true;
    }
    size_t length = pointer->len;
    unsigned index = 0;
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, from) {
        if (cJSON_IsObject(from)) {
            append_token(pointer, child->string);
        } else {
            g_string_append_printf(pointer, "/%u", index++);
        }
        if (find_pointer(child, item, pointer)) {
            return true;
        }
        g_string_truncate(pointer, length);
    }
    return false;
}

const SourceNode *document_node(const Document *document, const cJSON *item) {
    return g_hash_table_lookup(document->nodes, item);
}

char *document_text(const Document *document, const cJSON *item) {
    const SourceNode *node = document_node(document, item);
    return g_strndup(node->source->text + node->offset, node->length);
}

char *document_where(const Document *document, const cJSON *item, bool at_key) {
    const SourceNode *node = document_node(document, item);
    GString *where = g_string_new(node->source->name);
    if (node->source->positions) {
        bool key = at_key && node->key_line != 0;
        g_string_append_printf(where, ":%u:%u", key ? node->key_line : node->line,
                               key ? node->key_column : node->column);
    }
    g_string_append(where, ": ");
    g_autoptr(GString) pointer = g_string_new(NULL);
    find_pointer(document->root, item, pointer);
    if (pointer->len > 0) {
        g_string_append_printf(where, "%s: ", pointer->str);
    }
    return g_string_free(where, FALSE);
}

/* Refuse an object that has a key twice, in `item` or below. */
static bool check_keys(const Document *document, const cJSON *item, GHashTable *seen,
                       GError **error) {
    const cJSON *child = NULL;
    if (cJSON_IsObject(item)) {
        g_hash_table_remove_all(seen);
        cJSON_ArrayForEach(child, item) {
            if (!g_hash_table_add(seen, child->string)) {
                g_autofree char *where = document_where(document, child, true);
                g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_SYNTAX,
                            "%sthe key \"%s\" stands twice in this object", where, child->string);
                return false;
            }
        }
    }
    cJSON_ArrayForEach(child, item) {
        if (child->child != NULL && !check_keys(document, child, seen, error)) {
            return false;
        }
    }
    return true;
}

/* Build the tree of a source that was scanned, and link it.  The document owns the source;
 * the caller owns the tree until it is grafted. */
static cJSON *build_tree(Document *document, Source *source, GError **error) {
    g_ptr_array_add(document->sources, source);
    cJSON *tree = cJSON_ParseWithLength(source->text, source->length);
    if (tree == NULL) {
        g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_SYNTAX,
                    "%s: the JSON library refuses this text", source->name);
        return NULL;
    }
    uint32_t next = 0;
    link_nodes(document, tree, source, &next);
    g_assert(next == source->node_count);
    return tree;
}

static bool no_double_keys(const Document *document, const cJSON *tree, GError **error) {
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    return check_keys(document, tree, seen, error);
}

static void free_source(gpointer source) { source_free(source); }

Document *document_parse(const char *name, const char *text, size_t length, GError **error) {
    Source *source = source_scan(name, true, text, length, error);
    if (source == NULL) {
        return NULL;
    }
    g_autoptr(Document) document = g_new0(Document, 1);
    document->sources = g_ptr_array_new_with_free_func(free_source);
    document->nodes = g_hash_table_new(NULL, NULL);
    document->root = build_tree(document, source, error);
    if (document->root == NULL || !no_double_keys(document, document->root, error)) {
        return NULL;
    }
    return g_steal_pointer(&document);
}

void document_free(Document *document) {
    if (document != NULL) {
        cJSON_Delete(document->root);
        g_hash_table_destroy(document->nodes);
        g_ptr_array_free(document->sources, TRUE);
        g_free(document);
    }
}

/* ---- overrides ---------------------------------------------------------------------------- */

static bool fail_override(const char *name, GError **error, const char *message) {
    g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_VALUE, "%s: %s", name, message);
    return false;
}

/* The value as JSON, if it looks like JSON; else the bare word as a JSON string. */
static Source *scan_override_value(const char *name, const char *value, GError **error) {
    g_autoptr(GError) not_json = NULL;
    Source *source = source_scan(name, false, value, strlen(value), &not_json);
    if (source != NULL || strchr("{[\"", value[0]) != NULL) {
        if (source == NULL) {
            g_propagate_error(error, g_steal_pointer(&not_json));
        }
        return source;
    }
    cJSON *word = cJSON_CreateString(value);
    char *text = cJSON_PrintUnformatted(word);
    source = source_scan(name, false, text, strlen(text), error);
    cJSON_free(text);
    cJSON_Delete(word);
    return source;
}

/* Undo the escapes of a pointer's token, in place: "~1" is '/', "~0" is '~'. */
static void unescape_token(char *token) {
    char *to = token;
    for (const char *from = token; *from != '\0'; from++) {
        if (from[0] == '~' && (from[1] == '0' || from[1] == '1')) {
            *to++ = *++from == '0' ? '~' : '/';
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static cJSON *array_member(cJSON *array, const char *token) {
    char *end = NULL;
    guint64 index = g_ascii_strtoull(token, &end, 10);
    bool is_index = g_ascii_isdigit(token[0]) && *end == '\0' && index < G_MAXINT;
    return is_index ? cJSON_GetArrayItem(array, (int)index) : NULL;
}

/* The child of `at` that `token` names; an object missing there is created. */
static cJSON *descend(Document *document, cJSON *at, const char *token, const SourceNode *node,
                      const char *name, GError **error) {
    if (cJSON_IsArray(at)) {
        cJSON *child = array_member(at, token);
        if (child == NULL) {
            g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_VALUE,
                        "%s: \"%s\" is no index of an array with %d elements", name, token,
                        cJSON_GetArraySize(at));
        }
        return child;
    }
    if (!cJSON_IsObject(at)) {
        g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_VALUE,
                    "%s: \"%s\" would have to be inside something that is neither an object nor an "
                    "array",
                    name, token);
        return NULL;
    }
    cJSON *child = cJSON_GetObjectItemCaseSensitive(at, token);
    if (child == NULL) {
        child = cJSON_AddObjectToObject(at, token);
        g_hash_table_insert(document->nodes, child, (gpointer)node);
    }
    return child;
}

/* Put `value` where `pointer` says.  Takes the value on success. */
static bool graft(Document *document, char **tokens, cJSON *value, const char *name,
                  GError **error) {
    const SourceNode *node = document_node(document, value);
    cJSON *parent = NULL, *at = document->root;
    char *last = NULL;
    for (; *tokens != NULL; tokens++) {
        last = *tokens;
        unescape_token(last);
        parent = at;
        at = descend(document, at, last, node, name, error);
        if (at == NULL) {
            return false;
        }
    }
    if (cJSON_IsArray(parent)) {
        return cJSON_ReplaceItemViaPointer(parent, at, value);
    }
    return cJSON_ReplaceItemInObjectCaseSensitive(parent, last, value);
}

bool document_override(Document *document, const char *line, GError **error) {
    g_autofree char *name = g_strdup_printf("--set %s", line);
    if (!g_utf8_validate(name, -1, NULL)) {
        return fail_override("--set", error, "the text is not UTF-8");
    }
    const char *equals = strchr(line, '=');
    if (line[0] != '/' || equals == NULL) {
        return fail_override(name, error, "expected a JSON pointer and a value: /machine/frames=4");
    }
    g_autofree char *pointer = g_strndup(line + 1, (gsize)(equals - line - 1));
    g_auto(GStrv) tokens = g_strsplit(pointer, "/", -1);
    if (g_strv_length(tokens) > SOURCE_DEPTH_MAX || pointer[0] == '\0') {
        return fail_override(name, error, "the JSON pointer must have 1 to 64 parts");
    }
    Source *source = scan_override_value(name, equals + 1, error);
    cJSON *value = source == NULL ? NULL : build_tree(document, source, error);
    if (value == NULL || !no_double_keys(document, value, error) ||
        !graft(document, tokens, value, name, error)) {
        cJSON_Delete(value);
        return false;
    }
    return true;
}
