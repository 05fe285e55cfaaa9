/* read_ahead.h - reading pages before they are asked for.
 *
 *   a miss at page p         reads the window [p - 16, p + 16), clipped to the file
 *   a quarter before its end stands a mark; a fault on the marked page reads the next window, and
 *                            so on, each twice as long as the last, up to 32 pages; the mark stays with
 *                            its page, so one of an older window may be met, too
 *
 * Idea: nobody waits for these reads.  Their frames are held by flights of nobody (ASID 0) and
 * become pages of the cache once the device is done (flights_land).
 * Source: do_sync_mmap_readahead() of mm/filemap.c and page_cache_async_ra() of mm/readahead.c in
 * Linux, with read_ahead_kb = 128.
 */
#ifndef FAULTLINE_READ_AHEAD_H
#define FAULTLINE_READ_AHEAD_H

#include "kernel/kernel.h"

#define READ_AHEAD_BYTES (UINT64_C(128) << 10)

/* The page was not in the cache; it is being read, and alone would be there when it is `done`.  When all of
 * the window will be. */
Tick read_ahead_miss(Memory *m, AddressSpace *space, uint32_t file, uint64_t page, Tick done);
/* A marked page (Frame.ahead_mark) was wanted. */
void read_ahead_hit(Memory *m, AddressSpace *space, uint32_t file, uint64_t page);

/* A frame that nobody waits for, filled when the device says, for a page of that name; the space
 * pays.  False: none to be had now. */
bool read_ahead_start(Memory *m, AddressSpace *space, PageKey name, PageKind kind, Pfn *pfn);

#endif
