/* policies.c - the list of built-in replacement policies.
 *
 * A new policy is one file of this folder and one line here (docs/write-a-policy.md).  The
 * first is the default.
 */
#include "policies.h"

const PolicyOps *const policies_builtin[] = {
    &policy_clock,
    &policy_fifo,
    &policy_lru,
    &policy_random,
    /* order of use, counts of uses */
    &policy_mru,
    &policy_lfu,
    &policy_lfu_fifo,
    &policy_lfu_perfect,
    &policy_mfu,
    /* referenced bits, sampled */
    &policy_clock_r0,
    &policy_enhanced_clock,
    &policy_nru,
    &policy_nru_random,
    &policy_aging,
    &policy_aging_tanenbaum,
    &policy_sieve,
    &policy_mglru,
    &policy_linux_mglru,
    /* they remember pages that left (ghosts) */
    &policy_two_q,
    &policy_arc,
    &policy_car,
    &policy_cart,
    &policy_lirs,
    &policy_clock_pro,
    &policy_s3_fifo,
    &policy_linux_two_list,
    &policy_linux_lru,
    /* they hold what a window says, however many frames there are */
    &policy_wsclock,
    &policy_ws,
    &policy_vmin,
    &policy_pff,
    /* pages leave in two steps */
    &policy_segmented_fifo,
    &policy_freebsd,
    /* a working set for each process */
    &policy_windows_ws,
    /* they know the future */
    &policy_opt,
    NULL,
};
