/* oom.h - when memory and swap are full: somebody must die.
 *
 * Who: the process with the most resident pages, the lowest pid among several; so each kill
 * frees as much as one kill can, and a machine never has to kill twice what once would do.
 */
#ifndef FAULTLINE_OOM_H
#define FAULTLINE_OOM_H

#include "process.h"

/* `asking` is the running process that found no memory.  Returns when another process was
 * killed; if it is the victim itself it does not return. */
void oom_kill(Process *asking);

#endif
