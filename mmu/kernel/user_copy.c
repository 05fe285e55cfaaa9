/* user_copy.c - the kernel in a program's buffers, as read(2) and write(2) are.
 *
 * Idea: the kernel uses the program's own addresses, so a page that is not there is faulted in as
 * by the program itself, and counted to it.  An address that the program could not use either is no
 * signal here: the call ends early, or with EFAULT.
 *
 * Source: copy_to_user() and clear_user() of Linux, and what read(2) does with their answer.
 */
#include <string.h>

#include "kernel/mapping.h"

/* A buffer that ends beyond user space is refused before anything is done. */
static bool buffer_in_user_space(const Memory *m, VAddr va, uint64_t length) {
    uint64_t size = UINT64_C(1) << m->config.geometry.user_bits;
    return length <= size && va <= size - length;
}

static Outcome copy_ended(Outcome outcome, uint64_t done) {
    if (outcome == OUTCOME_OK || outcome == OUTCOME_OUT_OF_MEMORY) {
        return outcome;
    }
    return done > 0 ? OUTCOME_OK : OUTCOME_EFAULT;
}

Outcome space_copy_to_user(Memory *m, AddressSpace *space, VAddr va, const void *from,
                           uint64_t length, uint64_t *done) {
    Outcome outcome = buffer_in_user_space(m, va, length) ? OUTCOME_OK : OUTCOME_EFAULT;
    for (*done = 0; outcome == OUTCOME_OK && *done < length;) {
        uint64_t piece = length - *done;
        uint8_t *host;
        outcome = memory_span(m, space, va + *done, &piece, ACCESS_WRITE, &host);
        if (outcome != OUTCOME_OK) {
            break;
        }
        if (from == NULL) {
            memset(host, 0, piece);
        } else {
            memcpy(host, (const uint8_t *)from + *done, piece);
        }
        *done += piece;
    }
    return copy_ended(outcome, *done);
}

Outcome space_copy_from_user(Memory *m, AddressSpace *space, VAddr va, void *to, uint64_t length,
                             uint64_t *done) {
    Outcome outcome = buffer_in_user_space(m, va, length) ? OUTCOME_OK : OUTCOME_EFAULT;
    for (*done = 0; outcome == OUTCOME_OK && *done < length;) {
        uint64_t piece = length - *done;
        uint8_t *host;
        outcome = memory_span(m, space, va + *done, &piece, ACCESS_READ, &host);
        if (outcome != OUTCOME_OK) {
            break;
        }
        if (to != NULL) {
            memcpy((uint8_t *)to + *done, host, piece);
        }
        *done += piece;
    }
    return copy_ended(outcome, *done);
}
