/* tcache.c - a thread's own cache of small chunks: no lock, no merging, last in, first out.
 *
 *     | count[64], 2 bytes each | first[64] | -> payload -> payload -> 0
 *                                                     of chunks of 32, 48, ... 1040 bytes
 *
 * The cache is the payload of a chunk of the thread's arena, the first that it ever asks for: that
 * is why a program's first block lies at 0x2a0.  The entries are linked through the payloads'
 * first words; the second holds a key that tells a cached chunk from a used one.
 *
 * Invariant: count[i] = the length of list i <= tcache_count.
 */
#include "tcache.h"
#include "arena.h"

#define CACHED_KEY UINT64_C(0x7463616368656421) /* glibc draws it at random */

static uint64_t count_of(const Gnu *gnu, unsigned index) {
    VAddr tcache = current_thread(gnu)->tcache;
    return gnu->env->load(gnu->env->host, tcache_count_at(tcache, index), 2);
}

static void set_count(Gnu *gnu, unsigned index, uint64_t count) {
    VAddr tcache = current_thread(gnu)->tcache;
    gnu->env->store(gnu->env->host, tcache_count_at(tcache, index), 2, count);
}

/* Could a chunk of this size be in the calling thread's cache? */
static bool tcache_covers(const Gnu *gnu, uint64_t size) {
    return current_thread(gnu)->tcache != 0 && (size - MIN_CHUNK) / 16 < gnu->tuning.tcache_bins;
}

void tcache_start(Gnu *gnu) {
    const GnuThread *thread = current_thread(gnu);
    if (gnu->tuning.tcache_bins == 0 || thread->tcache != 0 || thread->ending) {
        return;
    }
    VAddr arena = arena_attached(gnu, TCACHE_BYTES);
    VAddr tcache = arena_malloc(gnu, arena, TCACHE_BYTES);
    if (tcache == 0 && arena != 0) {
        tcache = arena_malloc(gnu, arena_retry(gnu, arena, TCACHE_BYTES), TCACHE_BYTES);
    }
    if (tcache != 0) {
        current_thread(gnu)->tcache = tcache;
        gnu->env->set(gnu->env->host, tcache, 0, TCACHE_BYTES);
    }
}

bool tcache_accepts(const Gnu *gnu, uint64_t size) {
    return tcache_covers(gnu, size) && count_of(gnu, tcache_index(size)) < gnu->tuning.tcache_count;
}

void tcache_put(Gnu *gnu, VAddr chunk, uint64_t size) {
    unsigned index = tcache_index(size);
    VAddr first = tcache_entry_at(current_thread(gnu)->tcache, index);
    set_chunk_bk(gnu, chunk, CACHED_KEY);
    set_chunk_fd(gnu, chunk, load_word(gnu, first));
    store_word(gnu, first, payload_of(chunk));
    set_count(gnu, index, count_of(gnu, index) + 1);
}

/* A key may be left over from long ago, so the list has the last word. */
static bool is_cached(const Gnu *gnu, VAddr chunk, unsigned index) {
    VAddr payload = load_word(gnu, tcache_entry_at(current_thread(gnu)->tcache, index));
    while (payload != 0 && payload != payload_of(chunk)) {
        payload = chunk_fd(gnu, chunk_of(payload));
    }
    return payload != 0;
}

bool tcache_offer(Gnu *gnu, VAddr chunk, uint64_t size) {
    if (!tcache_covers(gnu, size)) {
        return false;
    }
    demand(gnu, chunk_bk(gnu, chunk) != CACHED_KEY || !is_cached(gnu, chunk, tcache_index(size)),
           "free(): double free detected in tcache 2");
    if (!tcache_accepts(gnu, size)) {
        return false;
    }
    tcache_put(gnu, chunk, size);
    return true;
}

VAddr tcache_take(Gnu *gnu, uint64_t size) {
    unsigned index = tcache_index(size);
    if (!tcache_covers(gnu, size) || count_of(gnu, index) == 0) {
        return 0;
    }
    VAddr first = tcache_entry_at(current_thread(gnu)->tcache, index);
    VAddr payload = load_word(gnu, first);
    demand(gnu, payload % ALIGNMENT == 0, "malloc(): unaligned tcache chunk detected");
    VAddr chunk = chunk_of(payload);
    store_word(gnu, first, chunk_fd(gnu, chunk));
    set_count(gnu, index, count_of(gnu, index) - 1);
    set_chunk_bk(gnu, chunk, 0);
    return chunk;
}

/* Each chunk may belong to another arena than the thread's. */
void tcache_end(Gnu *gnu) {
    VAddr tcache = current_thread(gnu)->tcache;
    current_thread(gnu)->ending = true;
    current_thread(gnu)->tcache = 0;
    for (unsigned i = 0; tcache != 0 && i < TCACHE_BINS; i++) {
        VAddr payload;
        while ((payload = load_word(gnu, tcache_entry_at(tcache, i))) != 0) {
            VAddr chunk = chunk_of(payload);
            store_word(gnu, tcache_entry_at(tcache, i), chunk_fd(gnu, chunk));
            chunk_free(gnu, chunk);
        }
    }
    if (tcache != 0) {
        chunk_free(gnu, chunk_of(tcache));
    }
}
