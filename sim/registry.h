/* registry.h - what can be named: policies, allocators, machines, costs, devices.
 *
 * The one place where the rooms' lists meet the workload's words.
 */
#ifndef FAULTLINE_REGISTRY_H
#define FAULTLINE_REGISTRY_H

#include "faultline/allocator.h"
#include "faultline/policy.h"
#include "hardware/geometry.h"
#include "workload.h"

/* Makes what a shared object brings known by name.  Only before the first call of any function
 * below.  False and `error` if it is not in order, or a name is taken (plugin.h). */
bool registry_add_plugin(const char *path, GError **error);

/* What a workload may name: all policies, allocators and machines. */
const Vocabulary *registry_vocabulary(void);
/* The policy that this entry of the vocabulary stands for. */
const PolicyOps *registry_policy(const ComponentInfo *info);
/* NULL if there is none of that name. */
const PolicyOps *registry_policy_named(const char *name);
const AllocatorOps *registry_allocator(const ComponentInfo *info);

/* Cost presets (modern, hdd, zram, textbook) and devices (ssd, hdd, zram). */
const char *const *registry_cost_presets(void);
/* False if there is no such preset. */
bool registry_costs(const char *preset, Costs *costs);
/* Sets the device's read and write time. */
bool registry_device(const char *device, Costs *costs);
/* Does the processor itself do the device's work?  `device`: NULL for that of the preset. */
bool registry_swap_by_cpu(const char *preset, const char *device);

/* For `faultline list costs`: name and meaning of each row of costs.def. */
const char *registry_cost_name(CostId id);
const char *registry_cost_meaning(CostId id);

#endif
