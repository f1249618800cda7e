/* checksum_lua.c -- base 64, and digests in it, as AWS's headers carry them. */
#include "aws/checksum.h"
#include "base/base64.h"
#include "lua/aws/aws_binding.h"

/* Text that is built outlives an error of Lua's in its own box. */
typedef struct text_box {
    ps_buf text;
} text_box;

static int text_gc(lua_State *L);
static const luaL_Reg text_meta[] = {{"__gc", text_gc}, {NULL, NULL}};
static const ps_box_type box_text = {"passo.aws.text", NULL, text_meta};

static int text_gc(lua_State *L)
{
    text_box *t = ps_box_check(L, 1, &box_text);
    ps_buf_free(&t->text);
    return 0;
}

static int push_text(lua_State *L, text_box *t)
{
    lua_pushlstring(L, ps_buf_str(&t->text).p, t->text.len);
    ps_buf_free(&t->text);
    return 1;
}

static ps_str check_str(lua_State *L, int i)
{
    ps_str s;
    s.p = luaL_checklstring(L, i, &s.len);
    return s;
}

/* aws.checksum("CRC32", bytes) -> text */
static int aws_checksum(lua_State *L)
{
    ps_str algorithm = check_str(L, 1), bytes = check_str(L, 2);
    text_box *t = ps_box_new(L, &box_text, sizeof *t);
    if (!ps_checksum_write(algorithm, bytes, &t->text)) {
        return luaL_argerror(L, 1, "CRC32, CRC32C, SHA1, SHA256 or MD5");
    }
    return push_text(L, t);
}

/* aws.base64(bytes) -> text */
static int aws_base64(lua_State *L)
{
    ps_str bytes = check_str(L, 1);
    text_box *t = ps_box_new(L, &box_text, sizeof *t);
    ps_base64_encode(bytes, &t->text);
    return push_text(L, t);
}

const luaL_Reg ps_functions_aws_checksum[] = {
    {"checksum", aws_checksum}, {"base64", aws_base64}, {NULL, NULL}};

void ps_aws_checksum_register(lua_State *L)
{
    ps_box_register(L, &box_text);
}
