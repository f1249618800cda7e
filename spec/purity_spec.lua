-- The core, and what signs and writes calls of AWS, do no I/O, read no clock, no environment and no randomness:
-- their libraries may call what is listed here and nothing else. A name is added with the reason it is harmless.

local BUILD = os.getenv "PASSO_BUILD" or "build/release"

-- Patterns, whole names. Everything of libc here works on the memory it is given.
local ALLOWED = {
  "ps_[%w_]+",
  "mem%w+", "str[%l]*", "malloc", "calloc", "realloc", "free", "qsort", "bsearch", "abort",
  "v?snprintf",
  "is%l+", "tolower", "toupper", "__ctype_[%w_]+",
  -- numbers
  "fabs", "fmin", "fmax", "floor", "ceil", "trunc", "l?l?round", "rint", "nearbyint", "fmod", "pow", "sqrt", "exp",
  "log", "log10", "log2", "ldexp", "frexp", "modf", "copysign", "nextafter", "signbit", "scalbn",
  "__isnan", "__isinf", "__finite", "__fpclassify",
  -- what compilers add
  "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail", "__[%w]+_chk", "__%l*san_[%w_]+",
  "__sanitizer_[%w_]+", "__gcov_[%w_]+", "__popcountdi2", "__%w+ti3",
  "__builtin_[%w_]+", "__isoc99_[%w_]+", "bcmp", -- clang's for memcmp
  -- digests (OpenSSL), and the parsers of YAML and regular expressions
  "EVP_[%w_]+", "HMAC", "OPENSSL_cleanse", "SHA%d+", "SHA256_[%w_]+", "MD5", "MD5_[%w_]+",
  "yaml_[%w_]+", "pcre2_[%w_]+",
  "inflate[%w_]*", "deflate[%w_]*", "ZSTD_[%w_]+",
}

-- Harmless by name pattern, yet not pure; and what one room may do because it is its job.
local FORBIDDEN = { strerror = true, strftime = true, strcoll = true, strtok = true, memfd_create = true }
local ONLY_IN = {
  base = { "fprintf", "fputs", "fwrite", "stderr" }, -- mem.c says why it aborts
  jsonata = { "_?_?s?i?g?setjmp", "longjmp" }, -- run.c: how an evaluation ends that went wrong
  aws = {
    -- Parsers of texts that are in memory. expat salts its hash tables from the system's randomness, for
    -- nobody may choose names that collide; what it tells does not depend on that.
    "cJSON_[%w_]+", "XML_[%w_]+",
    -- SigV4a. ECDSA_sign draws the nonce that each such signature needs: the one answer of this room that is
    -- another each time.
    "EC_KEY_[%w_]+", "ECDSA_sign", "BN_[%w_]+",
  },
}

-- The one thing set at run time: the key of the hash tables, given once by the binding so that a
-- chosen key cannot be foretold. Answers do not depend on it.
local SET_ONCE = { ["hash.c.o seed0"] = true, ["hash.c.o seed1"] = true }

local ROOMS = { "base", "value", "jsonata", "expr", "asl", "exec", "items", "aws" }

local function undefined_in(archive)
  local pipe = assert(io.popen("env -u LD_PRELOAD nm -A -u " .. archive .. " 2>/dev/null"))
  local out = {}
  for line in pipe:lines() do
    local object, name = line:match ":([^:]+):%s*[Uw] ([%w_]+)"
    if name then out[#out + 1] = { object = object, name = name } end
  end
  pipe:close()
  return out
end

local function is_listed(list, name)
  for _, pattern in ipairs(list or {}) do
    if name:find("^" .. pattern .. "$") then return true end
  end
  return false
end

local function may_call(room, name)
  return is_listed(ONLY_IN[room], name) or not FORBIDDEN[name] and is_listed(ALLOWED, name)
end

local function exists(path)
  local handle = io.open(path)
  if handle then handle:close() end
  return handle ~= nil
end

describe("purity", function()
  for _, room in ipairs(ROOMS) do
    local archive = BUILD .. "/libps_" .. room .. ".a"
    it("lets " .. room .. " call only what is listed", function()
      if not exists(archive) then pending(archive .. " is not built") return end
      local wrong = {}
      for _, symbol in ipairs(undefined_in(archive)) do
        if not may_call(room, symbol.name) then
          wrong[#wrong + 1] = symbol.object .. " calls " .. symbol.name
        end
      end
      assert.same({}, wrong)
    end)

    it("gives " .. room .. " no data that can change", function()
      if not exists(archive) then pending(archive .. " is not built") return end
      -- Sanitizers keep writable books of their own, and link-time objects do not tell.
      if BUILD:find "san" or BUILD:find "release" or BUILD:find "coverage" then return end
      local pipe = assert(io.popen("objdump -t " .. archive .. " 2>/dev/null"))
      local wrong, object = {}, "?"
      for line in pipe:lines() do
        object = line:match "^(%S+):%s+file format" or object
        local section, name = line:match "^%x+ %a%s+O (%S+)%s+%x+%s.-([^%s]+)$"
        -- Tables of pointers are constant, but a shared object must relocate them once: .data.rel.ro
        local writable = section and (section:find "^%.data" or section:find "^%.t?bss" or section == "*COM*")
        if writable and not section:find "^%.data%.rel%.ro" and not SET_ONCE[object .. " " .. name] then
          wrong[#wrong + 1] = ("%s has %s (%s)"):format(object, name, section)
        end
      end
      pipe:close()
      assert.same({}, wrong)
    end)
  end

  it("exports nothing but luaopen functions from the modules", function()
    for _, module in ipairs { "5.4/passo/core", "5.1/passo/core", "5.4/passo/aws/core", "5.1/passo/aws/core",
      "5.4/passo/net/core", "5.1/passo/net/core", "5.4/passo/sqlite/core", "5.1/passo/sqlite/core",
      "5.4/passo/postgres/core", "5.1/passo/postgres/core" } do
      module = BUILD .. "/lib/lua/" .. module .. ".so"
      if exists(module) then
        local pipe = assert(io.popen("env -u LD_PRELOAD nm -D --defined-only " .. module))
        local wrong, opens = {}, 0
        for line in pipe:lines() do
          local name = line:match "%x+ %a ([%w_]+)"
          if name and name:find "^luaopen_passo_" then
            opens = opens + 1
          elseif name and not name:find "^__[atg]" then -- sanitizers' and gcov's
            wrong[#wrong + 1] = name
          end
        end
        pipe:close()
        assert.same({}, wrong)
        assert.equal(1, opens)
      end
    end
  end)
end)
