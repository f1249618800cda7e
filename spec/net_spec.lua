--- passo.net on the plain host, against an nginx on loopback; the same sends inside luv and cqueues.
local helper = require "helper"
local web = require "web_server"
local core = require "passo.core"
local net = require "passo.net"
local passo = require "passo"

local function count_in(folder)
  return select(2, web.capture("ls /proc/$PPID/" .. folder):gsub("\n", ""))
end

local function field(name)
  for line in io.lines "/proc/self/status" do
    local value = line:match("^" .. name .. ":%s+(%d+)")
    if value then return tonumber(value) end
  end
end

describe("passo.net", function()
  local server

  setup(function() if web.can_run then server = web.start(web.USUAL, { tls = true }) end end)
  teardown(function() if server then web.stop(server) end end)

  local function test(name, fn)
    it(name, function()
      if not web.can_run then return pending "there is no nginx with its Lua module, or no openssl" end
      fn()
    end)
  end

  local function send(path, options, method, headers, body)
    return net.send(method or "GET", server.url .. path, headers, body, options)
  end

  local function fails(code, path, options, method, headers, body)
    local status, message, failure = send(path, options, method, headers, body)
    assert.is_nil(status)
    assert.equal(code, failure.code, message)
    assert.equal(message, failure.message)
    return message
  end

  local function seen(what)
    local _, _, body = send("/seen?what=" .. what)
    return tonumber(body)
  end

  describe("send", function()
    test("gives status, header lines, body and the version of HTTP", function()
      local status, headers, body, version = send "/fast"
      assert.equal(200, status)
      assert.matches("\nContent%-Length: 11\r\n", headers)
      assert.not_matches("HTTP/", headers)
      assert.equal('{"ok":true}', body)
      assert.equal("1.1", version)
    end)

    test("sends what it is told, and frames the body itself", function()
      local _, _, got = send("/echo?x=%2F&y", nil, "POST",
        "X-One: 1:\r\nX-None:\r\nContent-Length: 99\r\n", "hello")
      assert.equal(("POST /echo?x=%%2F&y HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-One: 1:\r\nX-None:\r\n" ..
        "Content-Length: 5\r\n\r\nhello"):format(server.port), got)
    end)

    test("leaves paths alone", function()
      local _, _, got = send("/x/../echo?a=b", nil, "DELETE")
      assert.matches("^DELETE /x/%.%./echo%?a=b HTTP/1.1\r\n", got)
    end)

    test("tells an empty body from none", function()
      local _, _, got = send("/echo", nil, "PUT", nil, "")
      assert.matches("\r\nContent%-Length: 0\r\n", got)
      _, _, got = send("/echo", nil, "DELETE")
      assert.not_matches("Content%-Length", got)
    end)

    test("gives a HEAD's headers and no body", function()
      local status, headers, body = send("/fast", nil, "HEAD")
      assert.equal(200, status)
      assert.matches("Content%-Length: 11", headers)
      assert.equal("", body)
    end)

    test("keeps any byte", function()
      local bytes = {}
      for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
      local body = table.concat(bytes):rep(100)
      local _, _, got = send("/echo", nil, "POST", nil, body)
      assert.equal(body, got:match "\r\n\r\n(.*)$")
    end)

    test("follows no redirect", function()
      local status, headers = send "/moved"
      assert.equal(302, status)
      assert.matches("Location: ", headers)
    end)

    test("uses connections again", function()
      local _, _, first = send "/connection"
      for _ = 1, 20 do
        local _, _, again = send "/connection"
        assert.equal(first, again)
      end
    end)

    test("takes a request with names", function()
      local reply = net.request { method = "POST", url = server.url .. "/echo", body = "x",
        headers = { ["X-B"] = "2", ["X-A"] = "1" } }
      assert.equal(200, reply.status)
      assert.matches("X%-A: 1\r\nX%-B: 2\r\n", reply.body)
    end)

    test("refuses what is no request, before anything is sent", function()
      for _, url in ipairs { "ftp://localhost/", "localhost", "http://", "http://a b/", "http://a\r\nb/",
        "http://a:99999/" } do
        local status, _, failure = net.send("GET", url)
        assert.is_nil(status)
        assert.equal("EINPUT", failure.code, url)
      end
      fails("EINPUT", "/fast", nil, "GET", "no header\r\n")
      fails("EINPUT", "/fast", nil, "GET", "X-A: b\0c\r\n")
      fails("EINPUT", "/fast", nil, "GE T")
      assert.has_error(function() send("/fast", { timeout_ms = "soon" }) end)
    end)
  end)

  describe("faults", function()
    test("names a port where nobody answers", function()
      local status, message, failure = net.send("GET", "http://user:hidden@127.0.0.1:1/path?secret=1",
        "X-Key: hidden\r\n")
      assert.is_nil(status)
      assert.equal("ECONNECT", failure.code)
      assert.equal("127.0.0.1:1: cannot connect: Connection refused", message)
    end)

    test("names a host that nobody knows", function()
      local _, message, failure = net.send("GET", "http://nobody.invalid/path?secret=1")
      assert.equal("EDNS", failure.code)
      assert.matches("^nobody%.invalid:80: ", message)
      assert.not_matches("secret", message)
    end)

    test("tells connections that end early", function()
      for _, path in ipairs { "/reset", "/half", "/chunk", "/header" } do fails("ERESET", path) end
    end)

    test("tells what is not HTTP", function()
      fails("ERESET", "/garbage")
    end)

    test("bounds the reply's headers and body", function()
      fails("ELIMIT", "/endless")
      assert.matches("more than 1000 bytes", fails("ELIMIT", "/large?n=1", { max_body = 1000 }))
    end)

    test("ends by each of its timeouts, in time", function()
      for _, options in ipairs { { timeout_ms = 200 }, { idle_timeout_ms = 200 } } do
        for _, path in ipairs { "/slow?s=30", "/stall" } do
          local before = core.clock()
          fails("ETIMEOUT", path, options)
          local took = core.clock() - before
          assert.is_true(took > 0.15 and took < 1.5, took)
        end
      end
    end)

    test("leaves who is slow but moves alone", function()
      local status, _, body = send("/stall?s=0.3", { idle_timeout_ms = 2000 })
      assert.equal(200, status)
      assert.equal("somemore", body)
    end)

    test("leaves no descriptor behind", function()
      local function all()
        for _, path in ipairs { "/reset", "/half", "/chunk", "/garbage", "/endless" } do send(path) end
        send("/slow?s=5", { timeout_ms = 20 })
        send("/large?n=50", { sink = function() return false, "enough" end })
        net.send("GET", "http://127.0.0.1:1/")
      end
      all()
      local before = count_in "fd"
      for _ = 1, 20 do all() end
      assert.is_true(count_in "fd" <= before + 1, count_in "fd" .. " of " .. before)
    end)
  end)

  describe("TLS", function()
    local function tls(options, path)
      return net.send("GET", server.tls_url .. (path or "/version"), nil, nil, options)
    end

    test("speaks HTTP/2 with who offers it", function()
      local status, _, body, version = tls { ca_bundle = server.ca }
      assert.equal(200, status)
      assert.equal("HTTP/2.0", body)
      assert.equal("2", version)
      _, _, body = tls { ca_bundle = server.ca, http2 = false }
      assert.equal("HTTP/1.1", body)
    end)

    -- libcurl 7.88 would send the second request over the stream's connection, and take its bytes for a reply.
    test("keeps HTTP/2 and a slow stream of HTTP/1 apart", function()
      local clock, count, total = require("passo.host.plain").new(), 0, 0
      clock:spawn(function()
        net.send("GET", server.tls_url .. "/large?n=100", nil, nil, { ca_bundle = server.ca, sink = function(piece)
          total = total + #piece
          clock:sleep(0.01)
        end })
      end)
      clock:spawn(function()
        while total < 6553600 do
          local _, _, body = tls { ca_bundle = server.ca }
          if count < 3 then assert.equal("HTTP/2.0", body) else assert.matches("^HTTP/[12]%.[01]$", body) end
          count = count + 1
        end
      end)
      for _ = 1, 20 do
        if total < 6553600 then clock:advance(1) end
      end
      assert.equal(6553600, total)
      assert.is_true(count > 5, count)
    end)

    test("refuses a certificate of another CA, of none, and a bundle that is not there", function()
      for _, bundle in ipairs { server.other_ca, "/etc/ssl/certs/ca-certificates.crt", "/nonexistent.pem" } do
        local status, message, failure = tls { ca_bundle = bundle }
        assert.is_nil(status)
        assert.equal("ETLS", failure.code)
        assert.matches("^localhost:%d+: ", message)
      end
      assert.is_nil((tls()))
      assert.equal(200, (tls { verify = false }))
      assert.is_nil((tls()))
    end)

    test("refuses a certificate for another name", function()
      local _, _, failure = net.send("GET", (server.tls_url:gsub("localhost", "127.0.0.2")), nil, nil,
        { ca_bundle = server.ca })
      assert.is_truthy(failure.code == "ETLS" or failure.code == "ECONNECT")
    end)

    test("tells a server that speaks no TLS", function()
      local _, _, failure = net.send("GET", (server.url:gsub("http:", "https:")))
      assert.equal("ETLS", failure.code)
    end)
  end)

  describe("streams", function()
    test("take a reply in pieces", function()
      local count, pieces = 0, 0
      local status, _, body = send("/large?n=100", { sink = function(piece)
        count, pieces = count + #piece, pieces + 1
      end })
      assert.equal(200, status)
      assert.is_nil(body)
      assert.equal(6553600, count)
      assert.is_true(pieces > 10)
    end)

    test("keep a refusal from the sink", function()
      local status, _, body = send("/refuse", { sink = function() error "never" end })
      assert.equal(403, status)
      assert.equal("no", body)
    end)

    test("write to a file", function()
      local file = assert(io.tmpfile())
      assert.equal(200, (send("/large?n=2", { sink = file })))
      assert.equal(131072, file:seek "end")
      file:close()
    end)

    test("end when the sink has enough, and when it raises", function()
      local message = fails("EIO", "/large?n=1000", { sink = function() return nil, "disk full" end })
      assert.equal("the reply's sink failed: disk full", message)
      assert.has_error(function() send("/large?n=1000", { sink = function() error "bug" end }) end)
    end)

    test("keep little in memory, however slow the sink", function()
      send("/large?n=100", { sink = function() end })
      collectgarbage()
      local before, total, pieces = field "VmRSS", 0, 0
      local status = send("/large?n=3200", { sink = function(piece)
        total, pieces = total + #piece, pieces + 1
        if pieces % 16 == 0 then collectgarbage() end -- what pieces Lua still keeps is not the transfer's doing
      end })
      assert.equal(200, status)
      assert.equal(3200 * 65536, total)
      local grown = field "VmRSS" - before
      assert.is_true(grown < 30000 or os.getenv "LD_PRELOAD" ~= nil, grown .. " KB for 200 MB")
    end)

    test("send a body in pieces, chunked or with its length", function()
      local function numbers(n)
        return function()
          if n == 0 then return nil end
          n = n - 1
          return tostring(n)
        end
      end
      local _, _, got = send("/echo", nil, "PUT", nil, numbers(5))
      assert.matches("Transfer%-Encoding: chunked\r\n\r\n43210$", got)
      for _, how in ipairs { { { length = 5 } }, { nil, "Content-Length: 5\r\n" } } do
        _, _, got = send("/echo", how[1], "PUT", how[2], numbers(5))
        assert.matches("Content%-Length: 5\r\n\r\n43210$", got)
      end
    end)

    test("send files", function()
      local name = os.tmpname()
      web.write(name, ("x"):rep(1000000))
      local _, _, got = send("/count", nil, "PUT", nil, { path = name })
      assert.equal("1000000", got)
      local file = assert(io.open(name, "rb"))
      file:seek("set", 10)
      _, _, got = send("/count", nil, "PUT", nil, file)
      assert.equal("999990", got)
      file:close()
      os.remove(name)
      fails("EINPUT", "/count", nil, "PUT", nil, { path = name })
    end)

    test("send much with little in memory", function()
      local piece, left = ("x"):rep(100000), 2000
      collectgarbage()
      local before = field "VmRSS"
      local _, _, got = send("/count", { length = 200000000 }, "PUT", nil, function()
        left = left - 1
        return left >= 0 and piece or nil
      end)
      assert.equal("200000000", got)
      local grown = field "VmRSS" - before
      assert.is_true(grown < 30000 or os.getenv "LD_PRELOAD" ~= nil, grown .. " KB for 200 MB")
    end)

    test("end when the source fails, or lies about its length", function()
      assert.equal("the body's source failed: torn", fails("EINPUT", "/count", nil, "PUT", nil, function()
        return nil, "torn"
      end))
      for _, length in ipairs { 2, 4 } do
        local left = 1
        fails("EINPUT", "/count", { length = length }, "PUT", nil, function()
          left = left - 1
          return left == 0 and "abc" or nil
        end)
      end
    end)
  end)

  describe("a filter", function()
    local deny = { filter = { deny_private = true } }

    test("keeps requests from private addresses, however they are written", function()
      for _, host in ipairs { "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "10.1.2.3",
        "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[fe80::1]", "[fd00:ec2::254]", "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]" } do
        local url = ("http://%s:%d/fast"):format(host, server.port)
        local status, message, failure = net.send("GET", url, nil, nil, deny)
        assert.is_nil(status, host)
        assert.equal("EDENIED", failure.code, host .. ": " .. message)
      end
    end)

    test("holds for connections that stand already, too", function()
      assert.equal(200, (send "/fast"))
      fails("EDENIED", "/fast", deny)
      assert.equal(200, (send "/fast"))
    end)

    test("lets what is allowed pass", function()
      for _, entry in ipairs { "127.0.0.1", "127.0.0.0/8", "127.0.0.1:" .. server.port } do
        local filter = { deny_private = true, allow = { "10.0.0.0/8", entry } }
        assert.equal(200, (send("/fast", { filter = filter })), entry)
      end
      for _, entry in ipairs { "128.0.0.0/8", "127.0.0.1:" .. server.port + 1, "localhost", "::1", "" } do
        fails("EDENIED", "/fast", { filter = { deny_private = true, allow = { entry } } })
      end
      assert.equal(200, (net.send("GET", ("http://localhost:%d/fast"):format(server.port), nil, nil,
        { filter = { deny_private = true, allow = { "LOCALHOST" } } })))
    end)
  end)

  describe("a proxy", function()
    test("is asked for the URL", function()
      local status, _, body = net.send("GET", "http://nobody.invalid/echo?x", nil, nil, { proxy = server.url })
      assert.equal(200, status)
      assert.matches("^GET http://nobody%.invalid/echo%?x HTTP/1.1\r\nHost: nobody%.invalid\r\n", body)
    end)

    test("is left out for the hosts of no_proxy", function()
      assert.equal(200, (send("/fast", { proxy = "http://127.0.0.1:1", no_proxy = "127.0.0.1" })))
      fails("ECONNECT", "/fast", { proxy = "http://127.0.0.1:1", no_proxy = "example.org" })
    end)

    test("takes every request that has a filter, which could not tell it from the host else", function()
      local options = { proxy = server.url, no_proxy = "localhost", filter = { deny_private = true } }
      local status, _, body = net.send("GET", ("http://localhost:%d/echo?x"):format(server.port), nil, nil, options)
      assert.equal(200, status)
      assert.matches("^GET http://localhost", body)
    end)

    test("is the environment's when nobody names one, but not for filtered requests", function()
      local script = os.tmpname()
      web.write(script, ([[
        require("locate") "."
        local net = require "passo.net"
        local function try(url, options)
          local status, message, failure = net.send("GET", url, nil, nil, options)
          io.write(status and failure:match "%%S+ %%S+" or failure.code, "\n")
        end
        try "http://nobody.invalid/echo"
        try "http://127.0.0.1:1/echo"
        try("http://nobody.invalid/echo", { proxy = false })
        try("http://nobody.invalid/echo", { filter = { deny_private = true } })]]):format())
      local lua = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match "[%d.]+"
      local pipe = assert(io.popen(("http_proxy=%s no_proxy=127.0.0.1 LUA_PATH='spec/?.lua;;' %s %s 2>&1"):format(
        server.url, lua, script)))
      local out = pipe:read "*a"
      pipe:close()
      os.remove(script)
      assert.equal("GET http://nobody.invalid/echo\nECONNECT\nEDNS\nEDNS\n", out)
    end)

    test("that refuses is told", function()
      local _, message, failure = net.send("GET", server.tls_url .. "/fast?secret", nil, nil, { proxy = server.url })
      assert.equal("ECONNECT", failure.code)
      assert.matches("the proxy refuses the connection", message)
    end)
  end)

  describe("on the plain host", function()
    local function sender(path, options)
      return function()
        local status, message, failure = send(path, options)
        if not status then return nil, failure.code, message end
        return status
      end
    end

    test("lets all other jobs go on", function()
      local beats, over = 0, false
      local beat = helper.task():start({}, { handlers = { T = function()
        while not over do
          passo.sleep(0.01)
          beats = beats + 1
        end
        return 1
      end } })
      local result = assert(helper.task():run({}, { handlers = { T = sender "/slow?s=0.3" } }))
      over = true
      beat:finish()
      assert.equal(200, result.output)
      assert.is_true(beats >= 10, beats)
    end)

    test("keeps the heart beating while a hundred slow transfers run", function()
      local runs, over, worst = {}, false, 0
      for i = 1, 100 do runs[i] = helper.task():start({}, { handlers = { T = sender "/slow?s=0.3" } }) end
      local heart = helper.task():start({}, { handlers = { T = function()
        while not over do
          local before = core.clock()
          passo.sleep(0.01)
          worst = math.max(worst, core.clock() - before - 0.01)
        end
        return 1
      end } })
      local before = core.clock()
      for i = 1, 100 do assert.equal(200, runs[i]:finish().output) end
      local took = core.clock() - before
      over = true
      heart:finish()
      assert.is_true(took < 2, took)
      assert.is_true(worst < 0.05 or os.getenv "LD_PRELOAD" ~= nil, worst)
    end)

    test("lets virtual time stand still meanwhile", function()
      local clock = passo.virtual_clock()
      local result = assert(helper.task { TimeoutSeconds = 1 }:run({}, { clock = clock,
        handlers = { T = sender "/slow?s=0.2" } }))
      assert.equal("SUCCEEDED", result.status)
      assert.equal(0, clock:now_ms())
    end)

    test("cancels the transfer of a task that timed out", function()
      local before, started = seen "gone", core.clock()
      local code
      local result = assert(helper.task { TimeoutSeconds = 1 }:run({}, { handlers = { T = function()
        local _, _, failure = send "/gone"
        code = failure.code
        return 1
      end } }))
      assert.equal("States.Timeout", result.error)
      assert.is_true(core.clock() - started < 3)
      passo.sleep(0.1)
      assert.equal("ECANCELLED", code)
      assert.equal(before + 1, seen "gone")
    end)

    test("tells nothing to do from something under way", function()
      local clock = passo.virtual_clock()
      clock:spawn(function() send "/slow?s=0.1" end)
      assert.is_false(clock:is_idle())
      clock:advance(1)
      assert.is_true(clock:is_idle())
      assert.same({ nil, "idle" }, { clock:wait(clock:event()) })
    end)

    test("starts no thread", function()
      local before = count_in "task"
      send "/fast"
      assert.equal(before, count_in "task")
    end)

    test("goes on after its connections were closed", function()
      net.close()
      assert.equal(200, (send "/fast"))
    end)
  end)

  for _, kind in ipairs { "luv", "cqueues" } do
    describe("inside " .. kind, function()
      local function inside(name, fn)
        test(name, function()
          -- By way of the host, which keeps luv's loop when the test runner forgets the module.
          if not pcall(require, "passo.host." .. kind) then return pending("there is no package lua-" .. kind) end
          -- The host of luv is one for the Lua state: a program of its own keeps it out of the other specs.
          local script = os.tmpname()
          web.write(script, ([[
            require("locate") "."
            local passo, net, core = require "passo", require "passo.net", require "passo.core"
            local host = require("passo.host.%s").new()
            local URL = "%s"
            local function task(fields)
              local state = { Type = "Task", Resource = "lua:t", End = true }
              for key, value in pairs(fields or {}) do state[key] = value end
              return assert(passo.parse { StartAt = "T", States = { T = state } })
            end
            %s]]):format(kind, server.url, fn))
          local interpreter = "lua5.4"
          if rawget(_G, "jit") then interpreter = "luajit" elseif _VERSION == "Lua 5.1" then interpreter = "lua5.1" end
          local pipe = assert(io.popen(("LUA_PATH='spec/?.lua;;' %s %s 2>&1"):format(interpreter, script)))
          local out = pipe:read "*a"
          pipe:close()
          os.remove(script)
          assert.equal("good\n", out)
        end)
      end

      inside("executions and their transfers run side by side", [[
        local runs, before = {}, core.clock()
        for i = 1, 50 do
          runs[i] = task():start({ n = i }, { host = host, handlers = { t = function(input)
            passo.sleep(0.01)
            assert(net.send("GET", URL .. "/slow?s=0.05"))
            return input.n
          end } })
        end
        local sum = 0
        for i = 1, 50 do sum = sum + assert(runs[i]:finish()).output end
        assert(sum == 1275 and core.clock() - before < 2)
        print "good"]])

      inside("all goes on when its modules are forgotten and required again", [[
        host = nil
        for name in pairs(package.loaded) do
          if name:find "luv" or name:find "cqueues" then package.loaded[name] = nil end
        end
        for _ = 1, 4 do collectgarbage() end
        local junk = {}
        for i = 1, 1000 do junk[i] = ("x"):rep(800 + i % 200) end
        host = require("passo.host.]] .. kind .. [[").new()
        assert(task():run({}, { host = host, handlers = { t = function()
          passo.sleep(0.01)
          return {}
        end } }))
        print "good"]])

      inside("timers and errors come through", [[
        local machine = assert(passo.parse { StartAt = "W", States = { W = { Type = "Wait", Seconds = 1, Next = "T" },
          T = { Type = "Task", Resource = "lua:t", End = true } } })
        local before = core.clock()
        local result = assert(machine:run({}, { host = host, handlers = { t = function()
          passo.sleep(0.01)
          error "bug"
        end } }))
        assert(result.error == "Lua.Error" and core.clock() - before >= 0.99)
        print "good"]])

      inside("a task that times out lets go of its transfer", [[
        local function seen() return tonumber((select(3, net.send("GET", URL .. "/seen?what=gone")))) end
        local before, gone = core.clock(), seen()
        local code
        local result = assert(task { TimeoutSeconds = 1 }:run({}, { host = host, handlers = { t = function()
          local _, _, failure = net.send("GET", URL .. "/gone")
          code = failure.code
        end } }))
        assert(result.error == "States.Timeout" and core.clock() - before < 3)
        host:sleep(0.2)
        assert(code == "ECANCELLED", code)
        assert(seen() == gone + 1)
        print "good"]])

      inside("streams go both ways", [[
        local total = 0
        local result = assert(task():run({}, { host = host, handlers = { t = function()
          local function sink(piece) total = total + #piece end
          assert(net.send("GET", URL .. "/large?n=200", nil, nil, { sink = sink }))
          local left = 200
          local _, _, got = net.send("PUT", URL .. "/count", nil, function()
            left = left - 1
            return left >= 0 and ("x"):rep(10000) or nil
          end, { length = 2000000 })
          return got
        end } }))
        assert(total == 200 * 65536 and result.output == "2000000")
        print "good"]])
    end)
  end
end)
