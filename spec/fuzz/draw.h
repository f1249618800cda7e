/* draw.h -- for the fuzz targets: decisions drawn from the fuzzer's bytes, and machines made of
 * them. */
#ifndef PS_FUZZ_DRAW_H
#define PS_FUZZ_DRAW_H

#include "base/buf.h"

#include <stdint.h>
#include <stdlib.h>

/* What must hold, in every kind of build. */
#define REQUIRE(condition) ((condition) ? (void)0 : abort())

typedef struct draw {
    const uint8_t *p;
    size_t left;
} draw;

/* 0 .. n-1; 0 when the bytes are used up, so that every walk ends. */
static inline unsigned draw_below(draw *d, unsigned n)
{
    if (d->left == 0) {
        return 0;
    }
    d->left--;
    return *d->p++ % n;
}

typedef struct machine_draw {
    draw *d;
    ps_buf *out;
    unsigned states; /* made so far: names are S0, S1 ... */
} machine_draw;

#define MACHINE_DEPTH 3
#define MACHINE_STATES 24

static inline void draw_states(machine_draw *m, unsigned depth);

static inline void draw_retry_and_catch(machine_draw *m, unsigned target)
{
    static const char *const errors[] = {"Boom", "States.ALL", "States.Timeout",
                                         "States.TaskFailed"};
    if (draw_below(m->d, 2)) {
        ps_buf_addf(
            m->out,
            ",\"Retry\":[{\"ErrorEquals\":[\"%s\"],\"IntervalSeconds\":%u,\"MaxAttempts\":%u}]",
            errors[draw_below(m->d, 4)], 1 + draw_below(m->d, 3), draw_below(m->d, 4));
    }
    if (target && draw_below(m->d, 2)) {
        ps_buf_addf(m->out, ",\"Catch\":[{\"ErrorEquals\":[\"%s\"],\"Next\":\"S%u\"%s}]",
                    errors[draw_below(m->d, 4)], target,
                    draw_below(m->d, 2) ? ",\"ResultPath\":\"$.e\"" : "");
    }
}

static inline void draw_task(machine_draw *m)
{
    static const char *const resources[] = {
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "arn:aws:states:::states:startExecution.sync:2",
        "arn:aws:states:us-east-1:123456789012:activity:a",
        "lua:f",
    };
    ps_buf_addf(m->out, "\"Type\":\"Task\",\"Resource\":\"%s\"", resources[draw_below(m->d, 5)]);
    if (draw_below(m->d, 2)) {
        ps_buf_addf(m->out, ",\"TimeoutSeconds\":%u", 5 + draw_below(m->d, 20));
        if (draw_below(m->d, 2)) {
            ps_buf_addf(m->out, ",\"HeartbeatSeconds\":%u", 1 + draw_below(m->d, 4));
        }
    }
    if (draw_below(m->d, 3) == 0) {
        ps_buf_addf(m->out, ",\"Assign\":{\"x.$\":\"$\"}");
    }
    if (draw_below(m->d, 3) == 2) {
        ps_buf_addf(m->out, ",\"Parameters\":{\"p.$\":\"lua:more($)\"}");
    }
}

/* A Distributed Map: its item processor runs elsewhere, so any will do. */
static inline void draw_distributed(machine_draw *m)
{
    unsigned name = m->states++;
    ps_buf_addf(m->out,
                "\"Type\":\"Map\",\"MaxConcurrency\":%u,\"ItemProcessor\":{"
                "\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"},"
                "\"StartAt\":\"S%u\",\"States\":{\"S%u\":{\"Type\":\"Pass\",\"End\":true}}}",
                draw_below(m->d, 4), name, name);
    if (draw_below(m->d, 2)) {
        ps_buf_addf(m->out, ",\"ToleratedFailureCount\":%u", draw_below(m->d, 3));
    }
    if (draw_below(m->d, 2)) {
        ps_buf_addf(m->out, ",\"ToleratedFailurePercentage\":%u", draw_below(m->d, 101));
    }
    if (draw_below(m->d, 2)) {
        ps_buf_addf(m->out, ",\"ItemBatcher\":{\"MaxItemsPerBatch\":%u}", 1 + draw_below(m->d, 3));
    }
    if (draw_below(m->d, 2)) {
        ps_buf_addf(m->out, ",\"ItemReader\":{\"Resource\":\"arn:aws:states:::s3:getObject\","
                            "\"ReaderConfig\":{\"InputType\":\"JSON\"},"
                            "\"Parameters\":{\"Bucket\":\"b\",\"Key.$\":\"lua:key()\"}}");
    } else {
        ps_buf_addf(m->out, ",\"ItemsPath\":\"$$.Execution.Input.items\"");
    }
    if (draw_below(m->d, 2)) {
        ps_buf_addf(m->out, ",\"ResultWriter\":{\"Resource\":\"arn:aws:states:::s3:putObject\","
                            "\"Parameters\":{\"Bucket.$\":\"lua:bucket()\"}}");
    }
}

static inline void draw_choice(machine_draw *m, unsigned next)
{
    ps_buf_addf(m->out,
                "\"Type\":\"Choice\",\"Choices\":[{\"Condition\":\"lua:may\",\"Next\":\"S%u\"}],"
                "\"Default\":\"S%u\"",
                next, next);
}

static inline void draw_branches(machine_draw *m, unsigned depth)
{
    if (draw_below(m->d, 4) == 3) {
        draw_distributed(m);
        return;
    }
    if (draw_below(m->d, 2)) {
        ps_buf_addf(
            m->out,
            "\"Type\":\"Map\",\"ItemsPath\":\"$$.Execution.Input.items\",\"MaxConcurrency\":%u,"
            "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"INLINE\"},",
            draw_below(m->d, 4));
        draw_states(m, depth + 1);
        ps_buf_add_char(m->out, '}');
        if (draw_below(m->d, 2)) {
            ps_buf_addf(m->out, ",\"ItemSelector\":{\"v.$\":\"lua:pick($$.Map.Item.Value)\","
                                "\"u.$\":\"States.UUID()\"}");
        }
        return;
    }
    ps_buf_addf(m->out, "\"Type\":\"Parallel\",\"Branches\":[");
    unsigned count = 1 + draw_below(m->d, 3);
    for (unsigned i = 0; i < count; i++) {
        ps_buf_addf(m->out, i ? ",{" : "{");
        draw_states(m, depth + 1);
        ps_buf_add_char(m->out, '}');
    }
    ps_buf_add_char(m->out, ']');
}

/* One state; `next` is the number of the one after it, 0 for none (S0 is never a target). */
static inline void draw_state(machine_draw *m, unsigned depth, unsigned next)
{
    bool fallible = true;
    unsigned kind = draw_below(m->d, 9);
    bool deeper = depth < MACHINE_DEPTH && m->states < MACHINE_STATES;
    if (kind < 4) {
        draw_task(m);
    } else if (kind < 6 && deeper) {
        draw_branches(m, depth);
    } else if (kind == 8 && next) {
        draw_choice(m, next);
        return;
    } else if (kind == 6) {
        ps_buf_addf(m->out, "\"Type\":\"Wait\",\"Seconds\":%u", draw_below(m->d, 5));
        fallible = false;
    } else {
        ps_buf_addf(m->out, "\"Type\":\"Pass\",\"Result\":{\"n\":%u}%s", draw_below(m->d, 9),
                    draw_below(m->d, 2) ? ",\"ResultPath\":\"$.r\"" : "");
        fallible = false;
    }
    if (fallible) {
        draw_retry_and_catch(m, next);
    }
    if (next) {
        ps_buf_addf(m->out, ",\"Next\":\"S%u\"", next);
    } else {
        ps_buf_addf(m->out, ",\"End\":true");
    }
}

/* "StartAt": ..., "States": {...} of a States object whose states lead forward only. */
static inline void draw_states(machine_draw *m, unsigned depth)
{
    unsigned count = 1 + draw_below(m->d, 3);
    unsigned first = m->states;
    m->states += count;
    ps_buf_addf(m->out, "\"StartAt\":\"S%u\",\"States\":{", first);
    for (unsigned i = 0; i < count; i++) {
        ps_buf_addf(m->out, "%s\"S%u\":{", i ? "," : "", first + i);
        draw_state(m, depth, i + 1 < count ? first + i + 1 : 0);
        ps_buf_add_char(m->out, '}');
    }
    ps_buf_add_char(m->out, '}');
}

/* A whole definition as JSON text. */
static inline void draw_definition(draw *d, ps_buf *out)
{
    machine_draw m = {.d = d, .out = out};
    ps_buf_add_char(out, '{');
    draw_states(&m, 1);
    if (draw_below(d, 4) == 1) {
        ps_buf_addf(out, ",\"TimeoutSeconds\":%u", 5 + draw_below(d, 60));
    }
    ps_buf_add_char(out, '}');
}

#endif
