/* zero_pool.c - the background task that keeps a pool of zeroed frames, in idle time only.
 *
 * Idea: FreeBSD's vm_page_zero_idle (1999) and the zero page thread of Windows: with hysteresis.
 * When fewer than `start` of the free frames are zeroed the task begins, and goes on, idle
 * moment after idle moment, until `stop` of them are.  It is pre-empted between pages, so a gap
 * of d ns zeroes floor(d / cost) pages.
 */
#include "kernel/frame.h"
#include "kernel/kernel.h"
#include "kernel/page_daemon.h"

#define PPM 1000000u

static bool pool_below(const Memory *m, uint32_t ppm) {
    uint64_t zeroed = m->frames.zeroed.count;
    return zeroed * PPM < (zeroed + m->frames.free.count) * ppm;
}

static bool pool_wants_more(Memory *m) {
    const ZeroPoolConfig *config = &m->config.zero_pool;
    if (config->mode != ZERO_POOL_BACKGROUND || m->frames.free.count == 0) {
        return false;
    }
    m->pool_filling = pool_below(m, m->pool_filling ? config->stop_ppm : config->start_ppm);
    return m->pool_filling;
}

Tick memory_idle_work(Memory *m) {
    Tick cost = m->config.costs.zero_page_ns;
    m->zeroing = pool_wants_more(m);
    return m->zeroing ? cost : TICK_NEVER;
}

void zero_pool_notice(Memory *m) {
    if (pool_wants_more(m) != m->zeroing) {
        m->env.background(m->env.host, m->clock->now);
    }
}

Tick memory_idle(Memory *m, Tick available) {
    modified_writer_run(m, true);
    Tick cost = m->config.costs.zero_page_ns;
    Tick used = 0;
    uint64_t pages = 0;
    Pfn first = PFN_NONE;
    while (available - used >= cost && pool_wants_more(m)) {
        Pfn pfn = frame_zero_one(&m->frames);
        first = pages == 0 ? pfn : first;
        pages++;
        used += cost;
    }
    if (pages > 0) {
        m->machine->zeroed_in_background += pages;
        emit(m, EVENT_zero, NULL, (Event){.frame = first, .a = pages});
    }
    return used;
}
