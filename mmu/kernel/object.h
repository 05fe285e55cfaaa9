/* object.h - pages that belong to an object rather than to one address space: the page cache of
 * files, and shared memory.
 *
 * Idea: an object has an ASID from the same numbers as address spaces, so its pages have names,
 * (object, page), which policies and ghosts take like any other.  Where its pages are is in its
 * own tree (file.h, `cache`); who maps them is in the reverse map.
 *
 * The file that one mapping has for itself needs none of this: its pages go by their addresses.
 * Only when a fork makes a second mapping of it does it become an object.
 */
#ifndef FAULTLINE_OBJECT_H
#define FAULTLINE_OBJECT_H

#include "kernel/kernel.h"

/* A new object, mapped nowhere: a named file of `length` pages that stays, or (`shmem`) shared
 * memory that goes with its last mapping.  UINT32_MAX: out of host memory or of numbers. */
uint32_t object_create(Memory *m, uint64_t length, bool shmem);
/* The whole of this shared memory is promised from now on, and charged until it goes. */
void object_charge(Memory *m, uint32_t file);
/* A space that has a file for itself is about to share it.  False: as above. */
bool object_share(Memory *m, AddressSpace *space, const Vma *vma);

/* `pages` more (or fewer) of its pages are mapped.  With the last one the file goes, if it has no
 * name. */
void object_map_more(Memory *m, uint32_t file, uint64_t pages);
void object_map_less(Memory *m, uint32_t file, uint64_t pages);

/* The bytes of a page that no entry leads to, wherever they are. */
uint32_t object_contents(const Memory *m, uint32_t file, uint64_t page);
/* Which page of which file is in this frame (PAGE_FILE, PAGE_SHMEM)? */
uint64_t object_page_of(const Memory *m, const Frame *frame, uint32_t *file);
/* The page in the frame has left memory: the object's cache says `after` (none or swapped). */
void object_page_left(Memory *m, const Frame *frame, Pte after);

/* Is the page of the mapping beyond the end of its file or shared memory?  (A file of its own is as long
 * as the mapping.) */
bool object_ends_before(const Memory *m, const Vma *vma, Vpn vpn);
/* Is the mapping's file its own, and no object? */
bool has_own_file(const Memory *m, const Vma *vma);

#endif
