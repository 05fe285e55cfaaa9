/* fault_words.c - see fault_words.h. */
#include "fault_words.h"

#include <stddef.h>

typedef struct FaultWords {
    const char *name, *served, *found;
} FaultWords;

static const FaultWords fault_words[FAULT_KINDS] = {
    [FAULT_SEGV] = {"no mapping", "not at all: there is no mapping, and the process gets SIGSEGV",
                    "no mapping around the address"},
    [FAULT_PROTECTION] = {"no right",
                          "not at all: the mapping does not allow it, and the process gets SIGSEGV",
                          "a mapping that does not allow it"},
    [FAULT_BEYOND_END] = {"beyond the end",
                          "not at all: what is mapped ends before, and the process gets SIGBUS",
                          "a mapping beyond the end of its file or shared memory"},
    [FAULT_ZERO_POOL] = {"demand zero, from the pool",
                         "demand zero, with a frame from the zeroed-page pool: minor",
                         "no page of its own yet"},
    [FAULT_ZERO_NOW] = {"demand zero, zeroed on the spot",
                        "demand zero, with a frame that is zeroed on the spot: minor",
                        "no page of its own yet"},
    [FAULT_UNZEROED] = {"fresh page, not zeroed", "a fresh frame that nobody zeroed: minor",
                        "no page of its own yet"},
    [FAULT_ZERO_PAGE] = {"shared zero page", "the shared page of zeros is mapped: minor",
                         "no page of its own yet"},
    [FAULT_SOFT] = {"soft: still in memory",
                    "the page is still in memory and is mapped again: minor",
                    "P=0, but the page is still in memory"},
    [FAULT_CACHED] = {"found in a cache", "a cached copy of the page is mapped: minor",
                      "P=0, but the page is in memory for others"},
    [FAULT_COPY] = {"copied on write", "the page is copied for the writer: minor",
                    "a shared page, W=0"},
    [FAULT_REUSE] = {"written, no copy needed",
                     "nobody else has the page any more, so it becomes writable: minor",
                     "a page of its own, W=0"},
    [FAULT_SWAP_IN] = {"read from swap", "it is read from swap: major", "P=0, the page is in swap"},
    [FAULT_FILE_IN] = {"read from a file", "it is read from its file: major",
                       "P=0, the page is in its file"},
    [FAULT_OUT_OF_MEMORY] = {"out of memory", "not at all: there is no frame to be had",
                             "no page of its own yet"},
};

const char *fault_name(FaultKind kind) {
    return fault_words[kind].name != NULL ? fault_words[kind].name : "served in another way";
}

const char *fault_served(FaultKind kind) {
    return fault_words[kind].served != NULL ? fault_words[kind].served : "in another way: minor";
}

const char *fault_found(FaultKind kind) {
    return fault_words[kind].found != NULL ? fault_words[kind].found : "an entry that does not do";
}
