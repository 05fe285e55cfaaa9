/* group.c - see group.h. */
#include "kernel/group.h"

#include "kernel/policy_env.h"

static MemoryGroup *group_of(Memory *m, const AddressSpace *space) {
    return space->group == 0 ? NULL : &m->groups[space->group - 1];
}

bool groups_init(Memory *m) {
    for (uint32_t i = 0; i < m->config.group_count; i++) {
        if (!policy_attach(m, &m->groups[i].policy, m->config.frames)) {
            return false;
        }
    }
    return true;
}

void groups_clear(Memory *m) {
    for (uint32_t i = 0; i < m->config.group_count; i++) {
        if (m->groups[i].policy.m != NULL) {
            policy_detach(&m->groups[i].policy);
        }
    }
}

PolicyInstance *group_policy(Memory *m, const AddressSpace *space) {
    MemoryGroup *group = group_of(m, space);
    return group == NULL ? NULL : &group->policy;
}

/* Who has a quota of its own keeps a policy of its own. */
void space_join_group(Memory *m, AddressSpace *space, uint32_t group) {
    space->group = group;
    if (space->policy == &m->policy) {
        space->policy = group_policy(m, space);
    }
}

void group_count_owned(Memory *m, const AddressSpace *space, int64_t change) {
    MemoryGroup *group = group_of(m, space);
    if (group != NULL) {
        group->owned += (uint64_t)change;
    }
}

static uint64_t charge_of(const Memory *m, uint32_t group) {
    uint64_t charge = m->groups[group - 1].owned;
    for (uint32_t i = 0; i < m->flights.count; i++) {
        const AddressSpace *space = m->spaces[m->flights.list[i].asid];
        charge += space != NULL && space->group == group;
    }
    return charge;
}

bool group_is_full(const Memory *m, const AddressSpace *space) {
    uint32_t group = space->group;
    return group != 0 && charge_of(m, group) >= m->config.group_frames[group - 1];
}

bool group_has_room(const Memory *m, const AddressSpace *space, uint64_t pages) {
    uint32_t group = space->group;
    return group == 0 || charge_of(m, group) + pages <= m->config.group_frames[group - 1];
}

void group_note_grant(Memory *m, const AddressSpace *space) {
    MemoryGroup *group = group_of(m, space);
    if (group != NULL) {
        uint64_t charge = charge_of(m, space->group);
        group->peak = charge > group->peak ? charge : group->peak;
    }
}

uint64_t memory_group_peak(const Memory *m, uint32_t group) { return m->groups[group - 1].peak; }

bool memory_group_full(const Memory *m, const AddressSpace *space) {
    return group_is_full(m, space);
}

const char *groups_check(const Memory *m) {
    uint64_t owned[GROUPS_MAX + 1] = {0};
    for (uint32_t asid = 1; asid < m->space_high; asid++) {
        const AddressSpace *space = m->spaces[asid];
        owned[space == NULL ? 0 : space->group] += space == NULL ? 0 : space->owned;
    }
    const char *wrong = NULL;
    for (uint32_t i = 0; i < m->config.group_count && wrong == NULL; i++) {
        wrong = owned[i + 1] == m->groups[i].owned
                    ? m->config.policy->check(m->groups[i].policy.self)
                    : "a group's pages are not those of its spaces";
    }
    return wrong;
}
