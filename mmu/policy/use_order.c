/* use_order.c - resident frames in the order of their last use: see use_order.h. */
#include "use_order.h"

#include "faultline/lazy.h"

bool use_order_init(UseOrder *order, uint32_t frame_count) {
    *order = (UseOrder){.last_use = lazy_alloc(frame_count, sizeof(uint64_t))};
    bool queue = frame_list_init(&order->queue, frame_count);
    bool leaving = frame_list_init(&order->leaving, frame_count);
    if (order->last_use != NULL && queue && leaving) {
        return true;
    }
    use_order_clear(order);
    return false;
}

void use_order_clear(UseOrder *order) {
    lazy_free(order->last_use, order->queue.frame_count, sizeof(uint64_t));
    frame_list_clear(&order->queue);
    frame_list_clear(&order->leaving);
    *order = (UseOrder){0};
}

void use_order_remove(UseOrder *order, Pfn frame) {
    bool leaves = frame_list_has(&order->leaving, frame);
    frame_list_remove(leaves ? &order->leaving : &order->queue, frame);
}

void use_order_note(UseOrder *order, Pfn frame, uint64_t now) {
    order->last_use[frame] = now;
    if (frame == frame_list_last(&order->queue)) {
        return;
    }
    if (use_order_has(order, frame)) {
        use_order_remove(order, frame);
    }
    frame_list_append(&order->queue, frame);
}

void use_order_expire(UseOrder *order, uint64_t begin) {
    Pfn frame;
    while ((frame = order->queue.first) != PFN_NONE && order->last_use[frame] < begin) {
        frame_list_remove(&order->queue, frame);
        frame_list_append(&order->leaving, frame);
    }
}

Pfn use_order_surplus(UseOrder *order, const PolicyEnv *env) {
    Pfn frame = order->leaving.first;
    if (frame == PFN_NONE || env->evictable(env->host, frame)) {
        return frame;
    }
    frame_list_turn(&order->leaving);
    return PFN_NONE;
}

Pfn use_order_victim(const UseOrder *order, const PolicyEnv *env) {
    Pfn frame = frame_list_first_evictable(&order->leaving, env);
    return frame != PFN_NONE ? frame : frame_list_first_evictable(&order->queue, env);
}

const char *use_order_check(const UseOrder *order) {
    const char *wrong = frame_list_check(&order->queue);
    wrong = wrong != NULL ? wrong : frame_list_check(&order->leaving);
    if (wrong != NULL) {
        return wrong;
    }
    uint64_t before = 0;
    Pfn frame = order->queue.first;
    for (uint32_t left = order->queue.count; left > 0; left--) {
        if (order->last_use[frame] < before) {
            return "use order: the queue is not in the order of last use";
        }
        if (frame_list_has(&order->leaving, frame)) {
            return "use order: a frame is on both lists";
        }
        before = order->last_use[frame];
        frame = frame_list_next(&order->queue, frame);
    }
    return NULL;
}
