/* slots.h - the names of a program's blocks and regions, and the numbers that they become.
 *
 *   "a"            one slot
 *   "node[3]"      slot 3 of node
 *   "node[$i]"     the slot that loop variable i says
 *   "g[$i][$j]"    slot i * columns + j of g
 *
 * Idea: a name is as large as its uses make it: each index's extent is the largest constant + 1
 * or the largest loop's number of rounds.  So references are noted first and resolved when the
 * whole program has been seen.
 *
 * Invariant: the names' slots are disjoint, in order of first use, and fill 0..slot_count-1.
 */
#ifndef FAULTLINE_SLOTS_H
#define FAULTLINE_SLOTS_H

#include "json.h"
#include "op.h"

#define SLOTS_MAX (UINT64_C(1) << 26)

/* The loops around an op, outermost first. */
typedef struct LoopScope {
    const char *names[LOOP_DEPTH_MAX]; /* NULL: without "as" */
    uint64_t times[LOOP_DEPTH_MAX];
    unsigned depth;
} LoopScope;

typedef struct SlotTable SlotTable;

SlotTable *slot_table_create(void);
void slot_table_free(SlotTable *table);

/* Note a use of an id.  Until slot_table_resolve() the reference is the table's affair.
 * `defines`: the op makes the block or region.  Mistakes go to the reader. */
SlotRef slot_table_refer(SlotTable *table, Reader *reader, const cJSON *id, const LoopScope *scope,
                         bool defines);
/* A reference to nothing, for ops that name no block. */
SlotRef slot_none(void);

/* Deal out slots, refuse ids that nothing defines; sets slot_count and names. */
void slot_table_layout(SlotTable *table, Reader *reader, Program *program);
/* Afterwards: turn a noted reference into base and strides. */
void slot_table_resolve(const SlotTable *table, SlotRef *ref);

#endif
