/* policies.c - the list of built-in replacement policies.
 *
 * A new policy is one file of this folder and one line here (docs/write-a-policy.md).  The
 * first is the default.
 */
#include "policies.h"

const PolicyOps *const policies_builtin[] = {
    &policy_clock, &policy_fifo, &policy_lru, &policy_random, NULL,
};
