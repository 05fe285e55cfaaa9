/* file.c - see file.h. */
#include "kernel/file.h"

#include <assert.h>
#include <stdlib.h>

/* 2^45 pages: as many as any address space has. */
static const Geometry file_geometry = {
    .name = "file", .page_shift = 12, .levels = 5, .bits = {9, 9, 9, 9, 9}, .user_bits = 57};

void file_table_init(FileTable *table, Contents *contents) {
    *table = (FileTable){.contents = contents};
    table_arena_init(&table->arena, &file_geometry);
}

static void file_delete(FileTable *table, uint32_t file) {
    PageTable *pages = &table->files[file].pages;
    Vpn page = 0;
    for (Pte *entry; (entry = page_table_next(pages, &page, FILE_PAGES_MAX)) != NULL; page++) {
        uint32_t contents = pte_number(*entry);
        contents_drop(table->contents, &contents);
        *entry = PTE_NONE;
    }
    page_table_clear(pages);
    table->files[file].mapped = 0;
}

void file_table_clear(FileTable *table) {
    for (uint32_t file = 0; file < table->count; file++) {
        if (table->files[file].mapped > 0) {
            file_delete(table, file);
        }
    }
    table_arena_clear(&table->arena);
    free(table->files);
    *table = (FileTable){0};
}

/* A record that is not used, an old one if there is one. */
static uint32_t record_take(FileTable *table) {
    for (uint32_t file = 0; file < table->count; file++) {
        if (table->files[file].mapped == 0) {
            return file;
        }
    }
    if (table->count == table->capacity) {
        uint32_t capacity = table->capacity == 0 ? 4 : table->capacity * 2;
        File *files = realloc(table->files, capacity * sizeof(File));
        if (files == NULL) {
            return UINT32_MAX;
        }
        table->files = files;
        table->capacity = capacity;
    }
    table->files[table->count] = (File){.mapped = 0};
    return table->count++;
}

uint32_t file_create(FileTable *table, uint64_t pages) {
    uint32_t file = record_take(table);
    if (file == UINT32_MAX || !page_table_init(&table->files[file].pages, &table->arena)) {
        return UINT32_MAX;
    }
    table->files[file].mapped = pages;
    return file;
}

void file_map_more(FileTable *table, uint32_t file, uint64_t pages) {
    table->files[file].mapped += pages;
}

void file_map_less(FileTable *table, uint32_t file, uint64_t pages) {
    if (table->files[file].mapped == pages) {
        file_delete(table, file);
    } else {
        table->files[file].mapped -= pages;
    }
}

uint32_t file_contents(const FileTable *table, uint32_t file, uint64_t page) {
    const Pte *entry = page_table_find(&table->files[file].pages, page);
    return entry == NULL ? CONTENTS_ZERO : pte_number(*entry);
}

bool file_write(FileTable *table, uint32_t file, uint64_t page, uint32_t from) {
    assert(page < FILE_PAGES_MAX);
    uint32_t contents = file_contents(table, file, page);
    if (contents == CONTENTS_ZERO && from == CONTENTS_ZERO) {
        return true;
    }
    Pte *entry = page_table_make(&table->files[file].pages, page);
    if (entry == NULL) {
        return false;
    }
    contents_copy(table->contents, &contents, from);
    *entry = contents == CONTENTS_ZERO ? PTE_NONE : pte_make(contents, PTE_PRESENT);
    return true;
}

void file_read(FileTable *table, uint32_t file, uint64_t page, uint32_t *to) {
    contents_copy(table->contents, to, file_contents(table, file, page));
}
