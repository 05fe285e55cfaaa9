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

void file_delete(FileTable *table, uint32_t file) {
    File *record = &table->files[file];
    Vpn page = 0;
    for (Pte *entry; (entry = page_table_next(&record->store, &page, FILE_PAGES_MAX)) != NULL;
         page++) {
        uint32_t contents = pte_number(*entry);
        contents_drop(table->contents, &contents);
        *entry = PTE_NONE;
        table->data_pages--;
    }
    page_table_clear(&record->store);
    if (record->asid != 0) {
        page_table_clear(&record->cache);
    }
    record->used = false;
}

void file_table_clear(FileTable *table) {
    for (uint32_t file = 0; file < table->count; file++) {
        if (table->files[file].used) {
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
        if (!table->files[file].used) {
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
    table->files[table->count] = (File){.used = false};
    return table->count++;
}

uint32_t file_create(FileTable *table) {
    uint32_t file = record_take(table);
    if (file == UINT32_MAX) {
        return UINT32_MAX;
    }
    table->files[file] = (File){.used = true};
    if (!page_table_init(&table->files[file].store, &table->arena)) {
        table->files[file].used = false;
        return UINT32_MAX;
    }
    return file;
}

bool file_set_shared(FileTable *table, uint32_t file, Asid asid) {
    if (!page_table_init(&table->files[file].cache, &table->arena)) {
        return false;
    }
    table->files[file].asid = asid;
    return true;
}

uint32_t file_contents(const FileTable *table, uint32_t file, uint64_t page) {
    const Pte *entry = page_table_find(&table->files[file].store, page);
    return entry == NULL ? CONTENTS_ZERO : pte_number(*entry);
}

bool file_write(FileTable *table, uint32_t file, uint64_t page, uint32_t from) {
    assert(page < FILE_PAGES_MAX);
    uint32_t contents = file_contents(table, file, page);
    if (contents == CONTENTS_ZERO && from == CONTENTS_ZERO) {
        return true;
    }
    Pte *entry = page_table_make(&table->files[file].store, page);
    if (entry == NULL) {
        return false;
    }
    table->data_pages -= contents != CONTENTS_ZERO;
    contents_copy(table->contents, &contents, from);
    table->data_pages += contents != CONTENTS_ZERO;
    *entry = contents == CONTENTS_ZERO ? PTE_NONE : pte_make(contents, PTE_PRESENT);
    return true;
}

void file_cut(FileTable *table, uint32_t file, uint64_t page) {
    while (page_table_next(&table->files[file].store, &page, FILE_PAGES_MAX) != NULL) {
        file_write(table, file, page, CONTENTS_ZERO); /* there is an entry: it cannot fail */
    }
}

void file_read(FileTable *table, uint32_t file, uint64_t page, uint32_t *to) {
    contents_copy(table->contents, to, file_contents(table, file, page));
}

Pte file_cached(const FileTable *table, uint32_t file, uint64_t page) {
    const Pte *entry = page_table_find(&table->files[file].cache, page);
    return entry == NULL ? PTE_NONE : *entry;
}

bool file_cache_set(FileTable *table, uint32_t file, uint64_t page, Pte entry) {
    Pte *at = page_table_make(&table->files[file].cache, page);
    if (at == NULL) {
        return false;
    }
    *at = entry;
    return true;
}
