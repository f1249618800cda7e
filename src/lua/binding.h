/* binding.h -- what the files of the Lua module share: boxes, failures, and the way of values.
 *
 * A box is a full userdata with one of our metatables; it owns before there is anything to own:
 * first the empty box with its __gc, then the thing. Between acquiring and boxing no function of
 * Lua that may raise is called. */
#ifndef PS_LUA_BINDING_H
#define PS_LUA_BINDING_H

#include "asl/machine.h"
#include "base/error.h"
#include "exec/exec.h"
#include "lua/compat.h"
#include "value/positions.h"
#include "value/value.h"

/* -- boxes ---------------------------------------------------------------------------------- */

/* A type of box; its address is the metatable's key in the registry. */
typedef struct ps_box_type {
    const char *name;        /* "passo.value", also the metatable's __name */
    const luaL_Reg *methods; /* behind __index; may be NULL */
    const luaL_Reg *meta;    /* __gc, __tostring, ... */
} ps_box_type;

extern const ps_box_type ps_box_value, ps_box_number, ps_box_machine, ps_box_exec, ps_box_events;

/* Makes the type's metatable; once a Lua state. */
void ps_box_register(lua_State *L, const ps_box_type *type);
/* Makes what there is once a Lua state, by `make`: a program may forget a module and require it
 * again (test runners do), and the objects it has made before must stay what they are. `key` is an
 * address of the module's. */
void ps_lua_once(lua_State *L, const void *key, void (*make)(lua_State *L));
/* Pushes a box of `size` zeroed bytes. */
void *ps_box_new(lua_State *L, const ps_box_type *type, size_t size);
/* The box at `i`, or NULL when it is something else. */
void *ps_box_test(lua_State *L, int i, const ps_box_type *type);
/* The same; raises the usual "bad argument" for something else. */
void *ps_box_check(lua_State *L, int i, const ps_box_type *type);

/* -- failures ------------------------------------------------------------------------------- */

/* Pushes nil, message, failure {code, message, at}; returns 3. */
int ps_push_error(lua_State *L, const ps_error *err);
int ps_push_failure(lua_State *L, ps_status code, const char *message);
/* Pushes true; returns 1. With a status that is not PS_OK: ps_push_error. */
int ps_push_status(lua_State *L, ps_status status, const ps_error *err);

/* -- values --------------------------------------------------------------------------------- */

typedef struct ps_value_box {
    ps_value *v;
} ps_value_box;

/* Pushes a passo.value for one more reference of `v`; NULL pushes nil. */
void ps_push_value(lua_State *L, const ps_value *v);
/* Pushes the plain Lua value. Tables remember (weakly) the value they were made from when writing
 * them anew would lose key order or a number's literal.
 *
 * box  stack index of the passo.value that owns `v` or a value that contains it
 * False: larger than a Lua state should hold; nothing is pushed. */
bool ps_push_lua(lua_State *L, const ps_value *v, int box, ps_error *err);
/* Remembers that the table on top was made from `v`, which lives in the passo.value at `box`. */
void ps_remember(lua_State *L, const ps_value *v, int box);
/* A scalar string or nil. */
void ps_push_text(lua_State *L, const ps_value *v);
/* A number as a plain Lua number where that loses nothing, else as a number object. */
void ps_push_number(lua_State *L, const ps_value *v);

/* The value of what is at `i`: a new reference, or NULL; `*owner` keeps what is being built, so
 * that an error raised half-way loses nothing. Never runs Lua code.
 *
 * Errors: PS_EINPUT  no JSON value: a function, NaN, a cycle ... the path is in the text
 *         PS_ELIMIT  too deep or too large */
ps_value *ps_read_lua(lua_State *L, int i, ps_error *err);
/* A PS_STRING of the string at `i`; invalid UTF-8 is replaced by U+FFFD. */
ps_value *ps_read_text(lua_State *L, int i);
/* Pushes the table that marks lists. */
void ps_push_array_mt(lua_State *L);
/* Registry tables and metatables that values need; once a Lua state. */
void ps_values_open(lua_State *L);
/* The part of it that each module has of its own. */
void ps_scratch_open(lua_State *L);

/* -- machines, executions, events -------------------------------------------------------------- */

typedef struct ps_machine_box {
    ps_machine *m;
    ps_value *name, *arn, *role_arn; /* PS_STRINGs: what executions are told when they give none */
} ps_machine_box;

/* Pushes the table of state `s`, always the same one; `states` is the index of the machine's cache
 * (the uservalue of its box). */
void ps_push_state(lua_State *L, int states, const ps_state *s);

/* Functions of core.*, by file */
extern const luaL_Reg ps_functions_value[], ps_functions_number[], ps_functions_machine[],
    ps_functions_check[], ps_functions_exec[], ps_functions_clock[], ps_functions_items[],
    ps_functions_reader[], ps_functions_path[], ps_functions_jsonata[], ps_functions_template[],
    ps_functions_secret[], ps_functions_record[], ps_functions_shelf[];

/* Pushes an empty passo.events; the caller fills it. */
ps_events **ps_push_events(lua_State *L);
/* exec:poll() */
int ps_exec_lua_poll(lua_State *L);
/* exec:take(now_ms): as poll, but a new task (no activity, nothing that hands out a token) is
 * started now and comes as "START", token, state, attempt, visit, deadline_ms. */
int ps_exec_lua_take(lua_State *L);
int ps_exec_lua_ending(lua_State *L);
/* exec:task(token): task_token, role_arn of a task under way; nothing for another token. */
int ps_exec_lua_task(lua_State *L);
/* exec:input(token [, as_value]): the arguments of a task under way, as Lua or as a passo.value. */
int ps_exec_lua_input(lua_State *L);
int64_t ps_lua_check_ms(lua_State *L, int i);
ps_exec *ps_exec_lua_self(lua_State *L);
/* Until released, the exec at 1 refuses other calls and lives: what its command borrows is being
 * pushed, which may run finalizers. Held for good when that raises: the command is lost then, and
 * the exec must be saved and loaded. */
void ps_exec_lua_hold(lua_State *L);
void ps_exec_lua_release(lua_State *L);
/* "RUNNING" ... */
const char *ps_exec_lua_status(ps_exec_status status);

/* Metatables, by file; once a Lua state. */
void ps_value_register(lua_State *L);
void ps_number_register(lua_State *L);
void ps_check_register(lua_State *L);
void ps_machine_register(lua_State *L);
void ps_exec_register(lua_State *L);
void ps_events_register(lua_State *L);
void ps_record_register(lua_State *L);
void ps_shelf_register(lua_State *L);
void ps_template_register(lua_State *L);
void ps_jsonata_register(lua_State *L);
void ps_items_register(lua_State *L);
void ps_reader_register(lua_State *L);

/* `definition` with "${NAME}" replaced in every string; takes the definition, gives the new one.
 * `set` is an object; a string that is one placeholder alone becomes the value itself. */
ps_value *ps_substitute_take(ps_value *definition, const ps_value *set);

#endif
