/* shelf_lua.c -- passo.shelf: execs that nobody looks at, kept where Lua's collector does not see
 * them.
 *
 * An exec on a shelf has no userdata; its slot is a number. Thousands of userdata that stay would
 * be marked and swept with each of the collector's rounds. */
#include "lua/shelf_lua.h"

#include "base/mem.h"

typedef struct place {
    ps_given *given; /* NULL: free */
    size_t next;     /* of a free one: the next free one, 0: none */
    lua_Number of;   /* what its machine's states are noted as */
} place;

typedef struct shelf_box {
    place *places; /* slot 1 is places[0] */
    size_t count, capacity, free;
    lua_Number machines; /* tables of states noted in the uservalue, both ways */
    const void *last;    /* the table noted last: most are the same again */
    lua_Number last_of;
} shelf_box;

static int shelf_gc(lua_State *L)
{
    shelf_box *s = lua_touserdata(L, 1);
    for (size_t i = 0; i < s->count; i++) {
        ps_given_free(s->places[i].given);
    }
    ps_free(s->places);
    *s = (shelf_box){0};
    return 0;
}

/* The number of the table of states on top, which is popped. */
static lua_Number note(lua_State *L, shelf_box *s)
{
    const void *states = lua_topointer(L, -1);
    if (states == s->last) {
        lua_pop(L, 1);
        return s->last_of;
    }
    ps_lua_getuservalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawget(L, -2);
    lua_Number of = lua_tonumber(L, -1);
    lua_pop(L, 1);
    if (of == 0) {
        of = s->machines + 1;
        lua_pushvalue(L, -2);
        lua_pushnumber(L, of);
        lua_rawset(L, -3);
        lua_pushnumber(L, of);
        lua_pushvalue(L, -3);
        lua_rawset(L, -3);
        s->machines = of;
    }
    lua_pop(L, 2);
    s->last = states;
    s->last_of = of;
    return of;
}

static size_t free_slot(shelf_box *s)
{
    if (s->free) {
        size_t slot = s->free;
        s->free = s->places[slot - 1].next;
        return slot;
    }
    if (s->count == s->capacity) {
        s->capacity = ps_grow(s->capacity, s->count + 1);
        s->places = ps_realloc(s->places, s->capacity, sizeof *s->places);
    }
    return ++s->count;
}

/* shelf:put(exec) -> slot; the exec is closed */
static int shelf_put(lua_State *L)
{
    shelf_box *s = ps_box_check(L, 1, &ps_box_shelf);
    ps_box_check(L, 2, &ps_box_exec);
    lua_settop(L, 2);
    ps_lua_getuservalue(L, 2);
    lua_Number of = note(L, s);
    ps_exec *x = ps_exec_lua_unbox(L, 2);
    size_t slot = free_slot(s);
    s->places[slot - 1] = (place){.given = ps_exec_given(x), .of = of};
    ps_exec_free(x);
    lua_pushnumber(L, (lua_Number)slot);
    return 1;
}

static size_t check_slot(lua_State *L, const shelf_box *s)
{
    lua_Number n = luaL_checknumber(L, 2);
    luaL_argcheck(L, n >= 1 && n <= (lua_Number)s->count && s->places[(size_t)n - 1].given, 2,
                  "nothing is there");
    return (size_t)n;
}

/* shelf:take(slot) -> exec, as it was new; the slot is free */
static int shelf_take(lua_State *L)
{
    shelf_box *s = ps_box_check(L, 1, &ps_box_shelf);
    check_slot(L, s);
    ps_exec **x = ps_exec_lua_box(L);
    ps_lua_getuservalue(L, 1);
    size_t slot = check_slot(L, s);
    place *p = &s->places[slot - 1];
    lua_pushnumber(L, p->of);
    lua_rawget(L, -2);
    ps_lua_setuservalue(L, -3);
    lua_pop(L, 1);
    *x = ps_given_exec(p->given);
    ps_exec_lua_name(L);
    ps_given_free(p->given);
    *p = (place){.next = s->free};
    s->free = slot;
    return 1;
}

/* shelf:arn(slot) */
static int shelf_arn(lua_State *L)
{
    const shelf_box *s = ps_box_check(L, 1, &ps_box_shelf);
    ps_push_text(L, ps_given_arn(s->places[check_slot(L, s) - 1].given));
    return 1;
}

static const luaL_Reg shelf_methods[] = {
    {"put", shelf_put}, {"take", shelf_take}, {"arn", shelf_arn}, {NULL, NULL}};
static const luaL_Reg shelf_meta[] = {{"__gc", shelf_gc}, {NULL, NULL}};
const ps_box_type ps_box_shelf = {"passo.shelf", shelf_methods, shelf_meta};

/* core.shelf() */
static int core_shelf(lua_State *L)
{
    ps_box_new(L, &ps_box_shelf, sizeof(shelf_box));
    lua_newtable(L);
    ps_lua_setuservalue(L, -2);
    return 1;
}

const luaL_Reg ps_functions_shelf[] = {{"shelf", core_shelf}, {NULL, NULL}};

void ps_shelf_register(lua_State *L)
{
    ps_box_register(L, &ps_box_shelf);
}
