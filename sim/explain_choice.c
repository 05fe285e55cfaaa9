/* explain_choice.c - see explain_choice.h. */
#include "explain_choice.h"

#include <string.h>

#include "options.h"

static const char *const topic_names[] = {
#define TOPIC(name, meaning) #name,
    EXPLAIN_TOPICS(TOPIC)
#undef TOPIC
        NULL};

/* ---- words of the command line --------------------------------------------------------------- */

static bool parse_number(const char *text, uint64_t *number) {
    return g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT64, number, NULL);
}

static bool parse_range(const char *text, FaultRange *range) {
    const char *dots = strstr(text, "..");
    if (dots == NULL) {
        bool good = parse_number(text, &range->from);
        range->to = range->from;
        return good;
    }
    g_autofree char *first = g_strndup(text, (gsize)(dots - text));
    return parse_number(first, &range->from) && parse_number(dots + 2, &range->to) &&
           range->from <= range->to;
}

GArray *explain_at_parse(const char *text, GError **error) {
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(FaultRange));
    g_auto(GStrv) parts = g_strsplit(text[0] == '\0' ? "," : text, ",", -1);
    for (char **part = parts; *part != NULL; part++) {
        FaultRange range = {0};
        if (!parse_range(*part, &range)) {
            g_set_error(error, OPTIONS_ERROR, 0,
                        "--at wants numbers of page faults, as in --at 17 or --at 3,10..12, not "
                        "\"%s\"",
                        *part);
            return NULL;
        }
        g_array_append_val(ranges, range);
    }
    return g_steal_pointer(&ranges);
}

uint32_t explain_topics_parse(const char *text, GError **error) {
    uint32_t topics = 0;
    g_auto(GStrv) parts = g_strsplit(text[0] == '\0' ? "," : text, ",", -1);
    for (char **part = parts; *part != NULL; part++) {
        ExplainTopic topic = 0;
        while (topic < TOPIC_COUNT && strcmp(*part, topic_names[topic]) != 0) {
            topic++;
        }
        if (topic == TOPIC_COUNT) {
            options_refuse_word(error, "topic", *part, topic_names);
            return 0;
        }
        topics |= 1U << topic;
    }
    return topics;
}

/* ---- events ---------------------------------------------------------------------------------- */

static uint32_t topics_of_fault(FaultKind kind) {
    bool major = kind == FAULT_SWAP_IN || kind == FAULT_FILE_IN;
    bool invalid = kind == FAULT_SEGV || kind == FAULT_PROTECTION || kind == FAULT_BEYOND_END;
    return 1U << TOPIC_faults | 1U << (major ? TOPIC_major : invalid ? TOPIC_invalid : TOPIC_minor);
}

static uint32_t topics_of(const Event *event) {
    switch (event->kind) {
    case EVENT_fault:
        return topics_of_fault((FaultKind)event->a);
    case EVENT_op:
    case EVENT_line:
    case EVENT_phase:
    case EVENT_note:
        return 1U << TOPIC_ops;
    case EVENT_alloc:
    case EVENT_free:
    case EVENT_heap_error:
        return 1U << TOPIC_heap;
    case EVENT_syscall:
        return 1U << TOPIC_syscalls;
    case EVENT_evict:
    case EVENT_swap_out:
    case EVENT_file_out:
    case EVENT_trim:
    case EVENT_launder:
        return 1U << TOPIC_evictions;
    case EVENT_zero:
        return 1U << TOPIC_zeroing;
    default:
        return 1U << TOPIC_processes;
    }
}

static bool is_picked(const GArray *ranges, const Event *event, uint64_t fault) {
    for (unsigned i = 0; event->kind == EVENT_fault && i < ranges->len; i++) {
        const FaultRange *range = &g_array_index(ranges, FaultRange, i);
        if (fault >= range->from && fault <= range->to) {
            return true;
        }
    }
    return false;
}

bool explain_choice_has(const ExplainChoice *choice, const Process *process, const Event *event,
                        uint64_t fault) {
    if (choice == NULL) {
        return true;
    }
    if (choice->process != NULL &&
        (process == NULL || strcmp(process->name, choice->process) != 0)) {
        return false;
    }
    return (choice->topics == 0 || (choice->topics & topics_of(event)) != 0) &&
           (choice->at == NULL || is_picked(choice->at, event, fault));
}

bool explain_choice_picks(const ExplainChoice *choice) {
    return choice != NULL && choice->at != NULL;
}

/* ---- the process ------------------------------------------------------------------------------ */

bool explain_choice_check(const ExplainChoice *choice, const Machine *machine, bool over,
                          GError **error) {
    bool known = choice->process == NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (uint32_t i = 0; i < machine->process_count; i++) {
        const Process *process = machine->processes[i];
        known = known || strcmp(process->name, choice->process) == 0 ||
                (!over && program_multiplies(&process->spec->program));
        g_ptr_array_add(names, process->name);
    }
    g_ptr_array_add(names, NULL);
    if (!known) {
        options_refuse_word(error, "process", choice->process, (const char *const *)names->pdata);
    }
    return known;
}
