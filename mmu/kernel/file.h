/* file.h - what stands behind mappings of files and of shared memory: objects made of pages.
 *
 *                      store                       cache
 *   a mapping's own    the bytes that it wrote     none: its entries say where its pages are
 *   a file             the bytes on the disk       the page cache: page -> frame
 *   shared memory      none                        page -> frame, or swap slot
 *
 * Idea: pages are found through radix trees, as a kernel's page cache does it; the very tree of
 * hardware/page_table.h serves, with a contents index (store) or a frame or slot (cache) in its
 * entries.  An object that several mappings may share has a cache and an ASID of its own, so its
 * pages have names as those of address spaces do.  The file that a mapping has of its own (a
 * textbook's backing store) needs neither until a fork shares it: see object.h.
 * Only pages of a store that hold other bytes than zeros take memory.
 */
#ifndef FAULTLINE_FILE_H
#define FAULTLINE_FILE_H

#include "hardware/page_table.h"
#include "kernel/contents.h"

#define FILE_PAGES_MAX (UINT64_C(1) << 45)

typedef struct File {
    PageTable store;  /* page of the file -> contents index */
    PageTable cache;  /* page -> present(frame) or swapped(slot); only with an ASID */
    uint64_t charged; /* pages of shared memory that were promised when it was made */
    uint64_t mapped;  /* how many of its pages are mapped, summed over mappings */
    uint64_t length;  /* pages of a named file, or of shared memory; beyond, a fault is a SIGBUS */
    Asid asid;        /* 0: the file of one mapping alone */
    uint64_t ahead_first, ahead_pages; /* the last window read ahead (read_ahead.h) ... */
    uint64_t ahead_async;              /* ... how many of its pages stand from its mark on ... */
    unsigned ahead_order;              /* ... and of how many pages its folios are: 2^this */
    bool used;                         /* this record stands for a file */
    bool named;                        /* it stays when it is not mapped */
    bool shmem;                        /* no store: pages begin as zeros and go to swap */
} File;

typedef struct FileTable {
    TableArena arena;
    File *files;
    uint32_t count, capacity;
    Contents *contents;
    uint64_t data_pages; /* of all stores: those that hold other bytes than zeros */
} FileTable;

void file_table_init(FileTable *table, Contents *contents);
void file_table_clear(FileTable *table);

/* A new empty file of which nothing is mapped; its number, or UINT32_MAX: no host memory. */
uint32_t file_create(FileTable *table);
/* It is gone.  The caller has emptied its cache. */
void file_delete(FileTable *table, uint32_t file);
/* From now on the file has a cache, and its pages the names (asid, page).  False: no host memory. */
bool file_set_shared(FileTable *table, uint32_t file, Asid asid);

/* Copy bytes into a page of a file's store, and out of it.  False: out of host memory. */
bool file_write(FileTable *table, uint32_t file, uint64_t page, uint32_t from);
void file_read(FileTable *table, uint32_t file, uint64_t page, uint32_t *to);
/* The store's bytes from that page on become zeros. */
void file_cut(FileTable *table, uint32_t file, uint64_t page);
/* The contents index of a page in the store; CONTENTS_ZERO where nothing was written. */
uint32_t file_contents(const FileTable *table, uint32_t file, uint64_t page);

/* What the cache knows of a page: PTE_NONE, present(frame), swapped(slot). */
Pte file_cached(const FileTable *table, uint32_t file, uint64_t page);
/* False: out of host memory (never for a page that had an entry). */
bool file_cache_set(FileTable *table, uint32_t file, uint64_t page, Pte entry);

#endif
