/* machine_config.h - from the words of a workload to the numbers of a machine. */
#ifndef FAULTLINE_MACHINE_CONFIG_H
#define FAULTLINE_MACHINE_CONFIG_H

#include "kernel/memory.h"
#include "workload.h"

/* False and `error` (MACHINE_ERROR_INPUT) if such a machine cannot be built. */
bool machine_config_resolve(const Workload *workload, MemoryConfig *config, GError **error);

#endif
