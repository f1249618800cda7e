/* refusing.c -- the C/Lua boundary when Lua has no memory: allocation n = 0, 1, 2 ... is refused.
 *
 *   refusing FOLDER scenarios.lua [NAME]      FOLDER has passo/core.so, passo/aws/core.so, ...
 *
 * Every scenario of scenarios.lua runs until it succeeds, once for each n and manner:
 *   once    one refusal; Lua 5.4 collects all garbage and asks again, the others raise
 *   always  everything after it is refused too, so that every engine raises
 * After each run the memory is there again: the same scenario must then succeed in the same state,
 * and the state must close.
 *
 * The only memory refused is Lua's: the core's own allocations are not meant to fail. Built with
 * the address sanitizer this also finds what is lost, freed twice or used too late. The collector
 * rests while memory is refused: Lua cannot call a finalizer it has no memory for, and forgets
 * it. LuaJIT's compiler rests too: its traces do not always survive a refusal. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED
#include <sanitizer/lsan_interface.h>
static bool lost_something(void)
{
    return __lsan_do_recoverable_leak_check() != 0;
}
#else
static bool lost_something(void)
{
    return false;
}
#endif

typedef enum manner { NEVER, ONCE, ALWAYS } manner;

typedef struct memory {
    manner manner;
    long left; /* requests until the refusal */
    long asked;
    long refused;
} memory;

/* In the order they are opened: the second shares the first one's values. The last two are there
 * where their databases' libraries are. */
static const struct {
    const char *file, *open, *global, *scenario;
    bool may_lack;
} modules[] = {
    {"passo/core.so", "luaopen_passo_core", "core", "open", false},
    {"passo/aws/core.so", "luaopen_passo_aws_core", "aws", "open aws", false},
    {"passo/net/core.so", "luaopen_passo_net_core", "net", "open net", false},
    {"passo/sqlite/core.so", "luaopen_passo_sqlite_core", "sqlite", "open sqlite", true},
    {"passo/postgres/core.so", "luaopen_passo_postgres_core", "postgres", "open postgres", true},
};
enum { MODULES = sizeof modules / sizeof *modules };

typedef struct harness {
    lua_CFunction open[MODULES]; /* NULL: not built */
    const char *scenarios;
    memory m;
    long runs, failures;
    bool lost;
} harness;

/* Lua takes for granted that shrinking succeeds. */
static bool refuse(memory *m)
{
    if (m->manner == NEVER) {
        return false;
    }
    m->asked++;
    if (m->left > 0) {
        m->left--;
        return false;
    }
    if (m->manner == ONCE && m->refused > 0) {
        return false;
    }
    m->refused++;
    return true;
}

static void *lua_memory(void *arg, void *old, size_t old_size, size_t size)
{
    if (size == 0) {
        free(old);
        return NULL;
    }
    if ((!old || size > old_size) && refuse(arg)) {
        return NULL;
    }
    return realloc(old, size);
}

static lua_State *new_state(harness *h)
{
    h->m.manner = NEVER;
    lua_State *L = lua_newstate(lua_memory, &h->m);
    if (!L) {
        fprintf(stderr, "this Lua takes no allocator\n");
        exit(2);
    }
    luaL_openlibs(L);
    return L;
}

static void complain(harness *h, const char *name, manner how, long n, const char *what)
{
    h->failures++;
    fprintf(stderr, "%s: allocation %ld refused %s: %s\n", name, n, how == ONCE ? "once" : "always",
            what);
}

/* -- what a scenario needs ------------------------------------------------------------------- */

static int require_module(lua_State *L)
{
    const harness *h = lua_touserdata(L, 1);
    int which = (int)lua_tointeger(L, 2);
    lua_settop(L, 0);
    lua_pushcfunction(L, h->open[which]);
    lua_call(L, 0, 1);
    return 1;
}

static int push_require(harness *h, lua_State *L, int which)
{
    lua_pushcfunction(L, require_module);
    lua_pushlightuserdata(L, h);
    lua_pushinteger(L, which);
    return 2;
}

static void must(lua_State *L, int status, const char *what)
{
    if (status != 0) {
        fprintf(stderr, "%s: %s\n", what, lua_tostring(L, -1));
        exit(2);
    }
}

/* Leaves the scenarios' table at 1. It is empty where a module's opening is tried: for i = 0, -1,
 * -2, with only the modules before that one opened. */
static void prepare(harness *h, lua_State *L, int i)
{
    for (int which = 0; which < (i > 0 ? MODULES : -i); which++) {
        if (!h->open[which]) {
            continue;
        }
        must(L, lua_pcall(L, push_require(h, L, which), 1, 0), modules[which].file);
        lua_setglobal(L, modules[which].global);
    }
    must(L, luaL_loadfile(L, h->scenarios), h->scenarios);
    must(L, lua_pcall(L, 0, 1, 0), h->scenarios);
}

/* Pushes the scenario's function and what it is given; returns the number of the latter. */
static int push_scenario(harness *h, lua_State *L, int i)
{
    if (i <= 0) {
        return push_require(h, L, -i);
    }
    lua_rawgeti(L, 1, i);
    lua_getfield(L, -1, "run");
    lua_remove(L, -2);
    return 0;
}

static void collect(lua_State *L)
{
    lua_gc(L, LUA_GCCOLLECT, 0);
    lua_gc(L, LUA_GCCOLLECT, 0);
}

/* -- one run --------------------------------------------------------------------------------- */

/* What a program is told: Lua's own words, or those for a stack that cannot grow. */
static bool is_memory_error(int status, const char *words)
{
    static const char *const known[] = {"not enough memory", "stack overflow",
                                        "no room on the Lua stack"};
    for (size_t i = 0; words && i < sizeof known / sizeof *known; i++) {
        if (strstr(words, known[i])) {
            return true;
        }
    }
    return status == LUA_ERRMEM;
}

/* Runs the scenario with allocation n refused; false when there were fewer than that. */
static bool run_refused(harness *h, lua_State *L, int i, const char *name, manner how, long n)
{
    int arguments = push_scenario(h, L, i);
    lua_gc(L, LUA_GCSTOP, 0);
    h->m = (memory){.manner = how, .left = n};
    int status = lua_pcall(L, arguments, 0, 0);
    bool refused = h->m.refused > 0;
    h->m.manner = NEVER;
    lua_gc(L, LUA_GCRESTART, 0);
    h->runs++;
    const char *words = status != 0 && lua_isstring(L, -1) ? lua_tostring(L, -1) : NULL;
    if (status != 0 && !refused) {
        complain(h, name, how, n, words ? words : "an error that is no text");
    } else if (status != 0 && !is_memory_error(status, words)) {
        complain(h, name, how, n, words ? words : "an error that is no text");
    } else if (status == 0 && refused && how == ALWAYS) {
        complain(h, name, how, n, "nobody noticed");
    }
    lua_settop(L, 1);
    return refused;
}

/* The state must be as good as new. */
static void run_freely(harness *h, lua_State *L, int i, const char *name, manner how, long n)
{
    int arguments = push_scenario(h, L, i);
    if (lua_pcall(L, arguments, 0, 0) != 0) {
        complain(h, name, how, n, lua_tostring(L, -1));
    }
    lua_settop(L, 1);
}

/* -- one scenario ---------------------------------------------------------------------------- */

static long count_allocations(harness *h, int i)
{
    lua_State *L = new_state(h);
    prepare(h, L, i);
    int arguments = push_scenario(h, L, i);
    lua_gc(L, LUA_GCSTOP, 0);
    h->m = (memory){.manner = ALWAYS, .left = 1000000000};
    must(L, lua_pcall(L, arguments, 0, 0), "a scenario with all the memory it wants");
    long asked = h->m.asked;
    lua_close(L);
    return asked;
}

/* All in one state, which thus survives every refusal. */
static void run_in_one(harness *h, int i, const char *name, manner how)
{
    lua_State *L = new_state(h);
    prepare(h, L, i);
    for (long n = 0; run_refused(h, L, i, name, how, n); n++) {
        collect(L);
        if (n % 8 == 0) {
            run_freely(h, L, i, name, how, n);
        }
    }
    run_freely(h, L, i, name, how, -1);
    lua_close(L);
}

/* Each in a state of its own that closes at once, with all that the failure left behind. */
static void run_in_many(harness *h, int i, const char *name, manner how)
{
    bool more = true;
    for (long n = 0; more; n++) {
        lua_State *L = new_state(h);
        prepare(h, L, i);
        more = run_refused(h, L, i, name, how, n);
        lua_close(L);
    }
}

static void run_scenario(harness *h, int i, const char *name)
{
    long allocations = count_allocations(h, i);
    long before = h->runs;
    for (manner how = ONCE; how <= ALWAYS; how++) {
        run_in_one(h, i, name, how);
        run_in_many(h, i, name, how);
    }
    /* What was lost once is found again each time: the first scenario to tell of it is the one. */
    if (!h->lost && lost_something()) {
        h->lost = true;
        h->failures++;
        fprintf(stderr, "%s: memory was lost\n", name);
    }
    printf("%-24s %6ld allocations %6ld runs\n", name, allocations, h->runs - before);
    fflush(stdout);
}

static lua_CFunction load_module(const char *folder, int which)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, modules[which].file);
    if (modules[which].may_lack && access(path, F_OK) != 0) {
        return NULL;
    }
    void *module = dlopen(path, RTLD_NOW);
    void *symbol = module ? dlsym(module, modules[which].open) : NULL;
    if (!symbol) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
    /* ISO C has no conversion from an object pointer to a function. */
    lua_CFunction open_module = NULL;
    memcpy(&open_module, &symbol, sizeof open_module);
    return open_module;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: refusing FOLDER scenarios.lua [NAME]\n");
        return 2;
    }
    harness h = {.scenarios = argv[2]};
    const char *only = argc > 3 ? argv[3] : NULL;
    for (int which = 0; which < MODULES; which++) {
        h.open[which] = load_module(argv[1], which);
    }
    for (int which = 0; which < MODULES; which++) {
        if (h.open[which] && (!only || strcmp(only, modules[which].scenario) == 0)) {
            run_scenario(&h, -which, modules[which].scenario);
        }
    }
    lua_State *names = new_state(&h);
    prepare(&h, names, 1);
    for (int i = 1;; i++) {
        lua_rawgeti(names, 1, i);
        if (lua_isnil(names, -1)) {
            break;
        }
        lua_getfield(names, -1, "name");
        const char *name = lua_tostring(names, -1);
        if (!only || strcmp(only, name) == 0) {
            run_scenario(&h, i, name);
        }
        lua_pop(names, 2);
    }
    lua_close(names);
    printf("%s: %ld runs, %ld failures\n", LUA_VERSION, h.runs, h.failures);
    return h.failures != 0;
}
