/* load_control_spec.c - what keeps processes from taking each other's memory: "load_control" of a
 * machine, a criterion or an object with more to say; and how "replacement" divides frames. */
#include "loader.h"

static const char *const CRITERIA[] = {[LOAD_CONTROL_WORD_NONE] = "none",
                                       [LOAD_CONTROL_WORD_LS] = "l=s",
                                       [LOAD_CONTROL_WORD_HALF] = "50%",
                                       [LOAD_CONTROL_WORD_WORKING_SET] = "working-set",
                                       NULL};

void load_control_spec_read(Reader *reader, const cJSON *item, LoadControlSpec *spec) {
    static const NumberRange interval = {UNIT_TIME, 1000, TIME_MAX_NS};
    static const NumberRange residence = {UNIT_TIME, 0, TIME_MAX_NS};
    *spec = (LoadControlSpec){LOAD_CONTROL_WORD_NONE, 10000000, 50000000};
    if (item == NULL) {
        return;
    }
    if (cJSON_IsString(item)) {
        spec->criterion = (LoadControlWord)json_word_value(reader, item, "criterion", CRITERIA);
        return;
    }
    if (!cJSON_IsObject(item)) {
        json_expected(reader, item, "a criterion, or an object");
        return;
    }
    JsonObject object = json_object(reader, item);
    spec->criterion = (LoadControlWord)json_word(&object, "criterion", "criterion", CRITERIA,
                                                 LOAD_CONTROL_WORD_LS);
    spec->interval = json_number(&object, "interval", &interval, spec->interval);
    spec->residence = json_number(&object, "residence", &residence, spec->residence);
    json_end(&object);
}

void allocation_spec_read(JsonObject *object, AllocationSpec *spec) {
    static const char *const rules[] = {[ALLOCATION_WORD_EQUAL] = "equal",
                                        [ALLOCATION_WORD_PROPORTIONAL] = "proportional",
                                        [ALLOCATION_WORD_PFF] = "pff",
                                        NULL};
    static const NumberRange interval = {UNIT_TIME, 1000, TIME_MAX_NS};
    static const NumberRange bound = {UNIT_TIME, 0, TIME_MAX_NS};
    spec->rule = (AllocationWord)json_word(object, "allocation", "word", rules, 0);
    spec->interval = json_number(object, "allocation_interval", &interval, 10000000);
    spec->grow_below = json_number(object, "grow_below", &bound, 500000);
    spec->shrink_above = json_number(object, "shrink_above", &bound, 5000000);
}
