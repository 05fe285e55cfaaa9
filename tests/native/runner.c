/* runner.c - a script of system calls, done for real on the machine that this runs on.
 *
 *   stdin   the script as numbers, a Step an operation (native.py makes them)
 *   stdout  a line an operation: its number, depth of forks, answer, and how the process stands
 *
 * Idea: what is measured must not disturb what measures.  So there is no C library, only system
 * calls; all memory of the runner is in memory before the script begins, and everything is told
 * as the difference to that moment.  layout.ld, a personality without address randomisation and
 * a gate of no rights above MMAP_TOP give the process the simulator's layout "linux-x86-64".
 * After a fork the runner's own pages are copied at once, on both sides, and the faults of that
 * are taken off.
 *
 * Invariants: between two measurements only the operation touches memory that was not present,
 * or shared by a fork; an access that ends in a signal is left out and counted.
 * Units: pages of 4 KiB; offsets from the start of a region.  Linux on x86-64 only.
 */
#include <asm/prctl.h>
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/ucontext.h>
#include <asm/unistd_64.h>
#include <linux/fadvise.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/personality.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <stdbool.h>
#include <stdint.h>

#include "step.h"

typedef int64_t Long;
typedef uint64_t Word;

enum { PAGE = 4096, MINCORE_PAGES = 1 << 20, TEXT_BYTES = 1 << 16, STACK = 1 << 16 };
#define MMAP_TOP      UINT64_C(0x7ffff7e00000)
#define MMAP_BASE     UINT64_C(0x7ffff7fff000) /* the kernel's own top, under this stack limit */
#define STACK_TOP     UINT64_C(0x7ffffffff000)
#define STACK_PRESENT UINT64_C(33)
#define STACK_LIMIT   (UINT64_C(8) << 20)
#define SELF          "/proc/self/exe"

/* How the process stands: what a line of the output has behind the answer. */
typedef struct Standing {
    Long minflt, majflt, rss, anon, swap, page_tables, vm_size, locked;
} Standing;

typedef struct Held {
    Long pid, let_go; /* let_go: closing it ends the child */
} Held;

extern uint8_t image_writable[], image_end[];
void start(void);
extern uint8_t runner_stack[];
void start_with(Word *stack);

static Word regions[REGIONS_MAX];
static Standing base;
static Long signals[2]; /* SIGSEGV, SIGBUS */
static Word resume_at;
static Word brk_start;
static Long zero_file;
static Held held[HELD_MAX];
static unsigned held_count;
static uint8_t present[MINCORE_PAGES];
static char text[TEXT_BYTES];
uint8_t runner_stack[STACK] __attribute__((aligned(64)));
static uint8_t signal_stack[STACK] __attribute__((aligned(64)));

/* ---- the kernel's door --------------------------------------------------------------------- */

static Long call(Long number, Word a, Word b, Word c, Word d, Word e, Word f) {
    register Word r10 __asm__("r10") = d;
    register Word r8 __asm__("r8") = e;
    register Word r9 __asm__("r9") = f;
    Long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define CALL1(name, a)          call(__NR_##name, (Word)(a), 0, 0, 0, 0, 0)
#define CALL2(name, a, b)       call(__NR_##name, (Word)(a), (Word)(b), 0, 0, 0, 0)
#define CALL3(name, a, b, c)    call(__NR_##name, (Word)(a), (Word)(b), (Word)(c), 0, 0, 0)
#define CALL4(name, a, b, c, d) call(__NR_##name, (Word)(a), (Word)(b), (Word)(c), (Word)(d), 0, 0)
#define CALL5(name, a, b, c, d, e)                                                                 \
    call(__NR_##name, (Word)(a), (Word)(b), (Word)(c), (Word)(d), (Word)(e), 0)

static _Noreturn void leave(Long code) {
    for (;;) {
        CALL1(exit_group, code);
    }
}

/* What a compiler may ask for even where there is no library. */
void *memset(void *to, int value, Word bytes);
void *memset(void *to, int value, Word bytes) {
    for (Word i = 0; i < bytes; i++) {
        ((volatile uint8_t *)to)[i] = (uint8_t)value;
    }
    return to;
}

/* ---- accesses that may fail ------------------------------------------------------------------ */

static void caught(int number, siginfo_t *info, void *context) {
    (void)info;
    signals[number == SIGBUS]++;
    ((struct ucontext *)context)->uc_mcontext.rip = resume_at;
}

/* One load or one store, no more; where it ends in a signal, life goes on behind it. */
static void access_byte(Word address, bool writes) {
    if (writes) {
        __asm__ volatile("movq $1f, %0\n movb $1, (%1)\n1:"
                         : "=m"(resume_at)
                         : "r"(address)
                         : "memory");
    } else {
        __asm__ volatile("movq $1f, %0\n movb (%1), %%al\n1:"
                         : "=m"(resume_at)
                         : "r"(address)
                         : "rax", "memory");
    }
}

__asm__("return_from_signal: mov $15, %eax\n syscall");
extern void return_from_signal(void);

static void catch_signals(void) {
    struct {
        void (*handler)(int, siginfo_t *, void *);
        Word flags;
        void (*restorer)(void);
        Word mask;
    } action = {caught, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER, return_from_signal, 0};
    stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    CALL2(sigaltstack, &stack, 0);
    CALL4(rt_sigaction, SIGSEGV, &action, 0, 8);
    CALL4(rt_sigaction, SIGBUS, &action, 0, 8);
}

/* ---- how the process stands ------------------------------------------------------------------ */

static void read_file(const char *path) {
    Long file = CALL3(open, path, O_RDONLY, 0), length = 0;
    for (Long more = 1; more > 0; length += more) {
        more = CALL3(read, file, text + length, sizeof text - 1 - (Word)length);
    }
    text[length < 0 ? 0 : length] = '\0';
    CALL1(close, file);
}

/* The number behind `name` at the beginning of a line of `text`, in KiB there, in pages here. */
static Long pages_of(const char *name) {
    for (const char *line = text; *line != '\0'; line++) {
        const char *at = line, *letter = name;
        for (; *letter != '\0' && *at == *letter; at++) {
            letter++;
        }
        if (*letter == '\0' && (line == text || line[-1] == '\n')) {
            Long value = 0;
            for (; *at == ' ' || *at == '\t'; at++) {
            }
            for (; *at >= '0' && *at <= '9'; at++) {
                value = value * 10 + (*at - '0');
            }
            return value * 1024 / PAGE;
        }
    }
    return 0;
}

static Standing look(void) {
    struct rusage usage;
    CALL2(getrusage, RUSAGE_SELF, &usage);
    Standing now = {.minflt = usage.ru_minflt, .majflt = usage.ru_majflt};
    read_file("/proc/self/smaps_rollup");
    now.rss = pages_of("Rss:");
    now.anon = pages_of("Anonymous:");
    now.swap = pages_of("Swap:");
    read_file("/proc/self/status");
    now.page_tables = pages_of("VmPTE:");
    now.vm_size = pages_of("VmSize:");
    now.locked = pages_of("VmLck:");
    return now;
}

static char *number_put(char *at, Long value) {
    char digits[24];
    unsigned count = 0;
    Word rest = value < 0 ? -(Word)value : (Word)value;
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        *at++ = '-';
    }
    while (count > 0) {
        *at++ = digits[--count];
    }
    *at++ = ' ';
    return at;
}

static void tell(Word index, Word depth, Long answer) {
    Standing now = look();
    Long numbers[] = {(Long)index,
                      (Long)depth,
                      answer,
                      now.minflt - base.minflt,
                      now.majflt - base.majflt,
                      now.rss - base.rss,
                      now.anon - base.anon,
                      now.swap - base.swap,
                      now.page_tables - base.page_tables,
                      now.vm_size - base.vm_size,
                      now.locked - base.locked,
                      signals[0],
                      signals[1]};
    char *end = text;
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        end = number_put(end, numbers[i]);
    }
    end[-1] = '\n';
    CALL3(write, 1, text, end - text);
}

/* The mappings in all detail, to stderr. */
static void tell_smaps(Word index, Word depth) {
    Long file = CALL3(open, "/proc/self/smaps", O_RDONLY, 0), bytes;
    char *end = text;
    for (const char *letter = "==> "; *letter != '\0'; letter++) {
        *end++ = *letter;
    }
    end = number_put(number_put(end, (Long)index), (Long)depth);
    end[-1] = '\n';
    CALL3(write, 2, text, end - text);
    while ((bytes = CALL3(read, file, text, sizeof text)) > 0) {
        CALL3(write, 2, text, bytes);
    }
    CALL1(close, file);
}

/* ---- the runner's own memory ----------------------------------------------------------------- */

static void pages_write(uint8_t *page, const uint8_t *end) {
    for (; page < end; page += PAGE) {
        *(volatile uint8_t *)page = *(volatile uint8_t *)page;
    }
}

static void own_pages_read(void) {
    for (const uint8_t *page = (uint8_t *)UINT64_C(0x400000); page < image_writable; page += PAGE) {
        (void)*(const volatile uint8_t *)page;
    }
}

/* No place above MMAP_TOP is free afterwards; the vdso that was there is not needed. */
static void gate_close(void) {
    call(__NR_mmap, MMAP_TOP, MMAP_BASE - MMAP_TOP, PROT_NONE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, (Word)-1, 0);
}

/* ---- the operations -------------------------------------------------------------------------- */

static Word address_of(const Step *step) {
    Word from = step->region == REGION_BREAK  ? brk_start
                : step->region == REGION_NONE ? 0
                                              : regions[step->region];
    return from + step->a[0] * PAGE;
}

static Long keep_region(const Step *step, Long answer) {
    if ((answer < -4095 || answer >= 0) && step->region != REGION_BREAK) {
        regions[step->region] = (Word)answer;
    }
    return answer;
}

/* a: pages, prot, flags, address, file or -1, page of the file */
static Long do_mmap(const Step *step) {
    const Word *a = step->a;
    return keep_region(step, call(__NR_mmap, a[3], a[0] * PAGE, a[1], a[2], a[4], a[5] * PAGE));
}

/* a: -, old pages, new pages, flags, address */
static Long do_mremap(const Step *step) {
    const Word *a = step->a;
    return keep_region(step, CALL5(mremap, address_of(step), a[1] * PAGE, a[2] * PAGE, a[3], a[4]));
}

static Long do_brk(const Step *step) {
    Word now = (Word)CALL1(brk, 0);
    return CALL1(brk, now + step->a[0]) - (Long)brk_start;
}

static Long do_mincore(const Step *step) {
    Word first = address_of(step), left = step->a[1];
    Long count = 0, failed = 0;
    do {
        Word pages = left < MINCORE_PAGES ? left : MINCORE_PAGES;
        failed = CALL3(mincore, first, pages * PAGE, present);
        for (Word i = 0; failed == 0 && i < pages; i++) {
            count += present[i] & 1;
        }
        first += pages * PAGE;
        left -= pages;
    } while (left > 0 && failed == 0);
    return failed == 0 ? count : failed;
}

/* a: first, count, stride, writes */
static Long do_touch(const Step *step) {
    Word address = address_of(step);
    for (Word i = 0; i < step->a[1]; i++) {
        access_byte(address, step->a[3] != 0);
        address += step->a[2] * PAGE;
    }
    return 0;
}

/* a: first, count, where in stdin: a word each, twice the page plus whether it writes */
static Long do_pattern(const Step *step) {
    static Word batch[512];
    Word address = address_of(step), place = step->a[2];
    for (Word i = 0; i < step->a[1]; i++) {
        Word slot = i % 512;
        if (slot == 0) {
            CALL4(pread64, 0, batch, sizeof batch, place + i * sizeof *batch);
        }
        access_byte(address + (batch[slot] >> 1) * PAGE, (batch[slot] & 1) != 0);
    }
    return 0;
}

/* a: file, pages */
static Long do_warmfile(const Step *step) {
    Word place = 0;
    for (Long more = 1; more > 0; place += (Word)more) {
        more = CALL4(pread64, step->a[0], present, sizeof present, place);
    }
    return (Long)step->a[1];
}

static Long do_coldfile(const Step *step) {
    CALL1(fsync, step->a[0]);
    CALL4(fadvise64, step->a[0], 0, 0, POSIX_FADV_DONTNEED);
    return (Long)step->a[1];
}

static Long do_reap(void) {
    if (held_count == 0) {
        return -10; /* ECHILD */
    }
    Held child = held[--held_count];
    CALL1(close, child.let_go);
    CALL4(wait4, child.pid, 0, 0, 0);
    return 0;
}

static Long step_do(const Step *step) {
    const Word *a = step->a;
    switch (step->kind) {
    case STEP_MMAP:
        return do_mmap(step);
    case STEP_MUNMAP:
        return CALL2(munmap, address_of(step), a[1] * PAGE);
    case STEP_MPROTECT:
        return CALL3(mprotect, address_of(step), a[1] * PAGE, a[2]);
    case STEP_MADVISE:
        return CALL3(madvise, address_of(step), a[1] * PAGE, a[2]);
    case STEP_MREMAP:
        return do_mremap(step);
    case STEP_BRK:
        return do_brk(step);
    case STEP_MLOCK:
        return CALL2(mlock, address_of(step), a[1] * PAGE);
    case STEP_MUNLOCK:
        return CALL2(munlock, address_of(step), a[1] * PAGE);
    case STEP_MLOCKALL:
        return CALL1(mlockall, a[0]);
    case STEP_MUNLOCKALL:
        return CALL1(munlockall, 0);
    case STEP_MINCORE:
        return do_mincore(step);
    case STEP_TOUCH:
        return do_touch(step);
    case STEP_POKE:
        access_byte(a[0], a[1] != 0);
        return 0;
    case STEP_PATTERN:
        return do_pattern(step);
    case STEP_ZREAD:
        return CALL3(read, zero_file, address_of(step), a[1] * PAGE);
    case STEP_WARMFILE:
        return do_warmfile(step);
    case STEP_TRUNCATE:
        return CALL2(ftruncate, a[0], a[1] * PAGE);
    case STEP_COLDFILE:
        return do_coldfile(step);
    case STEP_REAP:
        return do_reap();
    default:
        return 0;
    }
}

/* ---- forks ----------------------------------------------------------------------------------- */

static void run(Word index, Word depth);

/* Faults that the runner's own pages cost from `before` on are nobody's. */
static void own_faults_forget(Standing before) {
    pages_write(image_writable, image_end);
    Standing now = look();
    base.minflt += now.minflt - before.minflt;
    base.majflt += now.majflt - before.majflt;
}

/* `told` and `let_go` are pipes: the child closes its end of the first when it has come to its
 * endfork, and then waits for the end of the second. */
static _Noreturn void child_run(Word index, Word depth, const int told[2], const int let_go[2]) {
    char nothing;
    CALL1(close, told[0]);
    CALL1(close, let_go[1]);
    for (; held_count > 0; held_count--) {
        CALL1(close, held[held_count - 1].let_go);
    }
    base.minflt = base.majflt = 0;
    signals[0] = signals[1] = 0;
    own_faults_forget((Standing){0});
    tell(index, depth, 0);
    run(index + 1, depth);
    CALL1(close, told[1]);
    CALL3(read, let_go[0], &nothing, 1);
    leave(0);
}

static Long do_fork(Word index, Word depth, bool holds) {
    int told[2], let_go[2];
    char nothing;
    CALL2(pipe2, told, 0);
    CALL2(pipe2, let_go, 0);
    Standing before = look();
    Long child = call(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0);
    if (child == 0) {
        child_run(index, depth + 1, told, let_go);
    }
    CALL1(close, told[1]);
    CALL1(close, let_go[0]);
    if (child > 0) {
        CALL3(read, told[0], &nothing, 1);
        held[held_count++] = (Held){child, let_go[1]};
    }
    own_faults_forget(before);
    CALL1(close, told[0]);
    return child < 0 ? child : holds ? 0 : do_reap();
}

/* From `index` on to the end of this process's part. */
static void run(Word index, Word depth) {
    for (;; index++) {
        Step step;
        CALL4(pread64, 0, &step, sizeof step, index * sizeof step);
        if (step.kind == STEP_END || step.kind == STEP_ENDFORK) {
            break;
        }
        bool forks = step.kind == STEP_FORK || step.kind == STEP_FORKHOLD;
        if (step.kind == STEP_PROC) {
            tell_smaps(index, depth);
        }
        Long answer = forks ? do_fork(index, depth, step.kind == STEP_FORKHOLD) : step_do(&step);
        tell(index, depth, answer);
        index = forks ? step.a[0] : index;
    }
    while (held_count > 0) {
        do_reap();
    }
}

/* ---- the beginning --------------------------------------------------------------------------- */

/* Once more, without randomised addresses, with nothing but one word on the stack. */
static void start_again(char **arguments) {
    struct rlimit stack = {STACK_LIMIT, STACK_LIMIT};
    char *words[] = {arguments[1], 0}, *nothing[] = {0};
    CALL1(personality, ADDR_NO_RANDOMIZE);
    CALL2(setrlimit, RLIMIT_STACK, &stack);
    CALL3(execve, SELF, words, nothing);
    leave(1);
}

void start_with(Word *stack) {
    char **arguments = (char **)(stack + 1);
    if (stack[0] > 1) {
        start_again(arguments);
    }
    CALL5(prctl, PR_SET_THP_DISABLE, arguments[0][0] == 's', 0, 0, 0); /* "small" or "huge" */
    catch_signals();
    zero_file = CALL3(open, "/dev/zero", O_RDONLY, 0);
    gate_close();
    own_pages_read();
    pages_write(image_writable, image_end);
    pages_write((uint8_t *)STACK_TOP - STACK_PRESENT * PAGE, (uint8_t *)STACK_TOP);
    brk_start = (Word)CALL1(brk, 0);
    look();
    base = look();
    run(0, 0);
    leave(0);
}

/* The process's own stack is the script's, so the runner has another. */
__asm__(".globl start\nstart: mov %rsp, %rdi\n lea runner_stack + 65536, %rsp\n call start_with");
