/* policies.h - the built-in replacement policies: each file's own, and the list of them. */
#ifndef FAULTLINE_POLICIES_H
#define FAULTLINE_POLICIES_H

#include "faultline/policy.h"

extern const PolicyOps policy_clock, policy_fifo, policy_lru, policy_random;

/* Ended by NULL; the first (clock) is the default. */
extern const PolicyOps *const policies_builtin[];

#endif
