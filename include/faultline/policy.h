/* policy.h - the contract between a page-replacement policy and the kernel.
 *
 * A policy answers one question: which frame goes?  It chooses; the kernel unmaps, writes
 * and frees.  It sees frames by number and pages by key and knows neither processes nor
 * page tables nor swap.  A new policy is one file that fills in a PolicyOps and one line in
 * mmu/policy/policies.c.
 *
 * The life of a page, seen from a policy:
 *
 *     loaded(f) -> touched(f)* -> victim() = f -> unloaded(f, EVICTED)
 *                            \--> unloaded(f, REMOVED)      munmap, madvise, exit
 *
 * Two kinds of policies, visibly different:
 *   - Those that sample referenced bits leave `touched` NULL and read and clear the bits
 *     through the environment, as kernels do.  A clear drops the page's TLB entries, so the
 *     very next access sets the bit again: no reference is lost.
 *   - Those that need every reference (exact LRU, LFU ...) give `touched`; then the kernel
 *     calls them on every access, and the run is slower for it.  That cost is real.
 *
 * Further hooks, for those who need them, may be NULL:
 *   interval, tick         something to do every K references or ns (NRU, aging)
 *   surplus, faulting      pages that must go though memory is not full (working sets), before
 *                          each reference or at each fault
 *   renamed, forgotten     for those who remember pages that left (ghosts)
 *   bounds, trim           working sets with a minimum and a maximum, one a process (Windows)
 *   reactivated            a page that the policy had deactivated was wanted again (VMS)
 */
#ifndef FAULTLINE_POLICY_H
#define FAULTLINE_POLICY_H

#include "faultline/param.h"
#include "faultline/types.h"

/* What a policy may tell the machine's statistics: counters of Linux's names. */
typedef enum PolicyCount {
    POLICY_COUNT_PGACTIVATE,
    POLICY_COUNT_PGDEACTIVATE,
    POLICY_COUNT_PGREFILL,
    POLICY_COUNT_WORKINGSET_REFAULT,
    POLICY_COUNT_WORKINGSET_ACTIVATE,
    POLICY_COUNT_WORKINGSET_RESTORE,
} PolicyCount;

/* What a policy gets.  All functions take `host` first.  Lives as long as the policy. */
typedef struct PolicyEnv {
    void *host;
    uint32_t frame_count; /* every frame number is below this; size your arrays with it */
    uint32_t capacity;    /* c in the papers: the most pages that may be in memory at once; it grows
                             where more had to stay because none could go */
    /* The R bit of the page in a frame: was it accessed since the bit was last cleared? */
    bool (*referenced)(void *host, Pfn frame);
    void (*clear_referenced)(void *host, Pfn frame);
    /* The M bit: would eviction have to write the page? */
    bool (*dirty)(void *host, Pfn frame);
    /* False while the frame may not be chosen: pinned by a fault that is not over yet. */
    bool (*evictable)(void *host, Pfn frame);
    /* A number in 0..bound-1 from the policy's own stream, bound <= 2^32. */
    uint64_t (*random)(void *host, uint64_t bound);
    Tick (*now)(void *host);
    /* t: how many references the machine made before the one that is being made now. */
    uint64_t (*references)(void *host);
    /* When the page that is being referenced now will be referenced next, as a value of
     * references(); NEXT_USE_NEVER if it will not.  Only for POLICY_NEEDS_FUTURE, in loaded()
     * and touched().  A page that is loaded ahead of its use (madvise) is said to be needed now. */
    uint64_t (*next_use)(void *host);
    /* Write the page in the frame back and keep it: it is clean afterwards. */
    void (*clean)(void *host, Pfn frame);
    /* Unmap the page but keep it in its frame, which the policy goes on holding.  The next access
     * to it is a soft fault, announced by reactivated(). */
    void (*deactivate)(void *host, Pfn frame);
    /* It happened to one page more. */
    void (*count)(void *host, PolicyCount what);
} PolicyEnv;

#define NEXT_USE_NEVER UINT64_MAX

typedef enum PolicyNeeds {
    POLICY_NEEDS_FUTURE = 1, /* next_use(): a first pass has to record the reference string */
    POLICY_PER_PROCESS = 2,  /* each address space gets an instance of its own: working sets */
} PolicyNeeds;

typedef enum UnloadReason {
    UNLOAD_EVICTED, /* it was this policy's victim: the page may come back            */
    UNLOAD_REMOVED, /* munmap, madvise or exit: the page is gone, forget its ghost    */
} UnloadReason;

/* Of one process's working set, in pages. */
typedef struct WorkingSetBounds {
    uint64_t minimum; /* replacement for others leaves it this much            */
    uint64_t maximum; /* at this size it is trimmed before it gets another page */
    bool hard;        /* ... though memory is plentiful                        */
} WorkingSetBounds;

/* What a policy gives. */
typedef struct PolicyOps {
    ComponentInfo info;
    /* This is the plain form of what an operating system does in more steps: what stands for it on a
     * machine whose "reclaim" is "linux".  NULL: it stands for itself. */
    const struct PolicyOps *as_in_kernel;
    unsigned needs; /* PolicyNeeds bits */
    /* `params`: one value for each row of info.params.  NULL: out of host memory. */
    void *(*create)(const PolicyEnv *env, const uint64_t *params);
    void (*destroy)(void *self);
    /* `page` was brought into `frame` by a reference.  Its R bit is set already; a policy
     * of the other school clears it here.  touched() is not called for that reference. */
    void (*loaded)(void *self, Pfn frame, PageKey page);
    /* The page in `frame` was accessed `count` >= 1 times in a row.  NULL: see above. */
    void (*touched)(void *self, Pfn frame, uint64_t count);
    /* Choose an evictable frame for `incoming` to be loaded.  PFN_NONE if there is none.
     * Choosing is not losing: the policy keeps the frame until unloaded() is called. */
    Pfn (*victim)(void *self, PageKey incoming);
    /* For policies that free a batch at a time.  The victim is gone: the next page of the same
     * batch, asked again until PFN_NONE. */
    Pfn (*more)(void *self);
    void (*unloaded)(void *self, Pfn frame, PageKey page, UnloadReason reason);
    /* For policies that remember pages by name.  mremap moved the page: it is in the same frame,
     * under a new name (of which there may be a ghost: forget that). */
    void (*renamed)(void *self, Pfn frame, PageKey page);
    /* The pages first..first+count-1 are gone for good (munmap, exit ...): forget their ghosts.
     * Those that were in frames are unloaded already; count may be as much as 2^48. */
    void (*forgotten)(void *self, PageKey first, uint64_t count);
    /* How often tick() is due, as a PARAM_WINDOW value: just before the references t = K, 2K, ...,
     * or the first reference at or after each multiple of that much time. */
    uint64_t (*interval)(const void *self);
    void (*tick)(void *self);
    /* A page that may not stay, asked before every reference and again until PFN_NONE.  A policy
     * that gives this also gives touched(), with a count of 1 always. */
    Pfn (*surplus)(void *self);
    /* A page fault on `page` begins, no frame is looked for yet; surplus() is asked right after
     * this, too.  The fault may end without loaded(): a shared zero page has no frame. */
    void (*faulting)(void *self, PageKey page);
    /* A deactivated page is in use again.  Called instead of loaded(). */
    void (*reactivated)(void *self, Pfn frame);
    /* For POLICY_PER_PROCESS.  Asked once, when the process starts. */
    WorkingSetBounds (*bounds)(const void *self);
    /* A page that the process can do without, memory being short; PFN_NONE: none is found.  *left:
     * how many pages may still be looked at in this pass, to be counted down. */
    Pfn (*trim)(void *self, uint64_t *left);
    /* Does the policy hold this frame? (for the invariant: policy's set = evictable set) */
    bool (*holds)(const void *self, Pfn frame);
    /* NULL if all is well, else what is wrong, in words. */
    const char *(*check)(const void *self);
} PolicyOps;

#endif
