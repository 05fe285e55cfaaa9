/* policies.h - the list of built-in replacement policies. */
#ifndef FAULTLINE_POLICIES_H
#define FAULTLINE_POLICIES_H

#include "faultline/policy.h"

/* Ended by NULL; the first (clock) is the default. */
extern const PolicyOps *const policies_builtin[];

#endif
