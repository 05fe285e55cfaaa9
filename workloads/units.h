/* units.h - sizes, times, addresses and counts, as a workload writes them.
 *
 *   UNIT_COUNT    4096   "4096"   "0x1000"
 *   UNIT_SIZE     ... and "64KiB" "2MiB" "1GiB" "1TiB": powers of 1024 only
 *   UNIT_TIME     ... and "10ns" "10us" "1ms" "2s"
 *   UNIT_ADDRESS  as UNIT_COUNT, shown in hexadecimal
 */
#ifndef FAULTLINE_UNITS_H
#define FAULTLINE_UNITS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum Unit { UNIT_COUNT, UNIT_SIZE, UNIT_TIME, UNIT_ADDRESS } Unit;

typedef struct Quantity {
    uint64_t value;
    bool negative; /* never set for 0 */
} Quantity;

/* Read all of `text`.  False if it is no such quantity; then *hint is an advice in words (to be
 * freed), or NULL if there is none to give. */
bool unit_parse(const char *text, Unit unit, Quantity *quantity, char **hint);

/* The shortest exact way to write a quantity: "64KiB", "1ms", "12".  To be freed. */
char *unit_format(Unit unit, uint64_t value);

/* What is expected, in words: "a size (bytes, or like \"64KiB\")". */
const char *unit_noun(Unit unit);
/* The short noun: "a size". */
const char *unit_short_noun(Unit unit);

#endif
