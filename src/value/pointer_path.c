/* pointer_path.c -- RFC 6901 pointers, one step at a time. */
#include "value/pointer_path.h"

#include "value/value_layout.h"

void ps_pointer_path_index(ps_pointer_path *path, size_t parent_len, size_t i)
{
    if (path->positions) {
        path->text.len = parent_len;
        char *to = ps_buf_reserve(&path->text, 24);
        to[0] = '/';
        path->text.len += 1 + ps_int_write((int64_t)i, to + 1);
    }
}

void ps_pointer_path_key(ps_pointer_path *path, size_t parent_len, ps_str key)
{
    if (!path->positions) {
        return;
    }
    path->text.len = parent_len;
    ps_buf_add_char(&path->text, '/');
    for (size_t i = 0; i < key.len; i++) {
        if (key.p[i] == '~') {
            ps_buf_add(&path->text, PS_STR("~0"));
        } else if (key.p[i] == '/') {
            ps_buf_add(&path->text, PS_STR("~1"));
        } else {
            ps_buf_add_char(&path->text, key.p[i]);
        }
    }
}

void ps_pointer_path_mark(ps_pointer_path *path, size_t key_at, size_t value_at)
{
    if (path->positions) {
        ps_positions_add(path->positions, ps_buf_str(&path->text), key_at, value_at);
    }
}
