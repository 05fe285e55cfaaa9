/* strip.c - see strip.h.
 *
 * Idea: a sample at time t speaks for the stretch from the sample before it to t, so it is
 * drawn into every letter that this stretch touches.
 */
#include "output/strip.h"

typedef unsigned __int128 Wide;

static unsigned letter_at(Tick time, Tick end, unsigned width) {
    unsigned letter = (unsigned)((Wide)time * width / end);
    return MIN(letter, width - 1);
}

static void gather(const Recorder *recorder, Tick end, uint64_t *most, unsigned width) {
    unsigned from = 0;
    for (uint32_t i = 0; i < recorder_count(recorder); i++) {
        const MachineSample *sample = recorder_machine(recorder, i);
        unsigned to = letter_at(sample->time, end, width);
        for (unsigned letter = from; letter <= to; letter++) {
            most[letter] = MAX(most[letter], sample->rss_max);
        }
        from = to;
    }
}

char *strip_of(const uint64_t *values, uint64_t scale, unsigned width, gboolean unicode) {
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {" ", ".", ".", ":", ":", "+", "+", "#", "#"};
    GString *out = g_string_new(NULL);
    for (unsigned letter = 0; letter < width; letter++) {
        uint64_t value = MIN(values[letter], scale);
        /* Rounded up: only nothing is drawn as nothing. */
        unsigned level = scale == 0 ? 0 : (unsigned)(((Wide)value * 8 + scale - 1) / scale);
        g_string_append(out, unicode ? blocks[level] : ascii[level]);
    }
    return g_string_free(out, FALSE);
}

char *strip_draw(const Recorder *recorder, Tick end, uint64_t scale, unsigned width,
                 gboolean unicode) {
    g_autofree uint64_t *most = g_new0(uint64_t, width);
    gather(recorder, MAX(end, 1), most, width);
    return strip_of(most, scale, width, unicode);
}

uint64_t strip_peak(const Recorder *recorder) {
    uint64_t peak = 0;
    for (uint32_t i = 0; i < recorder_count(recorder); i++) {
        peak = MAX(peak, recorder_machine(recorder, i)->rss_max);
    }
    return peak;
}
