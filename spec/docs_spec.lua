-- The pages tell the truth: every block tagged `lua` or `sh` runs, links lead somewhere, and what a
-- block says it prints (`--> text`, `#> text`) is what it prints, in that order. Verbs and options of the engine that
-- pages name are there. The store `sqlite:shop.db` of a page's blocks is a file of its own, one a page.

local PAGES = { "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "src/README.md", "spec/README.md",
  "src/aws/clients.md", "src/aws/integrations.md", "src/store/stores.md", "lua/passo/engine/engine.md" }
local BUILD = os.getenv "PASSO_BUILD" or "build/release"
local STORE = "sqlite:shop.db"
local has_sqlite = require "passo" and pcall(require, "passo.sqlite.core")

local function read(path)
  local handle = io.open(path, "rb")
  if not handle then return nil end
  local text = handle:read "*a"
  handle:close()
  return text
end

-- {language, line, text} of each fenced block.
local function blocks(text)
  local out, open, number = {}, nil, 0
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do
    number = number + 1
    local fence = line:match "^```(.*)$"
    if fence and not open then
      open = { language = fence, line = number, lines = {} }
    elseif fence then
      open.text = table.concat(open.lines, "\n") .. "\n"
      out[#out + 1], open = open, nil
    elseif open then
      open.lines[#open.lines + 1] = line
    end
  end
  return out
end

-- The texts promised after `mark`, found one after the other in `printed`.
local function check_promises(block, mark, printed)
  local at = 1
  for _, line in ipairs(block.lines) do
    local promise = line:match(mark .. "%s*(.-)%s*$")
    if promise and promise ~= "" then
      local _, last = printed:find(promise, at, true)
      assert(last, ("line %d promises %q, but what is printed is:\n%s"):format(block.line, promise, printed))
      at = last + 1
    end
  end
end

local function run_lua(page, block)
  local printed = {}
  local env = setmetatable({
    print = function(...)
      local words = {}
      for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
      printed[#printed + 1] = table.concat(words, "\t")
    end,
  }, { __index = _G })
  local name = ("=%s:%d"):format(page, block.line)
  local chunk
  if setfenv then -- luacheck: ignore 113
    chunk = assert(loadstring(block.text, name)) -- luacheck: ignore 113
    setfenv(chunk, env) -- luacheck: ignore 113
  else
    chunk = assert(load(block.text, name, "t", env))
  end
  chunk()
  check_promises(block, "%-%->", table.concat(printed, "\n"))
end

local function run_sh(block)
  local script, output = os.tmpname(), os.tmpname()
  local handle = assert(io.open(script, "w"))
  handle:write("set -eu\n", block.text)
  handle:close()
  local status = os.execute(("PATH=%s/bin:$PATH sh %s >%s 2>&1"):format(BUILD, script, output))
  local printed = read(output) or ""
  os.remove(script)
  os.remove(output)
  assert(status == true or status == 0, "it fails:\n" .. printed)
  check_promises(block, "#>", printed)
end

-- Runs one of a page's blocks on the page's store.
local function run(page, block, store)
  block.text = block.text:gsub(STORE:gsub("%p", "%%%0"), (("sqlite:" .. store):gsub("%%", "%%%%")))
  if block.language == "lua" then run_lua(page, block) else run_sh(block) end
end

local function remove_store(path)
  for _, suffix in ipairs { "", "-wal", "-shm", "-passo" } do os.remove(path .. suffix) end
end

describe("documentation", function()
  for _, page in ipairs(PAGES) do
    local text = read(page)
    local store = os.tmpname()

    teardown(function() remove_store(store) end)

    it("has " .. page, function() assert.is_truthy(text) end)

    for _, block in ipairs(blocks(text or "")) do
      local what = block.language == "lua" and "Lua" or block.language == "sh" and "shell lines"
      if what then
        it(("runs the %s at %s:%d"):format(what, page, block.line), function()
          if block.text:find(STORE, 1, true) and not has_sqlite then pending "built without SQLite" return end
          run(page, block, store)
        end)
      end
    end

    it("has no link in " .. page .. " that leads nowhere", function()
      local folder = page:match "^(.*/)" or ""
      for target in (text or ""):gmatch "%]%(([^)#]+)[^)]*%)" do
        if not target:find "^%a+:" then
          local path = target:find "^/" and target:sub(2) or folder .. target
          assert(read(path) or os.rename(path, path), page .. " links to " .. target)
        end
      end
    end)
  end

  it("names verbs that an engine has", function()
    local engine = require "passo.engine"
    for _, page in ipairs { "README.md", "lua/passo/engine/engine.md", "src/store/stores.md" } do
      for verb in read(page):gmatch "engine:([%a_]+)" do assert.is_function(engine[verb], page .. ": " .. verb) end
    end
    local verbs = read "lua/passo/engine/engine.md":match "## Verbs\n(.-)\n## "
    for row in verbs:gmatch "\n| ([^\n]+)" do
      for verb in row:gmatch "`([%a_]+)`" do assert.is_function(engine[verb], verb) end
    end
  end)

  it("declares the verbs and options of engines that there are, and every one that it tells of", function()
    local passo = require "passo"
    local types = read "lua/passo/types.lua"
    local class = types:match "%-%-%-@class passo%.Engine\n(.-)\n\n"
    for verb in class:gmatch "@field ([%a_]+)" do
      assert.is_function(require("passo.engine")[verb], verb)
    end
    local pages = read "lua/passo/engine/engine.md"
    for verb in pages:match("## Verbs\n(.-)\n## "):gmatch "`([%l_]+)`[,;| ]" do
      assert.truthy(class:find("@field " .. verb .. " ", 1, true), verb)
    end
    for option in types:match("@class passo%.EngineOptions.-\n(.-)\n\n"):gmatch "@field ([%a_]+)" do
      -- A wrong value is told as such; a name that is none, as that.
      local _, message = pcall(passo.engine, { [option] = false })
      assert.falsy(tostring(message):find("unknown option", 1, true), option)
    end
  end)

  it("declares every function of the C module in types.lua", function()
    local types = read "lua/passo/types.lua"
    if not types then pending "lua/passo/types.lua is not written yet" return end
    local missing = {}
    for name, value in pairs(require "passo.core") do
      if type(value) == "function" and not types:find("[.:]" .. name .. "%f[^%w_]") then
        missing[#missing + 1] = name
      end
    end
    table.sort(missing)
    assert.same({}, missing)
  end)
end)
