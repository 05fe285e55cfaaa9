/* script_pattern.c - see script_pattern.h. */
#include "script_pattern.h"

#include <stdlib.h>

struct ScriptPattern {
    ScriptPatternKind kind;
    uint64_t pages, count, done, write_percent;
    uint64_t multiplier;  /* zipf: deals ranks to pages */
    uint64_t *cumulative; /* zipf1: the weights of ranks 0..k, added up */
    Rng rng;
};

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b) {
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static uint64_t multiplier_for(uint64_t pages) {
    uint64_t multiplier = UINT64_C(2654435761) % pages;
    multiplier = multiplier == 0 ? 1 : multiplier;
    while (greatest_common_divisor(multiplier, pages) != 1) {
        multiplier++;
    }
    return multiplier;
}

static uint64_t *weights_for(uint64_t pages) {
    uint64_t *cumulative = g_new(uint64_t, pages), total = 0;
    for (uint64_t k = 0; k < pages; k++) {
        total += (UINT64_C(1) << 32) / (k + 1);
        cumulative[k] = total;
    }
    return cumulative;
}

ScriptPattern *script_pattern_start(const ScriptOp *op) {
    ScriptPattern *pattern = g_new0(ScriptPattern, 1);
    *pattern = (ScriptPattern){.kind = (ScriptPatternKind)op->pattern,
                               .pages = op->pages,
                               .count = op->count,
                               .write_percent = op->write_percent,
                               .multiplier = multiplier_for(op->pages),
                               .rng = {op->seed}};
    if (pattern->kind == SCRIPT_PATTERN_ZIPF1) {
        pattern->cumulative = weights_for(op->pages);
    }
    return pattern;
}

void script_pattern_free(ScriptPattern *pattern) {
    if (pattern != NULL) {
        g_free(pattern->cumulative);
        g_free(pattern);
    }
}

static uint64_t draw(ScriptPattern *p, uint64_t bound) { return rng_next(&p->rng) % bound; }

static uint64_t sawtooth(const ScriptPattern *p) {
    uint64_t k = p->done % (2 * p->pages);
    return k < p->pages ? k : 2 * p->pages - 1 - k;
}

static uint64_t self_similar(ScriptPattern *p) {
    uint64_t low = 0;
    for (uint64_t left = p->pages; left > 1;) {
        uint64_t fifth = MAX(left / 5, 1);
        bool hot = draw(p, 10) < 8;
        low += hot ? 0 : fifth;
        left = hot ? fifth : left - fifth;
    }
    return low;
}

/* The first rank whose weights up to it exceed the draw. */
static uint64_t by_rank(ScriptPattern *p) {
    uint64_t drawn = draw(p, p->cumulative[p->pages - 1]);
    uint64_t low = 0, high = p->pages - 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (p->cumulative[middle] > drawn) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static uint64_t deal(const ScriptPattern *p, uint64_t rank) {
    return (uint64_t)((unsigned __int128)rank * p->multiplier % p->pages);
}

static uint64_t hot_or_scan(ScriptPattern *p) {
    uint64_t hot = p->pages / 4;
    return p->done % 2 == 1 ? draw(p, hot) : hot + p->done / 2 % (p->pages - hot);
}

static uint64_t next_page(ScriptPattern *p) {
    switch (p->kind) {
    case SCRIPT_PATTERN_LOOP:
        return p->done % p->pages;
    case SCRIPT_PATTERN_SAWTOOTH:
        return sawtooth(p);
    case SCRIPT_PATTERN_UNIFORM:
        return draw(p, p->pages);
    case SCRIPT_PATTERN_ZIPF:
        return deal(p, self_similar(p));
    case SCRIPT_PATTERN_ZIPF1:
        return deal(p, by_rank(p));
    case SCRIPT_PATTERN_PHASE:
        return p->done * 4 / p->count * (p->pages / 4) + draw(p, p->pages / 4);
    case SCRIPT_PATTERN_HOTSCAN:
        return hot_or_scan(p);
    }
    g_assert_not_reached();
}

bool script_pattern_next(ScriptPattern *p, uint64_t *page, Access *access) {
    if (p->done == p->count) {
        return false;
    }
    *page = next_page(p);
    bool writes =
        p->write_percent == 100 || (p->write_percent > 0 && draw(p, 100) < p->write_percent);
    *access = writes ? ACCESS_WRITE : ACCESS_READ;
    p->done++;
    return true;
}
