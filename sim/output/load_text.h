/* load_text.h - a study of the degree of multiprogramming (multiprogramming.h), as tables, CSV and
 * JSON.  Each returns a new string. */
#ifndef FAULTLINE_LOAD_TEXT_H
#define FAULTLINE_LOAD_TEXT_H

#include "multiprogramming.h"
#include "output/style.h"

#define MULTIPROGRAMMING_SCHEMA "faultline-multiprogramming/1"

/* A table for each rule of load control, with a bar for the use of the processor. */
char *load_text(const Multiprogramming *study, const Style *style);
char *load_csv(const Multiprogramming *study);
char *load_json(const Multiprogramming *study);

#endif
