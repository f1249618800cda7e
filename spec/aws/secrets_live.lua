--- Where secrets are not: in what programs see of calls that went well or wrong, and in memory after close().
---
--- Another process looks into the child's memory. What it can say: after close() nothing that is alive, and no buffer
--- of ours, has the secret. What it cannot: Lua's own strings are the caller's matter; Lua frees them as they are. The
--- child's malloc overwrites what is freed (glibc.malloc.perturb): whatever is found is still held. LuaJIT has
--- an allocator of its own: there only the number of copies is compared.
local servers = require "aws.servers"

local jit = rawget(_G, "jit")
local interpreter = jit and "luajit" or "lua" .. _VERSION:match "%d.%d"
local SECRET, TOKEN = "Zq7vSecretOfTheSpecsThatNobodyMaySee+/0", "FQoGTokenOfTheSpecs//thatNobodyMaySee=="
-- What is freed must not go by the thread's cache, which keeps its bytes.
local TUNABLES = "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0"

describe("secrets", function()
  local s, folder, child

  local function read(name)
    local file = io.open(folder .. "/" .. name, "rb")
    local text = file and file:read "*a" or ""
    if file then file:close() end
    return text
  end
  local function wait_for(word)
    for _ = 1, 600 do
      if read("out"):find(word, 1, true) then return end
      os.execute "sleep 0.05"
    end
    error(word .. " did not come: " .. read "out" .. read "err")
  end
  local function copies(text)
    return assert(s:ask { ["do"] = "scan", pid = tonumber(read "pid"), text = text })
  end

  setup(function()
    s = servers.start { "moto", "proxy", "faults" }
    folder = s.folder
    assert(s:ask { ["do"] = "key", key_id = "AKIDSECRETS", secret = SECRET, token = TOKEN })
    local file = assert(io.open(folder .. "/keys", "w"))
    file:write("AKIDSECRETS\n", SECRET, "\n", TOKEN, "\n")
    file:close()
    child = io.popen(("cd '%s' && echo $$ >%s/pid && GLIBC_TUNABLES=%s exec %s spec/aws/secrets_child.lua %s %s %s "
      .. ">%s/out 2>%s/err"):format((assert(io.popen "pwd"):read "*l"), folder, TUNABLES, interpreter, folder, s.proxy,
      s.fault_garbage_body, folder, folder), "w")
    wait_for "used"
  end)
  teardown(function()
    child:close()
    s:stop()
  end)

  it("are not in results, failures, histories, clients, or what is printed of keys", function()
    local seen = read "seen"
    assert.is_true(#seen > 10000)
    assert.matches("AKIDSECRETS", seen, 1, true)
    for _, text in ipairs { seen, read "out", read "err" } do
      assert.is_nil(text:find(SECRET, 1, true))
      assert.is_nil(text:find(SECRET:sub(1, 16), 1, true))
      assert.is_nil(text:find(TOKEN, 1, true))
    end
    assert.equal(0, read("err"):len(), read "err")
  end)

  it("are overwritten by close()", function()
    local before = copies(SECRET)
    if before.reason then return pending("are overwritten by close(): " .. before.reason) end
    local before_token = copies(TOKEN)
    assert.is_true(before.count >= 1)
    child:write "go\n"
    child:flush()
    wait_for "closed"
    local after, after_token = copies(SECRET), copies(TOKEN)
    assert.is_true(after.count < before.count, ("%d copies before, %d after"):format(before.count, after.count))
    assert.is_true(after_token.count < before_token.count)
    if not jit then
      assert.equal(0, after.count, table.concat(after.where, ", "))
      assert.equal(0, after_token.count, table.concat(after_token.where, ", "))
    end
  end)
end)
