/* window.h - what the time is for a policy with a window: a count of references, or ns.
 *
 * Papers speak of virtual time, one tick a reference; a kernel has a clock.  A PARAM_WINDOW value
 * (faultline/param.h) says which of the two it means, and the policy measures ages in the same.
 * Used by ws, vmin, pff and wsclock.
 */
#ifndef FAULTLINE_WINDOW_H
#define FAULTLINE_WINDOW_H

#include "faultline/policy.h"

#define WINDOW_MAX (UINT64_C(1) << 62) /* references; ages never come near it */

/* Now, in the window's unit. */
static inline uint64_t window_now(const PolicyEnv *env, uint64_t window) {
    return (window & WINDOW_IS_TIME) != 0 ? env->now(env->host) : env->references(env->host);
}

static inline uint64_t window_length(uint64_t window) { return window & ~WINDOW_IS_TIME; }

#endif
