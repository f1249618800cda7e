/* model_layout.h -- how a model's file is read; for model*.c only. */
#ifndef PS_AWS_MODEL_LAYOUT_H
#define PS_AWS_MODEL_LAYOUT_H

#include "aws/model.h"

#include <cjson/cJSON.h>

/* References below this mean scalars. */
#define PS_FIRST_SHAPE 16

typedef struct ps_model_reader {
    ps_model *m;
    ps_shape *shapes;
    size_t shape_count;
    ps_error *err;
} ps_model_reader;

/* `count` * `size` zeroed bytes that live as long as the model. */
void *ps_model_alloc(ps_model *m, size_t count, size_t size);
/* A copy of a JSON string; empty for anything else. */
ps_str ps_model_text(ps_model_reader *r, const cJSON *item);
/* Member `key`, by its exact name. */
const cJSON *ps_model_get(const cJSON *object, const char *key);
bool ps_model_flag(const cJSON *object, const char *key);
/* A number of the file that is an int; `otherwise` where it is none. */
int ps_model_int(const cJSON *item, int otherwise);
/* The shape a reference means; NULL where there is none. */
const ps_shape *ps_model_shape(const ps_model_reader *r, int reference);

/* Fills r->shapes from the file's list, r->shape_count being its length.
 * Errors: PS_EINPUT */
ps_status ps_model_read_shapes(ps_model_reader *r, const cJSON *list);

#endif
