/* script_ops.c - the table of the language .ops: system calls and touches, one a line.
 *
 * Offsets, lengths and strides are pages from the start of a region, the address that mmap or
 * mremap returned; region B is the heap between the initial break and the break.
 * Prot is letters of "rwx", or "-" for none.  Used by script.c.
 */
#include <string.h>

#include "script_table.h"

/* Patterns draw pages from tables or multiply two page numbers. */
#define PATTERN_PAGES_MAX (UINT64_C(1) << 32)
#define ZIPF1_PAGES_MAX   (UINT64_C(1) << 24)
#define FILE_NAME_MAX     63

static const char *const access_words[] = {[ACCESS_READ] = "r", [ACCESS_WRITE] = "w", NULL};

static const char *const advice_words[] = {
    [SCRIPT_ADVICE_NORMAL] = "normal",
    [SCRIPT_ADVICE_RANDOM] = "random",
    [SCRIPT_ADVICE_SEQUENTIAL] = "sequential",
    [SCRIPT_ADVICE_WILLNEED] = "willneed",
    [SCRIPT_ADVICE_DONTNEED] = "dontneed",
    [SCRIPT_ADVICE_FREE] = "free",
    [SCRIPT_ADVICE_COLD] = "cold",
    [SCRIPT_ADVICE_PAGEOUT] = "pageout",
    [SCRIPT_ADVICE_POPULATE_READ] = "pop_read",
    [SCRIPT_ADVICE_POPULATE_WRITE] = "pop_write",
    [SCRIPT_ADVICE_DONTFORK] = "dontfork",
    [SCRIPT_ADVICE_DOFORK] = "dofork",
    [SCRIPT_ADVICE_WIPEONFORK] = "wipeonfork",
    [SCRIPT_ADVICE_KEEPONFORK] = "keeponfork",
    [SCRIPT_ADVICE_HUGEPAGE] = "hugepage",
    [SCRIPT_ADVICE_NOHUGEPAGE] = "nohugepage",
    NULL,
};

static const char *const pattern_words[] = {
    [SCRIPT_PATTERN_LOOP] = "loop",       [SCRIPT_PATTERN_SAWTOOTH] = "sawtooth",
    [SCRIPT_PATTERN_UNIFORM] = "uniform", [SCRIPT_PATTERN_ZIPF] = "zipf",
    [SCRIPT_PATTERN_ZIPF1] = "zipf1",     [SCRIPT_PATTERN_PHASE] = "phase",
    [SCRIPT_PATTERN_HOTSCAN] = "hotscan", NULL,
};

/* ---- operands of this language ------------------------------------------------------------- */

static bool read_region(ScriptLine *line, const ScriptOperand *operand) {
    if (strcmp(line->word, "B") == 0) {
        line->op.region = SCRIPT_BREAK;
        return true;
    }
    return script_read_old_id(line, operand);
}

static bool read_prot(ScriptLine *line, const ScriptOperand *operand) {
    static const char letters[] = "rwx";
    static const uint8_t bits[] = {VM_READ, VM_WRITE, VM_EXEC};
    uint8_t prot = VM_NONE;
    bool good = line->word[0] != '\0';
    for (const char *at = line->word; strcmp(line->word, "-") != 0 && *at != '\0'; at++) {
        const char *letter = strchr(letters, *at);
        good = good && letter != NULL && (prot & bits[letter - letters]) == 0;
        prot |= letter == NULL ? 0 : bits[letter - letters];
    }
    line->op.prot = prot;
    return good || script_fail(line, "expected %s: letters of \"rwx\", or \"-\"", operand->name);
}

/* The pages that a file's name ends with: FILE256. */
static uint64_t pages_in_name(const char *name) {
    size_t length = strlen(name), digits = 0;
    while (digits < length && g_ascii_isdigit(name[length - digits - 1])) {
        digits++;
    }
    uint64_t pages = 0;
    return digits < length && script_number(name + length - digits, &pages) ? pages : 0;
}

static bool read_file_name(ScriptLine *line, const char *name) {
    GArray *files = line->script->files;
    uint64_t pages = pages_in_name(name);
    if (strlen(name) > FILE_NAME_MAX || pages == 0 || pages > PATTERN_PAGES_MAX) {
        return script_fail(line, "expected a file whose name ends with its number of pages, as "
                                 "in FILE256");
    }
    for (line->op.file = 0; line->op.file < files->len; line->op.file++) {
        if (strcmp(g_array_index(files, ScriptFile, line->op.file).name, name) == 0) {
            return true;
        }
    }
    ScriptFile file = {g_strdup(name), pages};
    g_array_append_val(files, file);
    return true;
}

static bool read_file(ScriptLine *line, const ScriptOperand *operand) {
    (void)operand;
    return read_file_name(line, line->word);
}

static bool read_flag_value(ScriptLine *line, const char *flag, const char *value) {
    if (strcmp(flag, "file") == 0) {
        return read_file_name(line, value);
    }
    bool page = strcmp(flag, "off") == 0;
    uint64_t *to = page ? &line->op.file_page : &line->op.address;
    if (!script_number(value, to) || (page && *to > SCRIPT_PAGES_MAX)) {
        return script_fail(line, "%s wants %s", flag,
                           page ? "a page number, as in off=16"
                                : "an address, as in fixed@0x100000000000");
    }
    return true;
}

/* shared, populate ..., fixed@ADDRESS, file=NAME */
static bool read_map_flag(ScriptLine *line, const ScriptOperand *operand) {
    static const char *const words[] = {"private", "shared", "populate",   "noreserve", "fixed@",
                                        "hint@",   "file=",  "noreplace@", "off=",      NULL};
    static const uint8_t bits[] = {0,
                                   SCRIPT_MAP_SHARED,
                                   SCRIPT_MAP_POPULATE,
                                   SCRIPT_MAP_NORESERVE,
                                   SCRIPT_MAP_FIXED,
                                   0,
                                   0,
                                   SCRIPT_MAP_FIXED | SCRIPT_MAP_NOREPLACE,
                                   0};
    size_t length = strcspn(line->word, "@=");
    size_t whole = length + (line->word[length] != '\0');
    g_autofree char *flag = g_strndup(line->word, whole);
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], flag) == 0) {
            line->op.map_flags |= bits[i];
            flag[length] = '\0';
            return whole == length || read_flag_value(line, flag, line->word + whole);
        }
    }
    return script_unknown(line, operand->name, flag, words);
}

static bool read_remap_address(ScriptLine *line, const ScriptOperand *operand) {
    if ((line->op.remap_flags & SCRIPT_REMAP_FIXED) == 0) {
        return script_fail(line, "an address goes with FLAGS that contain 2 (MREMAP_FIXED)");
    }
    return script_read_number(line, operand);
}

/* ---- what operands have to do with each other ------------------------------------------------ */

static bool check_touch(ScriptLine *line) {
    const ScriptOp *op = &line->op;
    __int128 last =
        op->count == 0 ? 0 : (__int128)op->first + (__int128)(op->count - 1) * op->stride;
    return (last >= 0 && last <= (__int128)SCRIPT_PAGES_MAX) ||
           script_fail(line, "the last of these accesses is to no page number that there is");
}

static bool check_pattern(ScriptLine *line) {
    const ScriptOp *op = &line->op;
    bool quarters = op->pattern == SCRIPT_PATTERN_PHASE || op->pattern == SCRIPT_PATTERN_HOTSCAN;
    if (quarters && op->pages < 4) {
        return script_fail(line, "%s needs at least 4 pages", pattern_words[op->pattern]);
    }
    if (op->pattern == SCRIPT_PATTERN_ZIPF1 && op->pages > ZIPF1_PAGES_MAX) {
        return script_fail(line, "zipf1 takes at most 2^24 pages");
    }
    return true;
}

static bool check_mremap(ScriptLine *line) {
    bool wants = (line->op.remap_flags & SCRIPT_REMAP_FIXED) != 0;
    return !wants || line->op.address != 0 ||
           script_fail(line, "FLAGS with 2 (MREMAP_FIXED) want an ADDRESS behind them");
}

static bool check_mmap(ScriptLine *line) {
    return line->op.file_page == 0 || line->op.file != SCRIPT_NO_FILE ||
           script_fail(line, "off= goes with file=");
}

/* ---- the table ------------------------------------------------------------------------------- */

/* What is read by `reader` into `field`, and in which range. */
#define OPERAND(title, reader, field, ...)                                                         \
    { .name = title, .read = reader, .offset = offsetof(ScriptOp, field), __VA_ARGS__ }
#define NEW_ID    OPERAND("ID", script_read_id, region, .max = SCRIPT_REGIONS_MAX)
#define ID        OPERAND("ID", read_region, region, .max = SCRIPT_REGIONS_MAX)
#define FIRST     OPERAND("FIRST", script_read_number, first, .max = SCRIPT_PAGES_MAX)
#define PAGES     OPERAND("PAGES", script_read_number, pages, .max = SCRIPT_PAGES_MAX)
#define COUNT     OPERAND("COUNT", script_read_number, count, .max = SCRIPT_COUNT_MAX)
#define PROT      OPERAND("PROT", read_prot, prot)
#define ACCESS    OPERAND("r|w", script_read_word, access, .words = access_words)
#define ADDRESS   OPERAND("ADDRESS", script_read_number, address, .max = UINT64_MAX)
#define FILE_NAME OPERAND("FILE", read_file, file)

#define NONE                                                                                       \
    { .name = NULL }

static const ScriptRow rows[] = {
    {"mmap",
     SCRIPT_MMAP,
     "map PAGES; flags: shared, populate, noreserve, fixed@ADDRESS, noreplace@ADDRESS, "
     "hint@ADDRESS, file=FILE, off=PAGE",
     {NEW_ID, PAGES, PROT,
      OPERAND("FLAG", read_map_flag, map_flags, .optional = true, .repeated = true)},
     check_mmap},
    {"munmap", SCRIPT_MUNMAP, "unmap PAGES from page FIRST on", {ID, FIRST, PAGES}, NULL},
    {"mprot", SCRIPT_MPROTECT, "mprotect: other rights", {ID, FIRST, PAGES, PROT}, NULL},
    {"madv",
     SCRIPT_MADVISE,
     "madvise: dontneed, free, cold, pageout, willneed, pop_read, pop_write, dontfork ...",
     {ID, FIRST, PAGES, OPERAND("ADVICE", script_read_word, advice, .words = advice_words)},
     NULL},
    {"mremap",
     SCRIPT_MREMAP,
     "resize the region; FLAGS add up 1 MAYMOVE, 2 FIXED (to ADDRESS), 4 DONTUNMAP",
     {ID, OPERAND("OLD_PAGES", script_read_number, pages, .max = SCRIPT_PAGES_MAX),
      OPERAND("NEW_PAGES", script_read_number, new_pages, .max = SCRIPT_PAGES_MAX),
      OPERAND("FLAGS", script_read_number, remap_flags, .max = 7),
      OPERAND("ADDRESS", read_remap_address, address, .min = 1, .max = UINT64_MAX,
              .optional = true)},
     check_mremap},
    {"brk",
     SCRIPT_BRK,
     "move the break by so many bytes, as in brk +40960",
     {OPERAND("BYTES", script_read_signed, change, .max = UINT64_C(1) << 57)},
     NULL},
    {"mlock", SCRIPT_MLOCK, "fault pages in and keep them in memory", {ID, FIRST, PAGES}, NULL},
    {"munlock", SCRIPT_MUNLOCK, "let them go again", {ID, FIRST, PAGES}, NULL},
    {"mlockall",
     SCRIPT_MLOCKALL,
     "FLAGS add up 1 MCL_CURRENT, 2 MCL_FUTURE, 4 MCL_ONFAULT",
     {OPERAND("FLAGS", script_read_number, count, .max = 7)},
     NULL},
    {"munlockall", SCRIPT_MUNLOCKALL, "undo every lock", {NONE}, NULL},
    {"mincore", SCRIPT_MINCORE, "how many of the pages are in memory", {ID, FIRST, PAGES}, NULL},
    {"touch",
     SCRIPT_TOUCH,
     "COUNT single-byte loads (r) or stores (w), at page FIRST and every STRIDE pages",
     {ID, FIRST, COUNT, OPERAND("STRIDE", script_read_signed, stride, .max = SCRIPT_PAGES_MAX),
      ACCESS},
     check_touch},
    {"poke", SCRIPT_POKE, "one access to an address", {ADDRESS, ACCESS}, NULL},
    {"stack",
     SCRIPT_STACK,
     "access PAGES below the stack pointer, but for the first SKIP",
     {PAGES, ACCESS,
      OPERAND("SKIP", script_read_number, first, .max = SCRIPT_PAGES_MAX, .optional = true)},
     NULL},
    {"pattern",
     SCRIPT_PATTERN,
     "COUNT accesses over the pages; KIND is loop, sawtooth, uniform, zipf, zipf1, phase or "
     "hotscan; WRITES percent of them store",
     {ID, FIRST, OPERAND("PAGES", script_read_number, pages, .min = 1, .max = PATTERN_PAGES_MAX),
      OPERAND("KIND", script_read_word, pattern, .words = pattern_words), COUNT,
      OPERAND("SEED", script_read_number, seed, .max = UINT64_MAX),
      OPERAND("WRITES", script_read_number, write_percent, .max = 100)},
     check_pattern},
    {"zread", SCRIPT_ZREAD, "read(2) zeros into the pages", {ID, FIRST, PAGES}, NULL},
    {"warmfile", SCRIPT_WARMFILE, "read the whole file into the page cache", {FILE_NAME}, NULL},
    {"truncate",
     SCRIPT_TRUNCATE,
     "ftruncate: the file has PAGES from now on",
     {FILE_NAME, OPERAND("PAGES", script_read_number, pages, .max = PATTERN_PAGES_MAX)},
     NULL},
    {"coldfile", SCRIPT_COLDFILE, "drop the file from the page cache", {FILE_NAME}, NULL},
    {"fork",
     SCRIPT_FORK,
     "what follows up to endfork runs in a child; its parent waits",
     {NONE},
     NULL},
    {"forkhold", SCRIPT_FORKHOLD, "the same, but the child stays alive until reap", {NONE}, NULL},
    {"endfork", SCRIPT_ENDFORK, "the child exits", {NONE}, NULL},
    {"reap", SCRIPT_REAP, "the child of the last forkhold exits, and is waited for", {NONE}, NULL},
    {"nop", SCRIPT_NOP, "nothing", {NONE}, NULL},
    {"proc", SCRIPT_PROC, "with --proc: show what /proc says of the process now", {NONE}, NULL},
};

const ScriptTable script_ops_table = {rows, G_N_ELEMENTS(rows)};
