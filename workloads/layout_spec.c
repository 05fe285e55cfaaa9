/* layout_spec.c - "layout" of a machine: where things are in an address space.
 *
 * A word, or an object whose keys change single places of the geometry's own layout.  What fits
 * together is checked where the geometry is known (sim/machine_config.c).
 */
#include "loader.h"

static void read_range(Reader *reader, const cJSON *item, ImageRangeSpec *range) {
    JsonObject object = json_object(reader, item);
    range->start = json_need_number(&object, "start", &ANY_ADDRESS);
    range->end = json_need_number(&object, "end", &ANY_ADDRESS);
    range->prot = prot_read(reader, json_member(&object, "prot"), VM_READ | VM_WRITE);
    range->present = json_bool(&object, "present", true);
    json_end(&object);
}

static void read_image(Reader *reader, const cJSON *item, LayoutSpec *spec) {
    if (item == NULL) {
        return;
    }
    spec->image_count = json_array(reader, item, 0, LAYOUT_SPEC_IMAGE_MAX);
    for (unsigned i = 0; i < spec->image_count; i++) {
        read_range(reader, cJSON_GetArrayItem(item, (int)i), &spec->image[i]);
    }
}

static void read_places(Reader *reader, const cJSON *item, LayoutSpec *spec) {
    static const char *const directions[] = {"top-down", "bottom-up", NULL};
    static const NumberRange pages = {UNIT_COUNT, 1, UINT64_C(1) << 32};
    JsonObject object = json_object(reader, item);
    spec->brk_start = json_number(&object, "brk_start", &ANY_ADDRESS, VADDR_FAIL);
    spec->mmap_top = json_number(&object, "mmap_top", &ANY_ADDRESS, VADDR_FAIL);
    spec->mmap_bottom = json_number(&object, "mmap_bottom", &ANY_ADDRESS, VADDR_FAIL);
    spec->mmap_min = json_number(&object, "mmap_min", &ANY_ADDRESS, VADDR_FAIL);
    spec->stack_top = json_number(&object, "stack_top", &ANY_ADDRESS, VADDR_FAIL);
    spec->bottom_up = json_word(&object, "direction", "direction", directions, 0) == 1;
    spec->stack_pages = json_number(&object, "stack_pages", &pages, 0);
    spec->stack_present = json_bool(&object, "stack_present", false);
    read_image(reader, json_member(&object, "image"), spec);
    json_end(&object);
}

void layout_spec_read(Reader *reader, const cJSON *item, const Vocabulary *words,
                      LayoutSpec *spec) {
    if (cJSON_IsObject(item)) {
        spec->custom = true;
        read_places(reader, item, spec);
    } else if (item != NULL) {
        spec->name = words->layouts[json_word_value(reader, item, "layout", words->layouts)];
    }
}
