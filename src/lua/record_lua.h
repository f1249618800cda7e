/* record_lua.h -- between exec_lua.c, which has the table of an exec's methods, and record_lua.c.
 */
#ifndef PS_LUA_RECORD_LUA_H
#define PS_LUA_RECORD_LUA_H

#include "lua/binding.h"

/* Pushes a box with an empty buffer, so that nothing is lost while Lua allocates. */
ps_buf *ps_push_bytes_box(lua_State *L);
/* Pushes the buffer's bytes as a string, and frees them. */
void ps_push_bytes(lua_State *L, ps_buf *b);

/* The table of blobs at `i` (by hash; nil: none) as a list, which lives until the stack is popped
 * or Lua allocates: its bytes are the table's, and a finalizer may change that. Pushes one value.
 */
ps_blob_list ps_lua_blobs(lua_State *L, int i);
/* Pushes the blobs that came out of the exec at 1, or nil, and takes them over. */
void ps_push_fresh_blobs(lua_State *L);

/* exec:birth(): bytes, blobs */
int ps_exec_lua_birth(lua_State *L);
/* exec:record([options]) */
int ps_exec_lua_record(lua_State *L);
/* exec:take_record(): bytes, events, blobs; nil when nothing happened */
int ps_exec_lua_take_record(lua_State *L);
/* exec:replay(bytes [, blobs [, unchecked]]) */
int ps_exec_lua_replay(lua_State *L);
/* exec:again() */
int ps_exec_lua_again(lua_State *L);

#endif
