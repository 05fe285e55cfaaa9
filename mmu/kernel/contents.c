/* contents.c - see contents.h.  The host being out of memory for contents ends the program:
 * there is no way to go on that would not depend on the host. */
#include "kernel/contents.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "faultline/lazy.h"

#define CONTENTS_CHUNK 64u

static void *checked(void *memory) {
    if (memory == NULL) {
        abort();
    }
    return memory;
}

bool contents_init(Contents *contents, uint64_t page_size) {
    *contents = (Contents){.page_size = page_size, .zeros = calloc(1, page_size)};
    return contents->zeros != NULL;
}

void contents_clear(Contents *contents) {
    for (uint32_t i = 0; i < contents->chunk_count; i++) {
        lazy_free(contents->chunks[i], CONTENTS_CHUNK, contents->page_size);
    }
    free(contents->chunks);
    free(contents->free_list);
    free(contents->zeros);
    *contents = (Contents){0};
}

static uint8_t *page_of(const Contents *contents, uint32_t index) {
    uint32_t at = index - 1;
    return contents->chunks[at / CONTENTS_CHUNK] + at % CONTENTS_CHUNK * contents->page_size;
}

const uint8_t *contents_read(const Contents *contents, uint32_t index) {
    return index == CONTENTS_ZERO ? contents->zeros : page_of(contents, index);
}

static void chunk_add(Contents *contents) {
    if (contents->chunk_count == contents->chunk_capacity) {
        contents->chunk_capacity =
            contents->chunk_capacity == 0 ? 16 : contents->chunk_capacity * 2;
        contents->chunks = checked(
            realloc(contents->chunks, contents->chunk_capacity * sizeof(contents->chunks[0])));
    }
    contents->chunks[contents->chunk_count++] =
        checked(lazy_alloc(CONTENTS_CHUNK, contents->page_size));
}

/* An index for a page of unspecified bytes. */
static uint32_t index_take(Contents *contents) {
    if (contents->free_count > 0) {
        return contents->free_list[--contents->free_count];
    }
    assert(contents->used_high < UINT32_MAX - 1);
    if (contents->used_high == contents->chunk_count * CONTENTS_CHUNK) {
        chunk_add(contents);
    }
    return ++contents->used_high;
}

bool contents_is_zero(const Contents *contents, uint32_t index) {
    const uint8_t *bytes = contents_read(contents, index);
    return index == CONTENTS_ZERO ||
           (bytes[0] == 0 && memcmp(bytes, bytes + 1, contents->page_size - 1) == 0);
}

uint8_t *contents_write(Contents *contents, uint32_t *index) {
    if (*index == CONTENTS_ZERO) {
        *index = index_take(contents);
        memset(page_of(contents, *index), 0, contents->page_size);
    }
    return page_of(contents, *index);
}

void contents_copy(Contents *contents, uint32_t *to, uint32_t from) {
    if (from == CONTENTS_ZERO) {
        contents_drop(contents, to);
        return;
    }
    if (*to == CONTENTS_ZERO) {
        *to = index_take(contents);
    }
    memcpy(page_of(contents, *to), page_of(contents, from), contents->page_size);
}

void contents_drop(Contents *contents, uint32_t *index) {
    if (*index == CONTENTS_ZERO) {
        return;
    }
    if (contents->free_count == contents->free_capacity) {
        contents->free_capacity = contents->free_capacity == 0 ? 64 : contents->free_capacity * 2;
        contents->free_list =
            checked(realloc(contents->free_list, contents->free_capacity * sizeof(uint32_t)));
    }
    contents->free_list[contents->free_count++] = *index;
    *index = CONTENTS_ZERO;
}
