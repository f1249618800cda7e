/* positions.h -- where in a source text each value of a document was, for findings and editors. */
#ifndef PS_VALUE_POSITIONS_H
#define PS_VALUE_POSITIONS_H

#include "value/value.h"

/* A place in a text; line and column count from 1, column in code points. */
typedef struct ps_place {
    size_t at; /* byte offset */
    size_t line;
    size_t column;
} ps_place;

/* Places by JSON pointer (RFC 6901): of the value, and of its key where it is an object's member.
 */
typedef struct ps_positions ps_positions;

ps_positions *ps_positions_new(void);
void ps_positions_free(ps_positions *p);
/* For codecs: the value at `pointer` starts at `value_at`; its key (or itself, where it has none)
 * at `key_at`. Pointers may be added in any order. */
void ps_positions_add(ps_positions *p, ps_str pointer, size_t key_at, size_t value_at);
/* For codecs, once: the text that offsets count in (copied lines table only). */
void ps_positions_text(ps_positions *p, ps_str text);

/* The place of the value (or of its key) at `pointer`; of the nearest ancestor that is known where
 * the pointer itself is not. False only when nothing at all is known. */
bool ps_positions_value(const ps_positions *p, ps_str pointer, ps_place *out);
bool ps_positions_key(const ps_positions *p, ps_str pointer, ps_place *out);
/* Line and column of a byte offset. */
ps_place ps_positions_place(const ps_positions *p, size_t at);

#endif
