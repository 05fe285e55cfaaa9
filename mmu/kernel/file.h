/* file.h - the files behind file mappings: sparse stores of pages.
 *
 * Idea: each file mapping has a file of its own, unnamed and private, all zeros at first.  Its
 * pages are found through a radix tree, as a kernel's page cache does it; the very tree of
 * hardware/page_table.h serves, with a contents index where a frame number would stand.
 * Only pages that were written back with other bytes than zeros take memory.
 */
#ifndef FAULTLINE_FILE_H
#define FAULTLINE_FILE_H

#include "hardware/page_table.h"
#include "kernel/contents.h"

#define FILE_PAGES_MAX (UINT64_C(1) << 45)

typedef struct File {
    PageTable pages; /* page of the file -> contents index */
    uint64_t mapped; /* how many of its pages are mapped; at 0 the file is gone */
} File;

typedef struct FileTable {
    TableArena arena;
    File *files;
    uint32_t count, capacity;
    Contents *contents;
} FileTable;

void file_table_init(FileTable *table, Contents *contents);
void file_table_clear(FileTable *table);

/* A new empty file, of which `pages` are mapped; its number, or UINT32_MAX: no host memory. */
uint32_t file_create(FileTable *table, uint64_t pages);
/* `pages` more (or fewer) pages are mapped.  With the last one the file goes. */
void file_map_more(FileTable *table, uint32_t file, uint64_t pages);
void file_map_less(FileTable *table, uint32_t file, uint64_t pages);

/* Copy bytes into a page of a file, and out of it.  False: out of host memory. */
bool file_write(FileTable *table, uint32_t file, uint64_t page, uint32_t from);
void file_read(FileTable *table, uint32_t file, uint64_t page, uint32_t *to);
/* The contents index of a page; CONTENTS_ZERO where nothing was written. */
uint32_t file_contents(const FileTable *table, uint32_t file, uint64_t page);

#endif
