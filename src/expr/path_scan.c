/* path_scan.c -- `..`, as Jayway scans: the step behind it is tried on everything within. */
#include "expr/path_walker.h"

/* Whether the step behind '..' is to be tried on `at`. */
static ps_walk scan_wants(ps_walker *w, const ps_step *step, const ps_value *at, bool *wants)
{
    *wants = false;
    switch (step->kind) {
    case PS_STEP_WILDCARD:
        *wants = true;
        break;
    case PS_STEP_FILTER:
        return ps_path_filter_pass(w->job, step->filter, at, wants);
    case PS_STEP_NAME:
    case PS_STEP_NAMES:
        *wants = ps_value_kind(at) == PS_OBJECT;
        /* several names in the middle of a path are taken as they come, else all must be there */
        if (*wants && !w->strict &&
            (step->count == 1 || step == &w->chain->steps[w->chain->count - 1])) {
            for (size_t n = 0; n < step->count && *wants; n++) {
                *wants = ps_object_get(at, ps_value_str(step->names[n])) != NULL;
            }
        }
        break;
    case PS_STEP_INDEX:
    case PS_STEP_INDICES:
    case PS_STEP_SLICE:
        *wants = ps_value_kind(at) == PS_ARRAY;
        break;
    default:
        break;
    }
    return PS_WALK_ON;
}

/* Jayway passes an array that the step behind '..' is to be tried on straight to the step after it,
 * element by element: `$..[0].a` is `$..[*].a`. */
static ps_walk scan_array(ps_walker *w, size_t i, const ps_value *at)
{
    ps_walk walked = PS_WALK_ON;
    for (size_t n = 0; n < ps_value_count(at) && walked == PS_WALK_ON; n++) {
        walked = ps_walker_element(w, i + 1, at, (int64_t)n);
    }
    return walked;
}

static ps_walk scan_children(ps_walker *w, size_t i, const ps_value *at)
{
    ps_walk walked = PS_WALK_ON;
    for (size_t n = 0; n < ps_value_count(at) && walked == PS_WALK_ON; n++) {
        bool object = ps_value_kind(at) == PS_OBJECT;
        const ps_value *child = object ? ps_object_value_at(at, n) : ps_array_at(at, n);
        if (ps_value_depth(child) == 0) {
            continue;
        }
        size_t mark = w->path.len;
        if (object) {
            ps_walker_push_name(w, ps_value_str(ps_object_key_at(at, n)));
        } else {
            ps_walker_push_index(w, (int64_t)n);
        }
        walked = ps_walker_scan(w, i, child);
        w->path.len = mark;
    }
    return walked;
}

ps_walk ps_walker_scan(ps_walker *w, size_t i, const ps_value *at)
{
    bool wants;
    if (ps_walker_enter(w->job) != PS_WALK_ON) {
        return PS_WALK_FAULT;
    }
    ps_walk walked = ps_path_burn(w->job, 1 + ps_value_count(at));
    if (walked == PS_WALK_ON) {
        walked = scan_wants(w, &w->chain->steps[i], at, &wants);
    }
    if (walked == PS_WALK_ON && wants) {
        walked = ps_value_kind(at) == PS_ARRAY && i + 1 < w->chain->count
                     ? scan_array(w, i, at)
                     : ps_walker_walk(w, i, at);
    }
    if (walked == PS_WALK_ON) {
        walked = scan_children(w, i, at);
    }
    w->job->frames--;
    return walked;
}
