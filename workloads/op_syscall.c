/* op_syscall.c - the arguments of the ops that are system calls.
 *
 * Only what no kernel could make sense of is refused here.  What a kernel would answer with EINVAL
 * or ENOMEM is a lesson, and passes.
 */
#include <string.h>

#include "op_spec.h"

void op_read_sbrk(Compiler *c, JsonObject *o, Op *op) {
    (void)c;
    op->increment = json_need_signed(o, "increment", UNIT_SIZE);
}

void op_read_brk(Compiler *c, JsonObject *o, Op *op) {
    const cJSON *increment =
        o->item == NULL ? NULL : cJSON_GetObjectItemCaseSensitive(o->item, "increment");
    op->relative = increment != NULL;
    const cJSON *address = json_member(o, "address");
    if (!op->relative) {
        json_member(o, "increment");
        op->place = PLACE_ADDRESS;
        op->address = address == NULL ? 0 : json_number_value(c->reader, address, &ANY_ADDRESS);
        if (address == NULL) {
            json_missing(o, "address", "increment");
        }
        return;
    }
    if (address != NULL) {
        json_key_error(c->reader, increment, "\"increment\" and \"address\" exclude each other");
    }
    op->increment = json_need_signed(o, "increment", UNIT_SIZE);
}

uint8_t prot_read(Reader *reader, const cJSON *item, uint8_t initial) {
    static const char letters[] = "rwx";
    static const uint8_t bits[] = {VM_READ, VM_WRITE, VM_EXEC};
    static const char expected[] = "letters of \"rwx\", or \"none\"";
    if (item == NULL) {
        return initial;
    }
    const char *text = json_string_value(reader, item, expected);
    if (text == NULL || strcmp(text, "none") == 0) {
        return VM_NONE;
    }
    uint8_t prot = 0;
    for (const char *at = text; *at != '\0'; at++) {
        const char *letter = strchr(letters, *at);
        prot |= letter == NULL ? 0 : bits[letter - letters];
    }
    if (text[0] == '\0' || strlen(text) > 3 || strspn(text, letters) != strlen(text)) {
        json_expected(reader, item, expected);
    }
    return prot;
}

G_STATIC_ASSERT(OP_FILE_NONE == NAMED_SIZES_NONE);

/* "file", one of the machine's. */
static uint32_t read_file(Compiler *c, const cJSON *item) {
    return named_sizes_choose(c->reader, item, &FILE_WORDS, &c->context->machine->files);
}

static uint8_t read_map_flags(Compiler *c, const cJSON *item) {
    static const char *const words[] = {"fixed",     "populate", "noreserve", "noreplace",
                                        "growsdown", "locked",   "shared",    NULL};
    static const uint8_t bits[] = {
        OP_MAP_FIXED,      OP_MAP_POPULATE, OP_MAP_NORESERVE, OP_MAP_FIXED | OP_MAP_NOREPLACE,
        OP_MAP_GROWS_DOWN, OP_MAP_LOCKED,   OP_MAP_SHARED};
    uint8_t flags = 0;
    if (item == NULL || json_array(c->reader, item, 0, 16) == 0) {
        return 0;
    }
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, item) {
        flags |= bits[json_word_value(c->reader, child, "flag", words)];
    }
    return flags;
}

static void read_map_length(Compiler *c, JsonObject *o, Op *op) {
    const cJSON *alias = json_member(o, "size");
    const cJSON *length = alias == NULL ? json_need(o, "length") : json_member(o, "length");
    if (alias != NULL && length != NULL) {
        json_key_error(c->reader, alias, "\"size\" is another word for \"length\"; keep one");
    }
    length = length != NULL ? length : alias;
    op->length = length == NULL ? 0 : json_number_value(c->reader, length, &OP_LENGTH_RANGE);
}

/* Memory, a file of the mapping's own, or ("file") one of the machine's, from "file_offset" on. */
static void read_backing(Compiler *c, JsonObject *o, Op *op) {
    static const char *const backings[] = {"anonymous", "file", NULL};
    const cJSON *file = json_member(o, "file");
    if (json_word(o, "backing", "backing", backings, 0) == 1) {
        op->map_flags |= OP_MAP_FILE;
    }
    op->file = read_file(c, file);
    op->size = json_number(o, "file_offset", &OP_LENGTH_RANGE, 0);
    if (file != NULL && json_member(o, "backing") != NULL) {
        json_key_error(c->reader, file, "\"backing\" and \"file\" exclude each other");
    } else if (file == NULL && json_member(o, "file_offset") != NULL) {
        json_error(c->reader, o->item, "\"file_offset\" needs a \"file\"");
    }
}

void op_read_mmap(Compiler *c, JsonObject *o, Op *op) {
    op_read_target(c, o, op);
    read_map_length(c, o, op);
    const cJSON *address = json_member(o, "address");
    op->place = address == NULL ? PLACE_NONE : PLACE_ADDRESS;
    op->address = address == NULL ? 0 : json_number_value(c->reader, address, &ANY_ADDRESS);
    op->prot = prot_read(c->reader, json_member(o, "prot"), VM_READ | VM_WRITE);
    op->map_flags = read_map_flags(c, json_member(o, "flags"));
    read_backing(c, o, op);
    if ((op->map_flags & OP_MAP_FIXED) != 0 && address == NULL) {
        json_error(c->reader, o->item, "\"fixed\" and \"noreplace\" need an \"address\"");
    }
    op_check_reach(c, o, op->address, op->length);
}

void op_read_munmap(Compiler *c, JsonObject *o, Op *op) {
    op_read_where(c, o, op);
    op_read_length(c, o, op);
}

void op_read_mprotect(Compiler *c, JsonObject *o, Op *op) {
    op_read_munmap(c, o, op);
    op->prot = prot_read(c->reader, json_need(o, "prot"), VM_NONE);
}

void op_read_madvise(Compiler *c, JsonObject *o, Op *op) {
    static const char *const words[] = {[OP_ADVICE_NORMAL] = "normal",
                                        [OP_ADVICE_DONTNEED] = "dontneed",
                                        [OP_ADVICE_FREE] = "free",
                                        [OP_ADVICE_WILLNEED] = "willneed",
                                        [OP_ADVICE_COLD] = "cold",
                                        [OP_ADVICE_PAGEOUT] = "pageout",
                                        [OP_ADVICE_RANDOM] = "random",
                                        [OP_ADVICE_SEQUENTIAL] = "sequential",
                                        [OP_ADVICE_POPULATE_READ] = "populate_read",
                                        [OP_ADVICE_POPULATE_WRITE] = "populate_write",
                                        [OP_ADVICE_DONTFORK] = "dontfork",
                                        [OP_ADVICE_DOFORK] = "dofork",
                                        [OP_ADVICE_WIPEONFORK] = "wipeonfork",
                                        [OP_ADVICE_KEEPONFORK] = "keeponfork",
                                        [OP_ADVICE_HUGEPAGE] = "hugepage",
                                        [OP_ADVICE_NOHUGEPAGE] = "nohugepage",
                                        NULL};
    op_read_munmap(c, o, op);
    const cJSON *advice = json_need(o, "advice");
    op->advice = advice == NULL ? 0 : (uint8_t)json_word_value(c->reader, advice, "advice", words);
}

void op_read_mremap(Compiler *c, JsonObject *o, Op *op) {
    op_read_munmap(c, o, op);
    op->size = json_need_number(o, "new_length", &OP_LENGTH_RANGE);
    op->remap_flags = json_bool(o, "may_move", true) ? OP_REMAP_MAY_MOVE : 0;
    op->remap_flags |= json_bool(o, "keep_source", false) ? OP_REMAP_DONT_UNMAP : 0;
    const cJSON *to = json_member(o, "to");
    if (to != NULL) {
        op->remap_flags |= OP_REMAP_FIXED;
        op->to = json_number_value(c->reader, to, &ANY_ADDRESS);
    }
}

void op_read_mlock(Compiler *c, JsonObject *o, Op *op) {
    op_read_munmap(c, o, op);
    op->on_fault = json_bool(o, "on_fault", false);
}

void op_read_mlockall(Compiler *c, JsonObject *o, Op *op) {
    (void)c;
    op->value = (json_bool(o, "current", true) ? OP_LOCK_CURRENT : 0) |
                (json_bool(o, "future", false) ? OP_LOCK_FUTURE : 0) |
                (json_bool(o, "on_fault", false) ? OP_LOCK_ON_FAULT : 0);
}

void op_read_fadvise(Compiler *c, JsonObject *o, Op *op) {
    static const char *const words[] = {
        [OP_FILE_WILLNEED] = "willneed", [OP_FILE_DONTNEED] = "dontneed", NULL};
    op->file = read_file(c, json_need(o, "file"));
    const cJSON *advice = json_need(o, "advice");
    op->advice = advice == NULL ? 0 : (uint8_t)json_word_value(c->reader, advice, "advice", words);
}

void op_read_truncate(Compiler *c, JsonObject *o, Op *op) {
    static const NumberRange size = {UNIT_SIZE, 0, UINT64_C(1) << 40};
    op->file = read_file(c, json_need(o, "file"));
    op->size = json_need_number(o, "size", &size);
}
