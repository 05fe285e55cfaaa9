/* loader.h - the parts of the loader, one file a part of the document; used by workload.c only.
 *
 * Each part reads one value of the document into its plain struct.  Mistakes stick in the
 * reader (see json.h), and what is filled in then is harmless but of no meaning.
 */
#ifndef FAULTLINE_LOADER_H
#define FAULTLINE_LOADER_H

#include "json.h"
#include "workload.h"

/* machine_spec.c: `item` NULL means a machine of defaults. */
void machine_spec_read(Reader *reader, const cJSON *item, const Vocabulary *words,
                       MachineSpec *spec);

/* component_spec.c: a policy or an allocator, as a word or as an object whose `word_key` has the
 * word and whose other keys are parameters.  `item` NULL means the first of `known`.
 * If `read_more` is not NULL, it asks for further keys of the object and puts them in `more`. */
void component_spec_read(Reader *reader, const cJSON *item, const cJSON *owner,
                         const char *word_key, const ComponentInfo *const *known,
                         void (*read_more)(JsonObject *object, void *more), void *more,
                         ComponentSpec *spec);

/* named_sizes.c: "groups" and "files" of a machine (NULL: none).  Which of them `item`, a name, means;
 * NAMED_SIZES_NONE for NULL. */
typedef struct NamedSizesWords {
    const char *what;     /* "group"; messages add an s */
    const char *size_key; /* of an element */
} NamedSizesWords;
extern const NamedSizesWords GROUP_WORDS, FILE_WORDS;
#define NAMED_SIZES_NONE UINT32_MAX
void named_sizes_read(Reader *reader, const cJSON *item, const NamedSizesWords *words,
                      NamedSizes *list);
uint32_t named_sizes_choose(Reader *reader, const cJSON *item, const NamedSizesWords *words,
                            const NamedSizes *list);
void named_sizes_clear(NamedSizes *list);

/* huge_spec.c: the keys of a machine that say which sizes pages have. */
void huge_pages_read(JsonObject *machine, MachineSpec *spec);

/* load_control_spec.c: `item` NULL means none.  The keys of "replacement" that say how frames are
 * divided. */
void allocation_spec_read(JsonObject *object, AllocationSpec *spec);
void load_control_spec_read(Reader *reader, const cJSON *item, LoadControlSpec *spec);

/* What a program is read beside. */
typedef struct ProgramContext {
    const Vocabulary *words;
    const char *folder; /* where its trace files are looked for */
    const MachineSpec *machine;
} ProgramContext;

/* process_spec.c: `index` counts from 0, for the default name. */
void process_spec_read(Reader *reader, const cJSON *item, unsigned index,
                       const ProgramContext *context, ProcessSpec *spec);
void process_spec_clear(ProcessSpec *spec);
/* A process that another one makes, or a program that it executes: what is left out is as in
 * `parent`.  The key "name" is asked for only if `named`. */
void process_spec_read_child(JsonObject *object, const ProcessSpec *parent, bool named,
                             const ProgramContext *context, ProcessSpec *spec);
/* The optional key "name": a copy of it, or of `otherwise` (which may be NULL). */
char *process_name_read(JsonObject *object, const char *otherwise);

/* program.c: into spec->program; all else of the spec is read already. */
void program_read(Reader *reader, const cJSON *item, const ProgramContext *context,
                  ProcessSpec *spec);

/* access_spec.c: the pattern of an op "access", whose keys are asked for here.  `own_region`:
 * the op names no region, so the pattern must tell how large its own is. */
PatternSpec *access_spec_read(JsonObject *object, bool own_region);

/* expectation.c: the object "expect"; Expectation elements. */
GArray *expectations_read(Reader *reader, const cJSON *item);

/* No time in a workload may be longer: a million seconds, so that sums of many fit into 64 bits. */
#define TIME_MAX_NS UINT64_C(1000000000000000)
/* No region that a pattern walks over, or place in it, may be larger. */
#define REGION_BYTES_MAX (UINT64_C(1) << 57)

/* layout_spec.c: "layout" of a machine, a word or an object; NULL: the geometry's. */
void layout_spec_read(Reader *reader, const cJSON *item, const Vocabulary *words, LayoutSpec *spec);
/* op_syscall.c: "rw", "rx", "none" ... as Prot bits; `initial` for NULL. */
uint8_t prot_read(Reader *reader, const cJSON *item, uint8_t initial);

#endif
