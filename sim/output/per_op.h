/* per_op.h - what `run --per-op` prints: a row for each operation of a script. */
#ifndef FAULTLINE_PER_OP_H
#define FAULTLINE_PER_OP_H

#include "op_log.h"
#include "output/style.h"

/* New strings: an aligned table; {"rows": [...]}. */
char *per_op_text(const OpLog *log, const Style *style);
char *per_op_json(const OpLog *log);

#endif
