/* op_place.c - how ops say where: a block or region and an offset, or a plain address.
 *
 * A length may be left out where there is an end to go to: that of the block or region.
 */
#include "op_spec.h"

SlotRef op_refer(Compiler *c, const cJSON *id, bool defines) {
    return id == NULL ? slot_none() : slot_table_refer(c->slots, c->reader, id, &c->scope, defines);
}

/* An op that makes a block: the id it gets. */
void op_read_target(Compiler *c, JsonObject *o, Op *op) {
    op->target = op_refer(c, json_need(o, "id"), true);
}

typedef struct Place {
    PlaceKind kind;
    SlotRef slot;
    uint64_t address; /* or the offset */
} Place;

/* A block or region and an offset, or an address: under these keys. */
static Place read_place(Compiler *c, JsonObject *o, const char *id_key, const char *address_key,
                        const char *offset_key) {
    const cJSON *address = json_member(o, address_key);
    const cJSON *id = json_member(o, id_key);
    const cJSON *offset = json_member(o, offset_key);
    if (id == NULL && address == NULL) {
        json_missing(o, id_key, address_key);
    }
    if (address == NULL) {
        uint64_t bytes =
            offset == NULL ? 0 : json_number_value(c->reader, offset, &OP_LENGTH_RANGE);
        return (Place){PLACE_SLOT, op_refer(c, id, false), bytes};
    }
    if (id != NULL) {
        json_key_error(c->reader, address, "\"%s\" and \"%s\" exclude each other", address_key,
                       id_key);
    } else if (offset != NULL) {
        json_key_error(c->reader, offset, "\"%s\" goes with \"%s\"; add it to the address",
                       offset_key, id_key);
    }
    return (Place){PLACE_ADDRESS, slot_none(), json_number_value(c->reader, address, &ANY_ADDRESS)};
}

void op_check_reach(Compiler *c, const JsonObject *o, uint64_t address, uint64_t length) {
    if (length != OP_LENGTH_REST && length > UINT64_MAX - address) {
        json_error(c->reader, o->item, "address and length reach beyond 64 bits");
    }
}

void op_read_where(Compiler *c, JsonObject *o, Op *op) {
    Place place = read_place(c, o, "id", "address", "offset");
    op->place = (uint8_t)place.kind;
    op->target = place.slot;
    op->address = place.address;
}

/* To the end of the block unless told; an address has no end. */
void op_read_length(Compiler *c, JsonObject *o, Op *op) {
    bool needed =
        op->place == PLACE_ADDRESS || (op->kind == OP_COPY && op->source_place == PLACE_ADDRESS);
    op->length = needed ? json_need_number(o, "length", &OP_LENGTH_RANGE)
                        : json_number(o, "length", &OP_LENGTH_RANGE, OP_LENGTH_REST);
    op_check_reach(c, o, op->address, op->length);
    op_check_reach(c, o, op->source_address, op->length);
}

void op_read_source(Compiler *c, JsonObject *o, Op *op) {
    Place source = read_place(c, o, "from", "from_address", "from_offset");
    op->source_place = (uint8_t)source.kind;
    op->source = source.slot;
    op->source_address = source.address;
}
