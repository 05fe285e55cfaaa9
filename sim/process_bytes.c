/* process_bytes.c - the ops that read, write and compare the bytes of a block.
 *
 * Seeded bytes ("seed" of fill and verify): the 8 bytes at offset 8w of a block are, least
 * byte first, number w of the splitmix64 stream of the seed; so any part can be verified.
 */
#include "process_internal.h"

/* ---- where an op's bytes are -------------------------------------------------------------- */

Slot *process_slot(Process *process, const SlotRef *ref) {
    uint64_t index = ref->base;
    for (unsigned k = 0; k < SLOT_INDICES_MAX; k++) {
        if (ref->loop[k] >= 0) {
            index += ref->stride[k] * process->task->loop_count[ref->loop[k]];
        }
    }
    g_assert(index < process_program(process)->slot_count);
    process->slots_used = MAX(process->slots_used, index + 1);
    return &process->slots[index];
}

/* A length left out means the rest of the block; where there is no block, one word. */
static Extent extent_of(Process *process, PlaceKind place, const SlotRef *ref, uint64_t address,
                        uint64_t length) {
    static const Slot nothing = {0};
    const Slot *slot = place == PLACE_SLOT ? process_slot(process, ref) : &nothing;
    Extent extent = {.va = slot->va + address, .length = length, .offset = address};
    if (length == OP_LENGTH_REST) {
        uint64_t rest = slot->length > address ? slot->length - address : 0;
        extent.length = slot->va == 0 ? WORD_BYTES : rest;
    }
    return extent;
}

Extent process_extent(Process *process, const Op *op) {
    return extent_of(process, op->place, &op->target, op->address, op->length);
}

/* ---- ops ---------------------------------------------------------------------------------- */

/* What to do with a stretch of an extent: `host` are its bytes, from `offset` of the block on. */
typedef void (*ExtentUse)(Process *process, const Op *op, uint8_t *host, uint64_t offset,
                          uint64_t length);

static void extent_walk(Process *process, const Op *op, Access access, ExtentUse use) {
    Extent rest = process_extent(process, op);
    while (rest.length > 0) {
        uint64_t length = rest.length;
        uint8_t *host = process_span(process, rest.va, &length, access);
        if (host != NULL && access == ACCESS_WRITE) {
            process_note_write(process, rest.va, length);
        }
        if (host != NULL && use != NULL) {
            use(process, op, host, rest.offset, length);
        }
        rest.va += length;
        rest.offset += length;
        rest.length -= length;
    }
}

void op_read(Process *process, const Op *op) { extent_walk(process, op, ACCESS_READ, NULL); }

void op_write(Process *process, const Op *op) {
    Extent extent = process_extent(process, op);
    process_set(process, extent.va, (uint8_t)op->value, extent.length);
}

/* One access for each page that the extent overlaps. */
void op_touch(Process *process, const Op *op) {
    Extent extent = process_extent(process, op);
    uint64_t page = process_page_size(process);
    uint64_t tail = extent.va % page + extent.length % page;
    AccessRun run = {
        .va = extent.va,
        .count = extent.length == 0 ? 0 : extent.length / page + (tail + page - 1) / page,
        .stride = (int64_t)page,
        .access = op->access,
    };
    process_touch(process, run);
}

/* What a splitmix64 stream's state moves by from one number to the next (rng.h). */
#define STREAM_STEP UINT64_C(0x9E3779B97F4A7C15)

/* The 8 bytes around `offset`, as fill makes and verify expects them. */
static uint64_t expected_word(const Op *op, uint64_t offset) {
    if (!op->seeded) {
        return (op->value & 0xFF) * UINT64_C(0x0101010101010101);
    }
    Rng stream = {op->value + offset / WORD_BYTES * STREAM_STEP};
    return rng_next(&stream);
}

static inline uint8_t byte_of(uint64_t word, uint64_t offset) {
    return (uint8_t)(word >> offset % WORD_BYTES * 8);
}

static void fill_bytes(Process *process G_GNUC_UNUSED, const Op *op, uint8_t *host, uint64_t offset,
                       uint64_t length) {
    uint64_t word = expected_word(op, offset);
    for (uint64_t i = 0; i < length; i++, offset++) {
        word = offset % WORD_BYTES == 0 ? expected_word(op, offset) : word;
        host[i] = byte_of(word, offset);
    }
}

static void verify_bytes(Process *process, const Op *op, uint8_t *host, uint64_t offset,
                         uint64_t length) {
    uint64_t word = expected_word(op, offset);
    for (uint64_t i = 0; i < length; i++, offset++) {
        word = offset % WORD_BYTES == 0 ? expected_word(op, offset) : word;
        process->task->by_program.verify_errors += host[i] != byte_of(word, offset);
    }
}

void op_fill(Process *process, const Op *op) { extent_walk(process, op, ACCESS_WRITE, fill_bytes); }

void op_verify(Process *process, const Op *op) {
    extent_walk(process, op, ACCESS_READ, verify_bytes);
}

void op_copy(Process *process, const Op *op) {
    Extent to = process_extent(process, op);
    Extent from = extent_of(process, op->source_place, &op->source, op->source_address, op->length);
    to.length = MIN(to.length, from.length);
    process_copy(process, to.va, from.va, to.length);
}
