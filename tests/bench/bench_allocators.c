/* bench_allocators.c - how many pairs of malloc and free a model does in a second of this host,
 * every load and store of its headers going through TLB, page tables and frames.
 *
 *     pairs    malloc 64 bytes, free them, again and again: the best case
 *     churn    500 blocks of 16 to 512 bytes, one random one after another replaced
 *
 * Not a test: read the ratios.  Ample memory, so nothing is evicted.
 */
#include "bench.h"
#include "machine.h"
#include "registry.h"

#define PAIRS 400000

/* Pairs a second. */
static double measure(const char *allocator, const char *op) {
    g_autofree char *json =
        g_strdup_printf("{\"machine\":{\"frames\":16384},\"processes\":[{\"name\":\"p\","
                        "\"allocator\":\"%s\",\"program\":[%s]}]}",
                        allocator, op);
    GError *error = NULL;
    Workload *workload =
        workload_parse("bench.json", json, strlen(json), NULL, registry_vocabulary(), &error);
    g_assert_no_error(error);
    Machine *machine = machine_create(workload, &error);
    g_assert_no_error(error);
    double start = now_ns();
    machine_run(machine, &error);
    double seconds = (now_ns() - start) / 1e9;
    g_assert_no_error(error);
    uint64_t frees = process_counters(machine->processes[0]).frees;
    machine_destroy(machine);
    workload_free(workload);
    return (double)frees / seconds;
}

int main(void) {
    g_autofree char *pairs = g_strdup_printf("{\"op\":\"repeat\",\"times\":%d,\"do\":["
                                             "{\"op\":\"malloc\",\"id\":\"a\",\"size\":64},"
                                             "{\"op\":\"free\",\"id\":\"a\"}]}",
                                             PAIRS);
    g_autofree char *churn =
        g_strdup_printf("{\"op\":\"churn\",\"operations\":%d,\"live_bytes\":\"128KiB\","
                        "\"sizes\":{\"min\":16,\"max\":512},\"touch\":false}",
                        PAIRS);
    printf("%-14s %14s %14s   pairs of malloc and free a second\n", "allocator", "pairs", "churn");
    const ComponentInfo *const *infos = registry_vocabulary()->allocators;
    for (; *infos != NULL; infos++) {
        printf("%-14s %14.0f %14.0f\n", (*infos)->name, measure((*infos)->name, pairs),
               measure((*infos)->name, churn));
    }
    return 0;
}
