/* coroutine.h - functions that can stop in the middle and go on later, each on a stack of its
 * own.  Built on ucontext(3), with the annotations that the address sanitizer asks for.
 *
 * Only one direction: the scheduler resumes a coroutine, the coroutine suspends to it.
 */
#ifndef FAULTLINE_COROUTINE_H
#define FAULTLINE_COROUTINE_H

#include <stdbool.h>

typedef struct Coroutine Coroutine;

/* NULL: out of host memory.  Nothing runs yet. */
Coroutine *coroutine_create(void (*body)(void *data), void *data);
/* Run until it suspends (true) or its body returns (false). */
bool coroutine_resume(Coroutine *coroutine);
/* From inside: back to whoever resumed. */
void coroutine_suspend(Coroutine *coroutine);
/* Also in the middle of its body: its stack is dropped, nothing on it is run. */
void coroutine_destroy(Coroutine *coroutine);

#endif
