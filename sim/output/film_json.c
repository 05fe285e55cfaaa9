/* film_json.c - see film_json.h. */
#include "output/film_json.h"

void json_writer_column(JsonWriter *w, const char *key, const Column *column) {
    g_autofree char *text = column_text(column);
    json_writer_open(w, key, '{');
    json_writer_number(w, "n", column->count);
    json_writer_string(w, "z", text);
    json_writer_close(w, '}');
}

/* ---- values of a row -------------------------------------------------------------------------- */

typedef uint64_t Value(const void *row);

typedef struct Field {
    const char *key;
    Value *value;
} Field;

#define VALUE(Type, name, expression)                                                              \
    static uint64_t name(const void *row) {                                                        \
        const Type *x = row;                                                                       \
        return expression;                                                                         \
    }

/* The low bits of an entry, and no-execute behind them. */
static uint64_t pte_bits(Pte pte) {
    return (pte & ~(PTE_FRAME_MASK | PTE_NO_EXECUTE)) |
           ((pte & PTE_NO_EXECUTE) != 0 ? UINT64_C(1) << PTE_FRAME_SHIFT : 0);
}

/* 0: unknown; else one more than the age, so that small numbers are usual. */
static uint64_t age_number(uint32_t age) { return age == AGE_UNKNOWN ? 0 : (uint64_t)age + 1; }

VALUE(FrameView, frame_use, x->use)
VALUE(FrameView, frame_pid, x->pid)
VALUE(FrameView, frame_vpn, x->vpn)
VALUE(FrameView, frame_bits, pte_bits(x->pte))
VALUE(FrameView, frame_flags, (uint64_t)x->file | (uint64_t)x->copied << 1)
VALUE(FrameView, frame_age, age_number(x->age))
static const Field frame_fields[] = {{"use", frame_use},     {"pid", frame_pid},
                                     {"vpn", frame_vpn},     {"bits", frame_bits},
                                     {"flags", frame_flags}, {"age", frame_age}};

VALUE(SpaceView, of_pid, x->pid)
VALUE(SpaceView, of_status, x->status)
VALUE(SpaceView, of_line, x->line)
VALUE(SpaceView, of_heap_start, x->heap_start)
VALUE(SpaceView, of_brk, x->brk)
VALUE(SpaceView, of_stride, x->page_stride)
VALUE(SpaceView, of_vmas, x->vmas)
VALUE(SpaceView, of_pages, x->pages)
VALUE(SpaceView, of_tables, x->tables)
VALUE(SpaceView, of_blocks, x->blocks)
VALUE(SpaceView, of_all_vmas, x->vmas_in_all)
VALUE(SpaceView, of_all_tables, x->tables_in_all)
VALUE(SpaceView, of_all_blocks, x->blocks_in_all)
VALUE(SpaceView, of_used, x->used_bytes)
VALUE(SpaceView, of_free, x->free_bytes)
VALUE(SpaceView, of_largest, x->largest_free)
VALUE(SpaceView, of_left_out, x->heap_left_out)
static const Field space_fields[] = {{"pid", of_pid},
                                     {"status", of_status},
                                     {"line", of_line},
                                     {"heap_start", of_heap_start},
                                     {"brk", of_brk},
                                     {"page_stride", of_stride},
                                     {"vmas", of_vmas},
                                     {"pages", of_pages},
                                     {"tables", of_tables},
                                     {"blocks", of_blocks},
                                     {"vmas_in_all", of_all_vmas},
                                     {"tables_in_all", of_all_tables},
                                     {"blocks_in_all", of_all_blocks},
                                     {"used_bytes", of_used},
                                     {"free_bytes", of_free},
                                     {"largest_free", of_largest},
                                     {"heap_left_out", of_left_out}};

VALUE(MappingView, vma_first, x->vma.first)
VALUE(MappingView, vma_pages, x->vma.end - x->vma.first)
VALUE(MappingView, vma_prot, x->vma.prot)
VALUE(MappingView, vma_flags, x->vma.flags)
/* 0: anonymous, 1: of a file, 2: of shared memory */
VALUE(MappingView, vma_file, (x->vma.kind == VMA_FILE) + x->shared_memory)
static const Field vma_fields[] = {{"first", vma_first},
                                   {"pages", vma_pages},
                                   {"prot", vma_prot},
                                   {"flags", vma_flags},
                                   {"file", vma_file}};

VALUE(PageView, page_vpn, x->vpn)
VALUE(PageView, page_bits, pte_bits(x->pte))
VALUE(PageView, page_number, pte_number(x->pte))
VALUE(PageView, page_age, age_number(x->age))
static const Field page_fields[] = {
    {"vpn", page_vpn}, {"bits", page_bits}, {"number", page_number}, {"age", page_age}};

VALUE(TableView, table_level, x->level)
VALUE(TableView, table_number, x->number)
VALUE(TableView, table_index, x->index)
static const Field table_fields[] = {
    {"level", table_level}, {"number", table_number}, {"index", table_index}};

VALUE(HeapBlock, block_va, x->va)
VALUE(HeapBlock, block_length, x->length)
VALUE(HeapBlock, block_kind, x->kind)
VALUE(HeapBlock, block_payload, x->payload)
VALUE(HeapBlock, block_payload_length, x->payload_length)
VALUE(HeapBlock, block_link, x->link)
VALUE(HeapBlock, block_list_size, x->list_size)
static const Field block_fields[] = {{"va", block_va},
                                     {"length", block_length},
                                     {"kind", block_kind},
                                     {"payload", block_payload},
                                     {"payload_length", block_payload_length},
                                     {"link", block_link},
                                     {"list_size", block_list_size}};

/* ---- tables ----------------------------------------------------------------------------------- */

typedef const GArray *Rows(const Snapshot *snapshot);

#define ROWS(member)                                                                               \
    static const GArray *member##_of(const Snapshot *snapshot) { return snapshot->member; }
ROWS(spaces)
ROWS(vmas)
ROWS(pages)
ROWS(tables)
ROWS(blocks)

static void add_rows(Column *column, const GArray *rows, Value *value) {
    guint size = g_array_get_element_size((GArray *)(uintptr_t)rows);
    for (unsigned i = 0; i < rows->len; i++) {
        column_add(column, value(rows->data + (size_t)i * size));
    }
}

static void write_columns(JsonWriter *w, const Film *film, Rows *rows, const Field *fields,
                          size_t count) {
    for (size_t f = 0; f < count; f++) {
        g_autoptr(Column) column = column_new();
        for (unsigned s = 0; s < film->snapshots->len; s++) {
            add_rows(column, rows(film_at(film, s)), fields[f].value);
        }
        json_writer_column(w, fields[f].key, column);
    }
}

static void write_table(JsonWriter *w, const char *key, const Film *film, Rows *rows,
                        const Field *fields, size_t count) {
    json_writer_open(w, key, '{');
    write_columns(w, film, rows, fields, count);
    json_writer_close(w, '}');
}

#define WRITE_TABLE(w, film, name, fields)                                                         \
    write_table(w, #name, film, name##_of, fields, G_N_ELEMENTS(fields))

/* ---- blocks: their words ---------------------------------------------------------------------- */

/* The allocators' own words are few: 1 is the first of `words`, 0 none. */
static unsigned number_of(GPtrArray *words, const char *word) {
    guint at;
    if (word == NULL) {
        return 0;
    }
    if (!g_ptr_array_find_with_equal_func(words, word, g_str_equal, &at)) {
        at = words->len;
        g_ptr_array_add(words, (gpointer)(uintptr_t)word);
    }
    return at + 1;
}

/* A column of numbers of words, `key`, and what they stand for, `words_key`. */
static void write_words(JsonWriter *w, const char *key, const char *words_key, const Film *film,
                        const char *(*word_of)(const HeapBlock *block)) {
    g_autoptr(Column) column = column_new();
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    for (unsigned s = 0; s < film->snapshots->len; s++) {
        const GArray *blocks = film_at(film, s)->blocks;
        for (unsigned i = 0; i < blocks->len; i++) {
            column_add(column, number_of(words, word_of(&g_array_index(blocks, HeapBlock, i))));
        }
    }
    json_writer_column(w, key, column);
    json_writer_open(w, words_key, '[');
    for (unsigned i = 0; i < words->len; i++) {
        json_writer_string(w, NULL, words->pdata[i]);
    }
    json_writer_close(w, ']');
}

static const char *list_of(const HeapBlock *block) { return block->list; }
static const char *flags_of(const HeapBlock *block) { return block->flags; }

static void write_blocks(JsonWriter *w, const Film *film) {
    json_writer_open(w, "blocks", '{');
    write_columns(w, film, blocks_of, block_fields, G_N_ELEMENTS(block_fields));
    write_words(w, "list", "list_words", film, list_of);
    write_words(w, "flags", "flag_words", film, flags_of);
    json_writer_close(w, '}');
}

/* ---- frames ----------------------------------------------------------------------------------- */

/* How all pictures show frames: every stride-th, `cells` of them. */
typedef struct FrameGrid {
    uint32_t stride, cells;
    FrameView unused; /* a frame as the machine started with it */
} FrameGrid;

static FrameGrid grid_for(const Film *film, const MemoryConfig *config) {
    bool zeroed = config->zero_pool.mode == ZERO_POOL_BACKGROUND;
    FrameGrid grid = {
        .stride = 1,
        .unused = {.use = zeroed ? FRAME_USE_ZEROED : FRAME_USE_FREE, .age = AGE_UNKNOWN}};
    for (unsigned s = 0; s < film->snapshots->len; s++) {
        grid.stride = MAX(grid.stride, film_at(film, s)->frame_stride);
    }
    for (unsigned s = 0; s < film->snapshots->len; s++) {
        const Snapshot *snapshot = film_at(film, s);
        uint32_t finer = grid.stride / snapshot->frame_stride;
        grid.cells = MAX(grid.cells, (snapshot->frames->len + finer - 1) / finer);
    }
    return grid;
}

static const FrameView *grid_frame(const FrameGrid *grid, const Snapshot *snapshot, uint32_t cell) {
    uint32_t at = cell * (grid->stride / snapshot->frame_stride);
    return at < snapshot->frames->len ? &g_array_index(snapshot->frames, FrameView, at)
                                      : &grid->unused;
}

static void write_frames(JsonWriter *w, const Film *film, const FrameGrid *grid) {
    json_writer_open(w, "frames", '{');
    for (size_t f = 0; f < G_N_ELEMENTS(frame_fields); f++) {
        g_autoptr(Column) column = column_new();
        for (unsigned s = 0; s < film->snapshots->len; s++) {
            for (uint32_t cell = 0; cell < grid->cells; cell++) {
                column_add(column, frame_fields[f].value(grid_frame(grid, film_at(film, s), cell)));
            }
        }
        json_writer_column(w, frame_fields[f].key, column);
    }
    json_writer_close(w, '}');
}

/* ---- the pictures ----------------------------------------------------------------------------- */

static uint64_t time_of(const Snapshot *snapshot) { return snapshot->time; }
static uint64_t marked_of(const Snapshot *snapshot) { return snapshot->marked; }
static uint64_t spaces_in(const Snapshot *snapshot) { return snapshot->spaces->len; }

static void write_pictures(JsonWriter *w, const char *key, const Film *film,
                           uint64_t (*value)(const Snapshot *)) {
    g_autoptr(Column) column = column_new();
    for (unsigned s = 0; s < film->snapshots->len; s++) {
        column_add(column, value(film_at(film, s)));
    }
    json_writer_column(w, key, column);
}

void film_write_json(JsonWriter *w, const Film *film, const MemoryConfig *config) {
    FrameGrid grid = grid_for(film, config);
    json_writer_open(w, "film", '{');
    json_writer_number(w, "frame_stride", grid.stride);
    json_writer_number(w, "cells", grid.cells);
    json_writer_number(w, "frames_used", film->frames_used);
    write_pictures(w, "time", film, time_of);
    write_pictures(w, "marked", film, marked_of);
    write_pictures(w, "processes", film, spaces_in);
    write_frames(w, film, &grid);
    WRITE_TABLE(w, film, spaces, space_fields);
    WRITE_TABLE(w, film, vmas, vma_fields);
    WRITE_TABLE(w, film, pages, page_fields);
    WRITE_TABLE(w, film, tables, table_fields);
    write_blocks(w, film);
    json_writer_close(w, '}');
}
