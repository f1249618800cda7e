-- The rooms of src/ and who may know whom: every `#include "room/file.h"` follows an arrow.

-- Each room may include itself, these, and what these may include.
local ARROWS = {
  base = {},
  value = { "base" },
  expr = { "jsonata" },
  asl = { "expr" },
  exec = { "asl", "items" },
  items = { "value" },
  jsonata = { "value" },
  events = { "value" },
  aws = { "value" },
  wake = { "base" },
  io = { "wake" },
  store = { "wake" },
  lua = { "base", "value", "expr", "jsonata", "asl", "exec", "items", "events", "aws", "wake", "io", "store" },
}

local function reach(room, seen)
  seen = seen or {}
  if not seen[room] then
    seen[room] = true
    for _, next_room in ipairs(ARROWS[room]) do reach(next_room, seen) end
  end
  return seen
end

local function lines_of(command)
  local pipe = assert(io.popen("env -u LD_PRELOAD " .. command))
  local out = {}
  for line in pipe:lines() do out[#out + 1] = line end
  pipe:close()
  return out
end

describe("layers", function()
  local files = lines_of "find src -name '*.[ch]' | sort"

  it("finds sources to look at", function()
    assert.is_true(#files > 10)
  end)

  it("keeps every source in a room that the picture knows", function()
    for _, file in ipairs(files) do
      local room = file:match "^src/([^/]+)/"
      assert.is_truthy(ARROWS[room], file .. " is in no known room")
    end
  end)

  it("follows the arrows in every include", function()
    local wrong = {}
    for _, file in ipairs(files) do
      local allowed = reach(file:match "^src/([^/]+)/")
      local number = 0
      for line in io.lines(file) do
        number = number + 1
        local target = line:match '^%s*#%s*include%s+"([^"]+)"'
        if target and not allowed[target:match "^([^/]+)/" or ""] then
          wrong[#wrong + 1] = ("%s:%d includes %s"):format(file, number, target)
        end
      end
    end
    assert.same({}, wrong)
  end)

  it("has a comment on top of every source, naming the file and its job", function()
    local wrong = {}
    for _, file in ipairs(files) do
      local handle = assert(io.open(file))
      local first = handle:read "*l" or ""
      handle:close()
      local name = file:match "[^/]+$"
      if first:sub(1, 3 + #name) ~= "/* " .. name then wrong[#wrong + 1] = file end
    end
    assert.same({}, wrong)
  end)

  it("loads neither what calls AWS nor the network with passo itself", function()
    local interpreter = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match "[%d.]+$"
    local words = [[require "passo" for name in pairs(package.loaded) do print(name) end]]
    local environment = ("LUA_PATH='%s' LUA_CPATH='%s'"):format(package.path, package.cpath)
    local pipe = assert(io.popen(("%s %s -e '%s'"):format(environment, interpreter, words)))
    local loaded = pipe:read "*a"
    pipe:close()
    assert.is_truthy(loaded:find("passo.core", 1, true))
    assert.is_nil(loaded:find "passo.aws" or loaded:find "passo.net" or loaded:find "passo.store")
  end)

  it("lets only io/ call the network, store/ databases, and these and wake/ sockets", function()
    local OWNERS = {
      ["curl/curl.h"] = { io = true },
      ["sys/socket.h"] = { io = true, wake = true, store = true },
      ["sqlite3.h"] = { store = true },
      ["libpq%-fe.h"] = { store = true },
    }
    local wrong = {}
    for _, file in ipairs(files) do
      local room = file:match "^src/([^/]+)/"
      for line in io.lines(file) do
        for header, owner in pairs(OWNERS) do
          if line:find("^%s*#%s*include%s+<" .. header .. ">") and not owner[room] then
            wrong[#wrong + 1] = file .. ": " .. line
          end
        end
      end
    end
    assert.same({}, wrong)
  end)
end)
