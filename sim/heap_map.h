/* heap_map.h - a heap in words and as a drawing, as the allocator's book-keeping has it.
 *
 *   free [A+1024,3072], allocated [A,1024], heap 3072 free
 *   [oo1024oo|..3072..]  3072 bytes free
 *
 * A is the heap's base; [address,length] are whole blocks as the model's walk reports them:
 * headers included where the model keeps them inside.  In the drawing oo is a used block, ..
 * a free one, ## a model's own data among them (data in a region of its own is left out); behind it
 * stand the marks of its header, if it has any.  Models with several lists show them, too:
 *
 *   tcache 32: [A+664,32]>[A+696,32]; unsorted: [A+728,2016]; top: [A+2744,132424]
 * Long heaps are shortened.
 */
#ifndef FAULTLINE_HEAP_MAP_H
#define FAULTLINE_HEAP_MAP_H

#include "process.h"

typedef struct HeapMap {
    VAddr base;
    GArray *blocks; /* HeapBlock, by address */
    uint64_t free_bytes;
} HeapMap;

/* Look at the heap of a process that runs; its counts do not change. */
HeapMap *heap_map_take(const Process *process);
/* A map of given blocks. */
HeapMap *heap_map_new(VAddr base, const HeapBlock *blocks, unsigned count);
void heap_map_free(HeapMap *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HeapMap, heap_map_free)

/* New strings; at most about eight blocks a list. */
char *heap_map_lists(const HeapMap *map);
char *heap_map_drawing(const HeapMap *map);
/* The lists of free blocks by their names, each from its first block on; NULL: they have none. */
char *heap_map_bins(const HeapMap *map);
/* "A", "A+1280", "A-4096" for an address below the base; "0x7ffff7be5008" a GiB or more away: in a
 * mapping of its own. */
char *heap_map_address(VAddr base, VAddr va);

#endif
