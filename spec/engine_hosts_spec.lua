--- Engines in each event loop: their executions sleep, are answered, handed over and taken over there.
local core = require "passo.core"
local passo = require "passo"

local function task(name) return { Type = "Task", Resource = "lua:" .. name, End = true } end

local function machine(state)
  return assert(passo.parse { StartAt = "S", States = { S = state } })
end

local hosts = {
  plain = function() return require("passo.host.plain").new() end,
  luv = function()
    local has = pcall(require, "luv")
    return has and require("passo.host.luv").new()
  end,
  cqueues = function()
    local has = pcall(require, "cqueues")
    return has and require("passo.host.cqueues").new()
  end,
}

if not pcall(require, "passo.sqlite.core") then
  describe("an engine in a host", function() pending "built without SQLite" end)
  return
end

for name, make in pairs(hosts) do
  describe("an engine in the host " .. name, function()
    local host, folder, engine, token

    local function open(options)
      options = options or {}
      options.store, options.host = options.store or ("sqlite:%s/s.db"):format(folder), host
      options.handlers = options.handlers or {
        ["lua:nap"] = function(input)
          passo.sleep(0.02)
          return { n = input.n }
        end,
        ["lua:outer"] = function(input)
          local inner = assert(engine:start_execution("nap", { n = input.n + 1 }))
          return assert(engine:await(inner.executionArn)).output
        end,
        ["lua:long"] = function(_, ctx)
          local ok = passo.sleep(30)
          return { slept = ok, cancelled = ctx:cancelled() }
        end,
        Ask = function(_, ctx)
          token = ctx.task_token
          return {}
        end,
      }
      local opened = assert(passo.engine(options))
      for key, state in pairs { nap = task "nap", outer = task "outer", long = task "long",
        wait = { Type = "Wait", Seconds = 2, End = true },
        ask = { Type = "Task", Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken", End = true,
          Parameters = { FunctionName = "Ask", ["Payload.$"] = "$$.Task.Token" } } } do
        assert(opened:create_state_machine(key, machine(state)))
      end
      return opened
    end

    local function pause(seconds) host:wait(host:event(), core.now_ms() + seconds * 1000) end

    before_each(function()
      host = make()
      folder, token = os.tmpname(), nil
      os.remove(folder)
      os.execute("mkdir " .. folder)
      engine = host and open()
    end)

    after_each(function()
      if engine and not engine.is_closed then engine:close(0) end
      os.execute("rm -r " .. folder)
    end)

    local function test(words, fn)
      it(words, function()
        if not host then return pending("there is no " .. name) end
        fn()
      end)
    end

    test("runs, sleeps in the store and wakes", function()
      local started = assert(engine:start_execution("nap", { n = 1 }))
      local sleeper = assert(engine:start_execution("wait", {}))
      assert.equal(1, engine:await(started.executionArn).output.n)
      assert.equal("SUCCEEDED", engine:await(sleeper.executionArn).status)
      assert.equal(0, engine.live_count)
    end)

    test("takes calls of its verbs from within handlers", function()
      local started = assert(engine:start_execution("outer", { n = 1 }))
      assert.equal(2, engine:await(started.executionArn).output.n)
    end)

    test("is answered by whoever has the task's token", function()
      local started = assert(engine:start_execution("ask", {}))
      while not token do pause(0.01) end
      assert(engine:send_task_success(token, { fine = true }))
      assert.is_true(engine:await(started.executionArn).output.fine)
    end)

    test("hands over what it runs to another, within the grace that it is given", function()
      local started = assert(engine:start_execution("long", {}))
      local sleeper = assert(engine:start_execution("wait", {}))
      pause(0.1)
      local other = open { handlers = { ["lua:long"] = function() return { by = "another" } end } }
      local before = core.now_ms()
      assert(engine:close(0.1))
      assert.is_true(core.now_ms() - before < 4000) -- a task of 30 s is not waited for
      assert.equal("another", other:await(started.executionArn).output.by)
      assert.equal("SUCCEEDED", other:await(sleeper.executionArn).status)
      other:close()
    end)

    test("serves until a handler's program closes it", function()
      host:spawn(function()
        pause(0.05)
        engine:close()
      end)
      assert.is_true(engine:run())
      assert.is_true(engine.is_closed)
    end)
  end)
end
