/* policies.h - the built-in replacement policies: each file's own, and the list of them. */
#ifndef FAULTLINE_POLICIES_H
#define FAULTLINE_POLICIES_H

#include "faultline/policy.h"

extern const PolicyOps policy_clock, policy_fifo, policy_lru, policy_random;
extern const PolicyOps policy_mru, policy_lfu, policy_lfu_fifo, policy_lfu_perfect, policy_mfu;
extern const PolicyOps policy_clock_r0, policy_enhanced_clock;
extern const PolicyOps policy_nru, policy_nru_random, policy_aging, policy_aging_tanenbaum;
extern const PolicyOps policy_two_q, policy_arc, policy_car, policy_cart;
extern const PolicyOps policy_lirs, policy_clock_pro, policy_s3_fifo, policy_linux_two_list,
    policy_linux_lru;
extern const PolicyOps policy_sieve, policy_mglru, policy_linux_mglru;
extern const PolicyOps policy_wsclock, policy_ws, policy_vmin, policy_pff;
extern const PolicyOps policy_segmented_fifo, policy_opt;
extern const PolicyOps policy_windows_ws;
extern const PolicyOps policy_freebsd;

/* Ended by NULL; the first (clock) is the default. */
extern const PolicyOps *const policies_builtin[];

#endif
