/* definition.h -- how a definition is read: its format, its substitutions, where things stand in
 * it. */
#ifndef PS_LUA_DEFINITION_H
#define PS_LUA_DEFINITION_H

#include "lua/binding.h"

typedef struct ps_definition_read {
    int options; /* stack index of the options, 0: none */
    int format;  /* 0 auto, 1 json, 2 yaml */
    bool yaml, malformed;
    ps_str text;             /* the text, borrowed; empty for a table */
    ps_positions *positions; /* of a text, else NULL */
    ps_value *set;
} ps_definition_read;

/* Reads what may raise, before anything is acquired. */
void ps_definition_options(lua_State *L, int i, ps_definition_read *d);
/* The definition at `i`, substitutions made; NULL with `err`. `d` is to be cleared either way. */
ps_value *ps_definition_value(lua_State *L, int i, ps_definition_read *d, ps_error *err);
void ps_definition_clear(ps_definition_read *d);

/* Line and column of byte `at`. */
ps_place ps_definition_place(ps_str text, size_t at);

#endif
