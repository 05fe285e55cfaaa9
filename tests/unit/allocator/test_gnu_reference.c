/* test_gnu_reference.c - the gnu model against what glibc 2.36 really did, operation by operation.
 *
 * tests/reference/glibc.txt has operations and, for each, the thread, minor faults, the break, the
 * pointer, its usable size, and all system calls with their arguments.  Every line must come out the
 * same.  tests/reference/scripts.py puts the same to the whole machine.
 *
 * What pthread_create() itself does is played here: a stack of 8 MiB and a guard page, two of whose
 * pages are touched, and a calloc of the thread's vector of TLS blocks.  A dead thread's stack is
 * kept, but for its upper end given back, and used for the next thread.
 */
#include "heap.h"
#include "logging_kernel.h"

#define OBJECTS     10000
#define THREADS     16
#define STACK_BYTES UINT64_C(8392704)
#define STACK_KEPT  UINT64_C(24576)
#define TLS_VECTOR  17
#define TLS_ELEMENT 16

typedef struct Program {
    LoggingKernel kernel;
    AllocatorEnv env, peek;
    Heap *heap;
    VAddr objects[OBJECTS];
    uint64_t sizes[OBJECTS];
    VAddr stacks[THREADS]; /* of a thread that runs; 0: not made */
    VAddr kept_stack;      /* of one that has ended; 0: none */
    GString *result;       /* what should stand between the break and the system calls */
} Program;

static const AllocatorOps *find_gnu(void) {
    guint i = 0;
    while (strcmp(allocators_builtin[i]->info.name, "gnu") != 0) {
        i++;
    }
    return allocators_builtin[i];
}

static void program_init(Program *p) {
    uint64_t params[PARAMS_MAX] = {0};
    const AllocatorOps *ops = find_gnu();
    for (guint i = 0; ops->info.params[i].name != NULL; i++) {
        params[i] = ops->info.params[i].initial;
    }
    memset(p, 0, sizeof *p);
    kernel_init(&p->kernel);
    p->env = kernel_env(&p->kernel);
    p->peek = kernel_peek_env(&p->kernel);
    p->heap = heap_create(ops, params, &p->env);
    p->result = g_string_new(NULL);
}

static void program_clear(Program *p) {
    heap_destroy(p->heap);
    kernel_clear(&p->kernel);
    g_string_free(p->result, TRUE);
}

/* ---- operations ---- */

/* A block of another arena than the main one is named from its 64 MiB heap on. */
static char *block_address(Program *p, VAddr va) {
    uint64_t head = p->peek.load(p->peek.host, va - 8, 8);
    if ((head & 4) == 0) {
        return kernel_address(va, kernel_in_heap(&p->kernel, va));
    }
    VAddr heap = va & ~((UINT64_C(64) << 20) - 1);
    return g_strdup_printf("%#" G_GINT64_MODIFIER "x+%#" G_GINT64_MODIFIER "x", heap, va - heap);
}

static void hold(Program *p, guint64 id, VAddr va, uint64_t size) {
    g_assert_cmpuint(va, !=, 0);
    p->objects[id] = va;
    p->sizes[id] = size;
    g_autofree char *where = block_address(p, va);
    g_string_printf(p->result, " block=%s usable=%" G_GUINT64_FORMAT, where,
                    heap_usable_size(p->heap, va));
}

/* The first byte, the first of each later page, and the last. */
static void touch(Program *p, guint64 id, bool write) {
    VAddr va = p->objects[id], last = va + MAX(p->sizes[id], 1) - 1;
    for (VAddr at = va; at <= last; at = (at / KERNEL_PAGE + 1) * KERNEL_PAGE) {
        kernel_touch(&p->kernel, at, write);
    }
    kernel_touch(&p->kernel, last, write);
}

static VAddr create_stack(Program *p) {
    VAddr stack = p->kept_stack;
    p->kept_stack = 0;
    if (stack != 0) {
        return stack;
    }
    stack = kernel_map(&p->kernel, "|MAP_STACK", 0, STACK_BYTES, false);
    kernel_protect(&p->kernel, stack + KERNEL_PAGE, STACK_BYTES - KERNEL_PAGE, true);
    p->kernel.thread = 0;
    g_assert_cmpuint(heap_calloc(p->heap, TLS_VECTOR, TLS_ELEMENT), !=, 0);
    kernel_touch(&p->kernel, stack + STACK_BYTES - 1, true);
    kernel_touch(&p->kernel, stack + STACK_BYTES - KERNEL_PAGE - 1, true);
    return stack;
}

static void switch_thread(Program *p, guint64 thread) {
    g_assert_cmpuint(thread, <, THREADS);
    if (thread != 0 && p->stacks[thread] == 0) {
        p->stacks[thread] = create_stack(p);
    }
    p->kernel.thread = (uint32_t)thread;
}

static void join_thread(Program *p, guint64 thread) {
    p->kernel.thread = (uint32_t)thread;
    heap_thread_exit(p->heap);
    kernel_discard(&p->kernel, p->stacks[thread], STACK_BYTES - STACK_KEPT, false);
    p->kept_stack = p->stacks[thread];
    p->stacks[thread] = 0;
    p->kernel.thread = 0;
}

static void move_break(Program *p, int64_t increment) {
    VAddr old = kernel_sbrk(&p->kernel, increment);
    g_string_printf(p->result, " ret=%#" G_GINT64_MODIFIER "x", old);
}

static void run_op(Program *p, char **word, const gint64 *n) {
    Heap *heap = p->heap;
    guint64 id = (guint64)n[1];
    if (g_str_equal(word[0], "a")) {
        hold(p, id, heap_malloc(heap, (uint64_t)n[2]), (uint64_t)n[2]);
    } else if (g_str_equal(word[0], "c")) {
        uint64_t count = (uint64_t)n[2], size = (uint64_t)n[3];
        hold(p, id, heap_calloc(heap, count, size), count * size);
    } else if (g_str_equal(word[0], "r")) {
        hold(p, id, heap_realloc(heap, p->objects[id], (uint64_t)n[2]), (uint64_t)n[2]);
    } else if (g_str_equal(word[0], "f")) {
        heap_free(heap, p->objects[id]);
    } else if (g_str_equal(word[0], "t") || g_str_equal(word[0], "rd")) {
        touch(p, id, word[0][0] == 't');
    } else if (g_str_equal(word[0], "at")) {
        for (gint64 i = 0; i < n[3]; i++) {
            guint64 at = id + (guint64)(i * n[4]);
            hold(p, at, heap_malloc(heap, (uint64_t)n[2]), (uint64_t)n[2]);
        }
    } else if (g_str_equal(word[0], "ft")) {
        for (gint64 i = 0; i < n[2]; i++) {
            heap_free(heap, p->objects[id + (guint64)(i * n[3])]);
        }
    } else if (g_str_equal(word[0], "th")) {
        switch_thread(p, id);
    } else if (g_str_equal(word[0], "join")) {
        join_thread(p, id);
    } else if (g_str_equal(word[0], "sbrk")) {
        move_break(p, n[1]);
    } else if (g_str_equal(word[0], "trim")) {
        g_string_printf(p->result, " ret=%d", heap_trim(heap, id));
    } else if (g_str_equal(word[0], "opt")) {
        g_string_printf(p->result, " ret=%d", heap_tune(heap, (int)n[1], (uint64_t)n[2]));
    } else {
        g_error("unknown operation %s", word[0]);
    }
}

static void run_line(Program *p, const char *op) {
    g_auto(GStrv) word = g_strsplit(op, " ", 0);
    gint64 n[8] = {0};
    for (guint i = 1; word[i] != NULL; i++) {
        n[i] = g_ascii_strtoll(word[i], NULL, 10);
    }
    g_string_truncate(p->kernel.log, 0);
    g_string_truncate(p->result, 0);
    run_op(p, word, n);
    g_assert_cmpint(heap_error(p->heap), ==, HEAP_OK);
}

/* ---- comparing ---- */

/* The line as it should have been. */
static char *line_of(Program *p, const char *op, uint64_t minflt_before) {
    return g_strdup_printf("%s -> %u %" G_GUINT64_FORMAT " 0x%" G_GINT64_MODIFIER "x%s%s", op,
                           p->kernel.thread, p->kernel.minflt - minflt_before,
                           p->kernel.brk - KERNEL_HEAP, p->result->str, p->kernel.log->str);
}

static void compare_line(Program *p, const char *line) {
    g_auto(GStrv) fields = g_strsplit(line, " -> ", 2);
    uint64_t minflt = p->kernel.minflt;
    run_line(p, fields[0]);
    g_autofree char *ours = line_of(p, fields[0], minflt);
    g_assert_cmpstr(ours, ==, line);
    g_assert_cmpstr(heap_check(p->heap, &p->peek), ==, NULL);
}

static void test_case(gconstpointer data) {
    const char *const *lines = data;
    Program *p = g_new(Program, 1);
    program_init(p);
    for (guint i = 1; lines[i] != NULL && !g_str_has_prefix(lines[i], "case "); i++) {
        if (lines[i][0] != '\0') {
            compare_line(p, lines[i]);
        }
    }
    program_clear(p);
    g_free(p);
}

int main(int argc, char **argv) {
    g_autofree char *text = NULL;
    g_test_init(&argc, &argv, NULL);
    g_assert_true(g_file_get_contents(SOURCE_DIR "/tests/reference/glibc.txt", &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    for (guint i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], "case ")) {
            g_autofree char *path = g_strconcat("/glibc/", lines[i] + strlen("case "), NULL);
            g_test_add_data_func(path, &lines[i], test_case);
        }
    }
    return g_test_run();
}
