/* value.h -- the immutable, reference-counted JSON value.
 *
 * One value belongs to one thread. A container may be filled while it is unshared (one reference,
 * never yet handed out); after that it never changes. Elements must be finished before they are
 * added: sizes and depths are summed at that moment. Every value knows its printed size and its
 * depth, so limits are one comparison; freeing is iterative, so depth costs no stack.
 *
 * Numbers keep what the user wrote: an int64, a double, or the literal's own text (PS_DECIMAL)
 * wherever the print of the number would differ from it (-0, 1e2, 1.10, 20 digits). A double prints
 * as in Java: the shortest digits that read back as it, 1.0 and 1.0E10. */
#ifndef PS_VALUE_VALUE_H
#define PS_VALUE_VALUE_H

#include "base/buf.h"
#include "base/str.h"

#include <stdint.h>

typedef struct ps_value ps_value;

typedef enum ps_kind {
    PS_NULL,
    PS_BOOL,
    PS_INT,
    PS_DOUBLE,
    PS_DECIMAL,
    PS_STRING,
    PS_ARRAY,
    PS_OBJECT,
} ps_kind;

/* The deepest nesting that any input or result may have; recursion over values relies on it. */
#define PS_MAX_DEPTH 1000

/* -- owners ------------------------------------------------------------------------------- */

/* One more owner of `v`; returns it. NULL gives NULL. */
ps_value *ps_value_ref(const ps_value *v);
/* One owner fewer; NULL is fine. */
void ps_value_unref(ps_value *v);
/* *slot = v, releasing what was there. The slot owns `v` from now on. */
void ps_value_set_take(ps_value **slot, ps_value *v);

/* -- making ------------------------------------------------------------------------------- */

ps_value *ps_null(void);
ps_value *ps_bool(bool b);
ps_value *ps_int(int64_t n);
/* A finite double; one that is integral stays a PS_DOUBLE, and prints as one (2.0). NaN and
 * infinities are the caller's error (PS_ASSERT). */
ps_value *ps_double(double d);
/* Whether `text` is a number by the grammar of RFC 8259. */
bool ps_number_valid(ps_str text);
/* The number that `text`, a valid JSON number, stands for: PS_INT, PS_DOUBLE or PS_DECIMAL. */
ps_value *ps_number(ps_str text);
/* Copies `s`, which must be valid UTF-8 (NUL allowed). */
ps_value *ps_string(ps_str s);
ps_value *ps_stringf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An empty container to be filled; capacity is a hint. */
ps_value *ps_array(size_t capacity);
void ps_array_add_take(ps_value *array, ps_value *v);
ps_value *ps_object(size_t capacity);
/* Sets `key` (a PS_STRING, taken too) to `v`; a key that is there already keeps its place, the new
 * value wins. */
void ps_object_set_take(ps_value *object, ps_value *key, ps_value *v);
/* The same with a key to be copied. */
void ps_object_put_take(ps_value *object, ps_str key, ps_value *v);

/* A copy of `container` (elements shared) that may be filled or changed; also when `container` has
 * one owner only. */
ps_value *ps_object_copy(const ps_value *object);
ps_value *ps_array_copy(const ps_value *array);
/* In an unshared container: replaces element `i`, i < count. */
void ps_array_replace_take(ps_value *array, size_t i, ps_value *v);
/* In an unshared object: forgets `key`; nothing where it is not. O(count). */
void ps_object_remove(ps_value *object, ps_str key);

/* -- reading: all borrowed from the value -------------------------------------------------- */

ps_kind ps_value_kind(const ps_value *v);
static inline bool ps_value_is_number(const ps_value *v)
{
    ps_kind kind = ps_value_kind(v);
    return kind == PS_INT || kind == PS_DOUBLE || kind == PS_DECIMAL;
}
bool ps_value_bool(const ps_value *v); /* PS_BOOL */
/* Any number as the nearest double; an infinite one beyond the largest (1E400). */
double ps_value_double(const ps_value *v);
/* Any number that is integral and fits (1.0 and 1e2 too); false otherwise, `*n` untouched. */
bool ps_value_int(const ps_value *v, int64_t *n);
ps_str ps_value_str(const ps_value *v); /* PS_STRING: its bytes; PS_DECIMAL: its literal */

size_t ps_value_count(const ps_value *v); /* PS_ARRAY, PS_OBJECT: elements or members */
const ps_value *ps_array_at(const ps_value *array, size_t i);
/* NULL when absent. O(1) also in large objects. */
const ps_value *ps_object_get(const ps_value *object, ps_str key);
const ps_value *ps_object_key_at(const ps_value *object, size_t i); /* PS_STRING */
const ps_value *ps_object_value_at(const ps_value *object, size_t i);

/* The bytes of the compact JSON print; saturates at SIZE_MAX. */
size_t ps_value_bytes(const ps_value *v);
/* 0 for scalars, 1 for [] and {}, one more for each nesting. */
size_t ps_value_depth(const ps_value *v);
/* True when the caller holds the only reference and may thus change a container in place. */
bool ps_value_unshared(const ps_value *v);

/* -- comparing ----------------------------------------------------------------------------- */

/* Deep equality: numbers by value (1 = 1.0), object members without order. */
bool ps_value_equal(const ps_value *a, const ps_value *b);
/* Two numbers by value, exactly (no rounding of int64 or long literals to double; a PS_DOUBLE
 * counts as the decimal it prints as): negative, 0, positive. */
int ps_number_compare(const ps_value *a, const ps_value *b);

/* -- printing numbers ------------------------------------------------------------------------ */

/* The number as compact JSON has it: the integer, Java's double, or the kept literal. */
void ps_number_print(const ps_value *v, ps_buf *out);
/* Java's Double.toString ("1.0E10", "0.001") and JavaScript's Number.prototype.toString. */
void ps_double_print_java(double d, ps_buf *out);
void ps_double_print_js(double d, ps_buf *out);

#endif
