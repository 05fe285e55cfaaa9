/* group.h - spaces that share a limit of memory, as Linux's memory cgroups do.
 *
 *   charge = sum over the group's spaces of the pages that they own, and of frames on their way to them
 *
 * A group has a replacement policy of its own.  When a page would make its charge exceed the limit,
 * a page of the group goes first, though the machine may have free frames; if none can, somebody
 * of the group must die.  Frames that the machine lacks are still taken from anybody.
 *
 * A page on its way out that is wanted again comes back all the same: then, and only if no other page
 * can leave (swap is full), the charge may be more than the limit.
 */
#ifndef FAULTLINE_GROUP_H
#define FAULTLINE_GROUP_H

#include "kernel/kernel.h"

/* False: no host memory. */
bool groups_init(Memory *m);
void groups_clear(Memory *m);

/* The policy of the space's group; NULL: it is in none. */
PolicyInstance *group_policy(Memory *m, const AddressSpace *space);
/* The space owns so many pages more, or less. */
void group_count_owned(Memory *m, const AddressSpace *space, int64_t change);
/* Would one page more be too much for the space's group? */
bool group_is_full(const Memory *m, const AddressSpace *space);
/* Would so many more not be too much? */
bool group_has_room(const Memory *m, const AddressSpace *space, uint64_t pages);
/* The space has been granted a frame: how much of the limit was ever used. */
void group_note_grant(Memory *m, const AddressSpace *space);

/* Each group's sum, and what its policy says of itself. */
const char *groups_check(const Memory *m);

#endif
