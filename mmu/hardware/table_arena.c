/* table_arena.c - the tables of a machine: numbered, and kept for reuse, a list a level, when they are
 * given back.  Entries are arrays of their own, so a pointer to one stays good while the arena grows.
 *
 * Used by page_table.c.
 */
#include "page_table_private.h"

#include <stdlib.h>
#include <string.h>

void table_arena_init(TableArena *arena, const Geometry *geometry) {
    *arena = (TableArena){.geometry = geometry,
                          .vpn_bits = geometry_vpn_bits(geometry),
                          .huge_shift = geometry->bits[geometry->levels - 1]};
}

void table_arena_clear(TableArena *arena) {
    for (uint32_t i = 1; i <= arena->made; i++) {
        free(arena->tables[i].entries);
        free(arena->tables[i].stamps);
    }
    free(arena->tables);
    table_arena_init(arena, arena->geometry);
}

/* Room for one more index. */
static bool arena_grow(TableArena *arena) {
    if (arena->made + 1 < arena->capacity) {
        return true;
    }
    if (arena->capacity > UINT32_MAX / 2) {
        return false;
    }
    uint32_t capacity = arena->capacity == 0 ? 64 : 2 * arena->capacity;
    Table *tables = realloc(arena->tables, capacity * sizeof(Table));
    if (tables == NULL) {
        return false;
    }
    arena->tables = tables;
    arena->capacity = capacity;
    return true;
}

/* A table from the host, all zero; 0 if it has no memory left. */
static uint32_t table_new(TableArena *arena, unsigned level) {
    if (!arena_grow(arena)) {
        return 0;
    }
    uint64_t entries = level_entries(arena, level);
    Table table = {.entries = calloc(entries, sizeof(Pte))};
    if (is_leaf(arena, level)) {
        table.stamps = calloc(entries, sizeof(uint32_t));
    }
    if (table.entries == NULL || (is_leaf(arena, level) && table.stamps == NULL)) {
        free(table.entries);
        free(table.stamps);
        return 0;
    }
    arena->tables[++arena->made] = table;
    return arena->made;
}

uint32_t table_take(TableArena *arena, unsigned level) {
    uint32_t index = arena->free_head[level];
    if (index == 0) {
        index = table_new(arena, level);
    } else {
        Table *table = &arena->tables[index];
        arena->free_head[level] = (uint32_t)table->entries[0];
        memset(table->entries, 0, level_entries(arena, level) * sizeof(Pte));
        if (table->stamps != NULL) {
            memset(table->stamps, 0, level_entries(arena, level) * sizeof(uint32_t));
        }
    }
    arena->live += index != 0;
    return index;
}

void table_give(TableArena *arena, unsigned level, uint32_t index) {
    arena->tables[index].entries[0] = arena->free_head[level];
    arena->free_head[level] = index;
    arena->live--;
}

bool table_make_deposits(TableArena *arena, Table *table) {
    uint64_t entries = level_entries(arena, arena->geometry->levels - 2);
    if (table->deposits == NULL) {
        table->deposits = calloc(entries, sizeof(uint32_t));
    }
    return table->deposits != NULL;
}

const char *table_arena_check(const TableArena *arena) {
    uint64_t given = 0;
    for (unsigned level = 0; level < arena->geometry->levels; level++) {
        for (uint32_t i = arena->free_head[level]; i != 0;
             i = (uint32_t)arena->tables[i].entries[0]) {
            if (i > arena->made || ++given > arena->made) {
                return "page-table arena: a list of free tables is damaged";
            }
        }
    }
    return given + arena->live == arena->made ? NULL
                                              : "page-table arena: live + given back != made";
}
