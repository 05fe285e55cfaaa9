/* page_daemon.c - see page_daemon.h. */
#include "kernel/page_daemon.h"

#include "kernel/page.h"
#include "kernel/reclaim.h"
#include "kernel/trim.h"

static void background_ask(Memory *m, Tick when) {
    if (m->env.background != NULL) {
        m->env.background(m->env.host, when);
    }
}

/* ---- the modified-page writer ---------------------------------------------------------------- */

static bool writer_wanted(const Memory *m, bool idle) {
    uint64_t modified = page_lists_count(&m->lists, LIST_MODIFIED);
    uint32_t low = m->config.watermarks.low > 0 ? m->config.watermarks.low : 1;
    return idle || modified * MODIFIED_SHARE >= m->frames.total || frames_available(m) < low;
}

void modified_writer_run(Memory *m, bool idle) {
    Pfn pfn = page_lists_oldest(&m->lists, LIST_MODIFIED);
    if (pfn == PFN_NONE || m->clock->now < m->writer_until || !writer_wanted(m, idle)) {
        return;
    }
    Pfn first = PFN_NONE;
    uint64_t written = 0;
    while (pfn != PFN_NONE && written < MODIFIED_CLUSTER) {
        Pfn newer = page_lists_newer(&m->lists, pfn);
        if (page_can_be_written(m, pfn)) {
            m->writer_until = page_launder(m, pfn);
            first = written++ == 0 ? pfn : first;
        }
        pfn = newer;
    }
    if (written > 0) {
        m->machine->modified_writes += written;
        emit(m, EVENT_launder, NULL, (Event){.frame = first, .a = written});
        background_ask(m, m->writer_until);
    }
}

/* ---- the background reclaimer ---------------------------------------------------------------- */

/* Evict until `goal` frames are available or will be, a batch at most, but for the rest of a
 * policy's own batch.  How many were. */
static uint32_t evict_batch(Memory *m, AddressSpace *space, PageKey incoming, uint64_t goal) {
    uint32_t evicted = 0;
    while (evicted < RECLAIM_BATCH && frames_coming(m) < goal) {
        Pfn pfn = reclaim_choose(m, incoming, space);
        if (pfn == PFN_NONE) {
            break;
        }
        PolicyInstance *policy = frame_policy(m, frame_at(m, pfn));
        for (; pfn != PFN_NONE; pfn = policy_ask_more(m, policy, space), evicted++) {
            page_send_out(m, pfn, UNLOAD_EVICTED);
        }
    }
    return evicted;
}

/* True: a whole batch was not enough. */
static bool reclaim_batch(Memory *m) {
    uint32_t high = m->config.watermarks.high;
    if (m->config.policy->needs & POLICY_PER_PROCESS) {
        balance_set_trim(m, high);
        return false;
    }
    uint32_t evicted = evict_batch(m, NULL, page_key(0, 0), high);
    m->machine->pgsteal_kswapd += evicted;
    return evicted >= RECLAIM_BATCH && frames_coming(m) < high;
}

void page_daemon_notice(Memory *m) {
    const Watermarks *marks = &m->config.watermarks;
    if (marks->background && !m->daemon_awake && frames_available(m) < marks->low &&
        frames_coming(m) < marks->high) {
        m->daemon_awake = true;
        m->machine->pageoutrun++;
        background_ask(m, m->clock->now);
    }
    modified_writer_run(m, false);
}

bool reclaim_below_min(Memory *m, AddressSpace *space, PageKey incoming) {
    uint32_t min = m->config.watermarks.min;
    if (frames_available(m) >= min || frames_coming(m) >= min) {
        return false;
    }
    m->machine->pgsteal_direct += evict_batch(m, space, incoming, min);
    return true;
}

Tick memory_background(Memory *m) {
    Tick begun = m->clock->now;
    transit_settle(m);
    if (m->daemon_awake) {
        m->daemon_awake = reclaim_batch(m);
        if (m->daemon_awake) {
            background_ask(m, m->clock->now);
        }
    }
    modified_writer_run(m, false);
    memory_tell_cpus(m, NULL);
    return m->clock->now - begun;
}
