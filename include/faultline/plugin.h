/* plugin.h - a policy or an allocator of one's own, from a shared object: the one symbol that it
 * exports.
 *
 *     const PolicyOps *const policies[] = {&policy_mine, NULL};
 *     FAULTLINE_PLUGIN(policies, NULL);
 *
 *     cc -shared -fPIC $(pkg-config --cflags faultline) -o mine.so mine.c
 *     faultline run lab.json --plugin ./mine.so --policy mine
 *
 * Idea: the object carries the sizes of the contracts that it was compiled against, so that
 * one built with other headers is refused in words and never called.
 */
#ifndef FAULTLINE_PLUGIN_H
#define FAULTLINE_PLUGIN_H

#include "faultline/allocator.h"
#include "faultline/policy.h"

/* Counts up whenever a contract changes its meaning but not its size. */
#define PLUGIN_ABI 1

/* The name of the symbol. */
#define PLUGIN_SYMBOL "faultline_plugin"

typedef struct PluginContract {
    uint32_t abi;
    uint32_t policy_ops, policy_env, allocator_ops, allocator_env; /* bytes */
} PluginContract;

typedef struct Plugin {
    PluginContract contract;
    const PolicyOps *const *policies;      /* ended by NULL; NULL: none */
    const AllocatorOps *const *allocators; /* the same                  */
} Plugin;

#define PLUGIN_CONTRACT                                                                            \
    { PLUGIN_ABI, sizeof(PolicyOps), sizeof(PolicyEnv), sizeof(AllocatorOps), sizeof(AllocatorEnv) }

#define FAULTLINE_PLUGIN(policy_list, allocator_list)                                              \
    extern const Plugin faultline_plugin;                                                          \
    __attribute__((visibility("default"))) const Plugin faultline_plugin = {                       \
        .contract = PLUGIN_CONTRACT, .policies = policy_list, .allocators = allocator_list}

#endif
