/* secret_lua.c -- what caches of tokens on this machine need: a file that nobody else may read,
 * replaced in one step, and the digests that name it. */
#define _GNU_SOURCE /* mkostemp */
#include "base/hash.h"
#include "lua/binding.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* core.digest("sha1", text): in hexadecimal. */
static int core_digest(lua_State *L)
{
    static const char *const names[] = {"md5", "sha1", "sha256", "sha384", "sha512", NULL};
    static const ps_digest digests[] = {PS_DIGEST_MD5, PS_DIGEST_SHA1, PS_DIGEST_SHA256,
                                        PS_DIGEST_SHA384, PS_DIGEST_SHA512};
    ps_digest which = digests[luaL_checkoption(L, 1, NULL, names)];
    ps_str text;
    text.p = luaL_checklstring(L, 2, &text.len);
    uint8_t bytes[64];
    char hex[2 * sizeof bytes];
    size_t len = ps_hash_digest(which, text, bytes);
    ps_hash_hex(bytes, len, hex);
    lua_pushlstring(L, hex, 2 * len);
    return 1;
}

static int write_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -1;
        }
        p += n;
        len -= (size_t)n;
    }
    return fsync(fd);
}

static int push_errno(lua_State *L, const char *path, int why)
{
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", path, strerror(why));
    return 2;
}

/* core.write_private(path, text): makes or replaces a file that only its owner may read. Who reads
 * it meanwhile sees the old one or the new one. The owner and group of an old one are not kept. */
static int core_write_private(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);
    const char *pattern = lua_pushfstring(L, "%s.XXXXXX", path);
    size_t size = strlen(pattern) + 1;
    char *other = ps_lua_newuserdata(L, size);
    memcpy(other, pattern, size);
    int fd = mkostemp(other, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        return push_errno(L, path, errno);
    }
    int why = write_all(fd, text, len) == 0 ? 0 : errno;
    if (close(fd) != 0 && why == 0) {
        why = errno;
    }
    if (why == 0 && rename(other, path) != 0) {
        why = errno;
    }
    if (why != 0) {
        (void)unlink(other);
        return push_errno(L, path, why);
    }
    lua_pushboolean(L, 1);
    return 1;
}

const luaL_Reg ps_functions_secret[] = {
    {"digest", core_digest}, {"write_private", core_write_private}, {NULL, NULL}};
