/* policies.c - the list of built-in replacement policies. */
#include "policies.h"

const PolicyOps *const policies_builtin[] = {NULL};
