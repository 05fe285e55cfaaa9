/* op_words.h - an operation of a program in words, one line. */
#ifndef FAULTLINE_OP_WORDS_H
#define FAULTLINE_OP_WORDS_H

#include "process.h"

/* As in "a = malloc(1024)" or "write 64 bytes at a+128".  A new string; NULL if the op is not
 * worth a line (the end of a loop's body). */
char *op_describe(const Process *process, const Op *op);

#endif
