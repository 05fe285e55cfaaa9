/* plugin.c - see plugin.h.
 *
 * Idea: what has to be true of a built-in, because a test says so, is asked of a stranger here,
 * before anything of it is called.
 */
#include "plugin.h"

#include <gmodule.h>
#include <string.h>

G_DEFINE_QUARK(faultline - plugin, plugin_error)

/* ---- what a component must have -------------------------------------------------------------- */

/* NULL if all is there, else what is missing or wrong, in words. */
static const char *info_fault(const ComponentInfo *info) {
    if (info->name == NULL || !g_ascii_isalpha(info->name[0]) ||
        strspn(info->name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(info->name)) {
        return "info.name is not of lower-case letters, digits and dashes";
    }
    if (info->summary == NULL || info->source == NULL || info->params == NULL) {
        return "info.summary, info.source or info.params is NULL (no parameters: PARAMS_NONE)";
    }
    unsigned count = 0;
    while (info->params[count].name != NULL && count <= PARAMS_MAX) {
        if (info->params[count].help == NULL ||
            (info->params[count].kind == PARAM_CHOICE && info->params[count].choices == NULL)) {
            return "a parameter has no help, or no choices";
        }
        count++;
    }
    return count > PARAMS_MAX ? "it has too many parameters, or no NULL name behind them" : NULL;
}

static const char *policy_fault(const PolicyOps *ops) {
    if (ops->create == NULL || ops->destroy == NULL || ops->loaded == NULL || ops->victim == NULL ||
        ops->unloaded == NULL || ops->holds == NULL || ops->check == NULL) {
        return "create, destroy, loaded, victim, unloaded, holds or check is NULL";
    }
    if (ops->surplus != NULL && ops->touched == NULL) {
        return "it gives surplus, but not touched";
    }
    if ((ops->interval == NULL) != (ops->tick == NULL)) {
        return "it gives only one of interval and tick";
    }
    return info_fault(&ops->info);
}

static const char *allocator_fault(const AllocatorOps *ops) {
    if (ops->create == NULL || ops->destroy == NULL || ops->malloc == NULL || ops->free == NULL) {
        return "create, destroy, malloc or free is NULL";
    }
    if (ops->alignment < 8 || ops->alignment > 4096 ||
        (ops->alignment & (ops->alignment - 1)) != 0) {
        return "alignment is not a power of two from 8 to 4096";
    }
    return info_fault(&ops->info);
}

static const char *plugin_fault(const Plugin *plugin) {
    const char *fault = NULL;
    for (unsigned i = 0; plugin->policies != NULL && plugin->policies[i] != NULL; i++) {
        fault = fault != NULL ? fault : policy_fault(plugin->policies[i]);
    }
    for (unsigned i = 0; plugin->allocators != NULL && plugin->allocators[i] != NULL; i++) {
        fault = fault != NULL ? fault : allocator_fault(plugin->allocators[i]);
    }
    return fault;
}

/* ---- the shared object ----------------------------------------------------------------------- */

/* What it exports; never unloaded, so it is good until the end. */
static const Plugin *symbol_of(const char *path, GError **error) {
    /* A name without a slash would be looked for among the system's libraries. */
    g_autofree char *full = g_canonicalize_filename(path, NULL);
    GModule *module = g_module_open(full, G_MODULE_BIND_LOCAL);
    if (module == NULL) {
        g_set_error(error, PLUGIN_ERROR, 0, "%s: cannot be loaded: %s", path, g_module_error());
        return NULL;
    }
    gpointer symbol = NULL;
    if (!g_module_symbol(module, PLUGIN_SYMBOL, &symbol) || symbol == NULL) {
        g_set_error(error, PLUGIN_ERROR, 0,
                    "%s: exports no " PLUGIN_SYMBOL "; say FAULTLINE_PLUGIN(policies, allocators) "
                    "as in faultline/plugin.h",
                    path);
        g_module_close(module);
        return NULL;
    }
    g_module_make_resident(module);
    return symbol;
}

const Plugin *plugin_load(const char *path, GError **error) {
    static const PluginContract ours = PLUGIN_CONTRACT;
    const Plugin *plugin = symbol_of(path, error);
    if (plugin == NULL) {
        return NULL;
    }
    if (memcmp(&plugin->contract, &ours, sizeof ours) != 0) {
        g_set_error(error, PLUGIN_ERROR, 0,
                    "%s: was built with the headers of another faultline; build it anew", path);
        return NULL;
    }
    const char *fault = plugin_fault(plugin);
    if (fault != NULL) {
        g_set_error(error, PLUGIN_ERROR, 0, "%s: a component is not complete: %s", path, fault);
        return NULL;
    }
    return plugin;
}
