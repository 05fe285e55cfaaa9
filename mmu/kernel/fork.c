/* fork.c - fork(2): refused until spaces can share pages. */
#include "kernel/address_space.h"

Outcome space_fork(Memory *m, AddressSpace *parent, uint32_t child_pid, Counters *counters,
                   AddressSpace **child) {
    (void)m, (void)parent, (void)child_pid, (void)counters, (void)child;
    return OUTCOME_EAGAIN;
}
