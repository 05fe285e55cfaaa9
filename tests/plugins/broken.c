/* broken.c - plugins that must be refused; CMakeLists.txt says which of them this is. */
#include "faultline/plugin.h"

static void *make(const PolicyEnv *env, const uint64_t *params) {
    (void)env, (void)params;
    return NULL;
}

static const PolicyOps incomplete = {
    .info = {.name = "incomplete", .summary = "no victim", .source = "", .params = PARAMS_NONE},
    .create = make,
};

static const PolicyOps *const policies[] = {&incomplete, NULL};

#if defined(BROKEN_STALE)
/* As if PolicyOps had had one hook less when this was built. */
extern const Plugin faultline_plugin;
const Plugin faultline_plugin = {.contract = {PLUGIN_ABI, sizeof(PolicyOps) - sizeof(void *),
                                              sizeof(PolicyEnv), sizeof(AllocatorOps),
                                              sizeof(AllocatorEnv)},
                                 .policies = policies};
#elif defined(BROKEN_SILENT)
extern const PolicyOps *const *const something_else;
const PolicyOps *const *const something_else = policies;
#else
FAULTLINE_PLUGIN(policies, NULL);
#endif
