/* number_lua.c -- passo.number: what a Lua engine's own numbers cannot hold exactly.
 *
 * Sums, differences and products are exact; a quotient is the nearest double, a Lua number. */
#include "lua/binding.h"
#include "lua/exact.h"

/* The number at `i` as a box: itself, or a new box (pushed) for a Lua number. */
static const ps_value *operand(lua_State *L, int i)
{
    ps_value_box *box = ps_box_test(L, i, &ps_box_number);
    if (box && box->v) {
        return box->v;
    }
    if (lua_type(L, i) != LUA_TNUMBER) {
        luaL_error(L, "a number expected, got %s", luaL_typename(L, i));
    }
    ps_error err;
    box = ps_box_new(L, &ps_box_number, sizeof *box);
    box->v = ps_read_lua(L, i, &err);
    if (!box->v) {
        luaL_error(L, "%s", err.text);
    }
    return box->v;
}

typedef ps_value *exact(const ps_value *a, const ps_value *b, ps_error *err);

static int binary(lua_State *L, exact *f)
{
    lua_settop(L, 2);
    const ps_value *a = operand(L, 1), *b = operand(L, 2);
    ps_error err;
    ps_value_box *result = ps_box_new(L, &ps_box_number, sizeof *result);
    result->v = f(a, b, &err);
    return result->v ? 1 : luaL_error(L, "%s", err.text);
}

static ps_value *add(const ps_value *a, const ps_value *b, ps_error *err)
{
    return ps_exact_add(a, b, false, err);
}

static ps_value *subtract(const ps_value *a, const ps_value *b, ps_error *err)
{
    return ps_exact_add(a, b, true, err);
}

static int number_add(lua_State *L)
{
    return binary(L, add);
}

static int number_sub(lua_State *L)
{
    return binary(L, subtract);
}

static int number_mul(lua_State *L)
{
    return binary(L, ps_exact_multiply);
}

static int number_div(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushnumber(L, ps_value_double(operand(L, 1)) / ps_value_double(operand(L, 2)));
    return 1;
}

/* Rounded down, as Lua's own; of integers only. */
static int number_mod(lua_State *L)
{
    lua_settop(L, 2);
    int64_t a, b;
    if (!ps_value_int(operand(L, 1), &a) || !ps_value_int(operand(L, 2), &b) || b == 0) {
        return luaL_error(L, "'%%' needs integers, the second not 0");
    }
    int64_t rest = b == -1 ? 0 : a % b;
    ps_value_box *result = ps_box_new(L, &ps_box_number, sizeof *result);
    result->v = ps_int(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
    return 1;
}

static int number_unm(lua_State *L)
{
    lua_settop(L, 1);
    ps_error err;
    const ps_value *a = operand(L, 1);
    ps_value_box *result = ps_box_new(L, &ps_box_number, sizeof *result);
    result->v = ps_exact_negate(a, &err);
    return result->v ? 1 : luaL_error(L, "%s", err.text);
}

static int order(lua_State *L)
{
    lua_settop(L, 2);
    const ps_value *a = operand(L, 1), *b = operand(L, 2);
    return ps_number_compare(a, b);
}

static int number_eq(lua_State *L)
{
    bool numbers = ps_box_test(L, 1, &ps_box_number) && ps_box_test(L, 2, &ps_box_number);
    lua_pushboolean(L, numbers && order(L) == 0);
    return 1;
}

static int number_lt(lua_State *L)
{
    lua_pushboolean(L, order(L) < 0);
    return 1;
}

static int number_le(lua_State *L)
{
    lua_pushboolean(L, order(L) <= 0);
    return 1;
}

/* number:compare(other): -1, 0, 1; also with Lua numbers, which 5.1's operators cannot mix. */
static int number_compare(lua_State *L)
{
    int o = order(L);
    ps_lua_pushint(L, o < 0 ? -1 : o > 0);
    return 1;
}

/* number:number(): the nearest Lua number. */
static int number_number(lua_State *L)
{
    lua_pushnumber(L, ps_value_double(operand(L, 1)));
    return 1;
}

/* No JSON number is longer than its text, so the text is made on the stack where it is short. */
static int number_tostring(lua_State *L)
{
    const ps_value *v = operand(L, 1);
    if (ps_value_kind(v) == PS_DECIMAL) {
        ps_str s = ps_value_str(v);
        lua_pushlstring(L, s.p, s.len);
        return 1;
    }
    ps_buf text = {0};
    char copy[64];
    ps_number_print(v, &text);
    size_t len = text.len < sizeof copy ? text.len : sizeof copy;
    memcpy(copy, text.p, len);
    ps_buf_free(&text);
    lua_pushlstring(L, copy, len);
    return 1;
}

static int number_concat(lua_State *L)
{
    for (int i = 1; i <= 2; i++) {
        if (ps_box_test(L, i, &ps_box_number)) {
            lua_pushcfunction(L, number_tostring);
            lua_pushvalue(L, i);
            lua_call(L, 1, 1);
        } else {
            luaL_checkstring(L, i);
            lua_pushvalue(L, i);
        }
    }
    lua_concat(L, 2);
    return 1;
}

static int number_gc(lua_State *L)
{
    ps_value_box *box = lua_touserdata(L, 1);
    ps_value_unref(box->v);
    box->v = NULL;
    return 0;
}

static const luaL_Reg number_methods[] = {
    {"compare", number_compare}, {"number", number_number}, {NULL, NULL}};
static const luaL_Reg number_meta[] = {{"__gc", number_gc},
                                       {"__tostring", number_tostring},
                                       {"__concat", number_concat},
                                       {"__add", number_add},
                                       {"__sub", number_sub},
                                       {"__mul", number_mul},
                                       {"__div", number_div},
                                       {"__mod", number_mod},
                                       {"__unm", number_unm},
                                       {"__eq", number_eq},
                                       {"__lt", number_lt},
                                       {"__le", number_le},
                                       {NULL, NULL}};
const ps_box_type ps_box_number = {"passo.number", number_methods, number_meta};

/* -- core.* ---------------------------------------------------------------------------------- */

static int core_decimal(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TSTRING) {
        lua_settop(L, 1);
        const ps_value *v = operand(L, 1);
        ps_value_box *copy = ps_box_new(L, &ps_box_number, sizeof *copy);
        copy->v = ps_value_ref(v);
        return 1;
    }
    ps_str text;
    text.p = lua_tolstring(L, 1, &text.len);
    if (!ps_number_valid(text)) {
        return ps_push_failure(L, PS_EINPUT, "not a decimal number as JSON writes it");
    }
    ps_value_box *box = ps_box_new(L, &ps_box_number, sizeof *box);
    box->v = ps_number(text);
    return 1;
}

static int core_int64(lua_State *L)
{
    int results = core_decimal(L);
    if (results != 1) {
        return results;
    }
    int64_t n;
    ps_value_box *box = lua_touserdata(L, -1);
    if (!ps_value_int(box->v, &n)) {
        return ps_push_failure(L, PS_EINPUT, "not an integer from -2^63 to 2^63-1");
    }
    ps_value_set_take(&box->v, ps_int(n));
    return 1;
}

const luaL_Reg ps_functions_number[] = {
    {"int64", core_int64}, {"decimal", core_decimal}, {NULL, NULL}};

void ps_number_register(lua_State *L)
{
    ps_box_register(L, &ps_box_number);
}
