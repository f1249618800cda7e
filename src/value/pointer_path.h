/* pointer_path.h -- the JSON pointer of where a codec is, grown and cut as it goes; for src/value/
 * alone. Nothing happens while `positions` is NULL. */
#ifndef PS_VALUE_POINTER_PATH_H
#define PS_VALUE_POINTER_PATH_H

#include "value/positions.h"

typedef struct ps_pointer_path {
    ps_positions *positions;
    ps_buf text;
} ps_pointer_path;

/* Cuts the pointer to `parent_len` and goes to an element or member below. */
void ps_pointer_path_index(ps_pointer_path *path, size_t parent_len, size_t i);
void ps_pointer_path_key(ps_pointer_path *path, size_t parent_len, ps_str key);
/* The value that the pointer names is here. */
void ps_pointer_path_mark(ps_pointer_path *path, size_t key_at, size_t value_at);

#endif
