-- examples_spec.lua: every example runs as its README says, and says what it should.
local helper = require "helper"
local interpreter = rawget(_G, "jit") and "luajit" or _VERSION:lower():gsub(" ", "")

-- Runs an example's script: its output and exit code.
local function run(example, script)
  local command = ("LUA_PATH='%s' LUA_CPATH='%s' %s examples/%s/%s 2>&1; echo exit $?"):format(package.path,
    package.cpath,
    interpreter, example, script or "run.lua")
  local pipe = io.popen(command)
  local output = pipe:read "*a"
  pipe:close()
  local text, code = output:match "^(.*)exit (%d+)\n$"
  return text, tonumber(code)
end

-- The same for a shell script of an example's, which runs Lua by the name in $LUA.
local function run_script(example, script)
  local command = ("LUA_PATH='%s' LUA_CPATH='%s' LUA=%s sh examples/%s/%s 2>&1; echo exit $?"):format(package.path,
    package.cpath, interpreter, example, script)
  local pipe = io.popen(command)
  local output = pipe:read "*a"
  pipe:close()
  local text, code = output:match "^(.*)exit (%d+)\n$"
  return text, tonumber(code)
end

local has_sqlite = pcall(require, "passo.sqlite.core")

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read "*a"
  file:close()
  return content
end

-- A module of an example.
local function module_of(example, name)
  local before = package.path
  package.path = "examples/" .. example .. "/?.lua;" .. before
  package.loaded[name] = nil
  local module = require(name)
  package.path = before
  return module
end

describe("the example", function()
  describe("checkout", function()
    local text, code = run "checkout"

    it("takes nine orders, each to its end", function()
      assert.equal(0, code, text)
      for _, ending in ipairs { "1  SUCCEEDED  ", "2  SUCCEEDED  ", "3  SUCCEEDED  ", "4  SUCCEEDED  ",
        "5  FAILED     OutOfStock",
        "6  FAILED     CardDeclined", "7  FAILED     States.Timeout", "8  FAILED     AddressUnknown",
        "9  FAILED     AddressUnknown" } do
        assert.truthy(text:find(ending, 1, true), ending)
      end
    end)

    it("undoes in reverse order what was done", function()
      assert.truthy(text:find("reserve-book ✓, charge-card ✓, ship-book ✗, refund-card ✓, release-book ✓, notify ✓",
        1, true))
      assert.truthy(text:find("refund-card ✗, refund-card ✓, release-book ✓", 1, true))
      assert.truthy(text:find("reserve-book ✗, reserve-book ✗, reserve-book ✓", 1, true))
    end)

    it("shows the workflow and each history", function()
      assert.truthy(text:find("-> ChargeCard", 1, true))
      assert.truthy(text:find("on States.Timeout -> RefundCard", 1, true))
      assert.equal(9, select(2, text:gsub("ID%s+TIME%s+EVENT", "")))
      assert.truthy(text:find("OrderCancelled", 1, true))
    end)

    it("runs as a saga too, with the same ends", function()
      local saga_text, saga_code = run("checkout", "saga.lua")
      assert.equal(0, saga_code, saga_text)
    end)
  end)

  it("choice sends tickets their ways", function()
    local text, code = run "choice"
    assert.equal(0, code, text)
    assert.truthy(text:find "Keyboard is sticky +severity 4 +SUCCEEDED +assigned to queue 4")
    assert.truthy(text:find "Server room on fire +severity 3 +SUCCEEDED +assigned to whoever is on call")
    assert.truthy(text:find "Please advise +severity soon +FAILED +SeverityUnknown")
    -- One function, two states: twice for each ticket that came through, once for the other.
    assert.equal(4, select(2, text:gsub("LogArrival: ", "")))
    assert.equal(3, select(2, text:gsub("LogDecision: ", "")))
  end)

  it("etl types what it reads and tells how it ended", function()
    if not helper.reads_yaml() then pending "built without libyaml" return end
    local text, code = run "etl"
    assert.equal(0, code, text)
    assert.truthy(text:find("A good night: SUCCEEDED after 1:30 min", 1, true))
    assert.truthy(text:find("12 rows from 4 files, 1 set aside", 1, true))
    assert.truthy(text:find("A bad night: FAILED", 1, true))
    assert.truthy(text:find("message sent: ETL failed: CrawlerFailed: ", 1, true))
    assert.truthy(text:find("orders.csv   order_id integer, customer string, ordered_on date, amount decimal?, "
      .. "paid boolean, note string?", 1, true))
    assert.truthy(text:find('{"order_id":1001,"customer":"Souza, Ana","ordered_on":"2025-11-03","amount":149.9,'
      .. '"paid":true,"note":null}', 1, true))
  end)

  describe("etl's CSV reader", function()
    local csv, schema = module_of("etl", "csv"), module_of("etl", "schema")

    it("reads quotes, line breaks, empty cells, any line end", function()
      assert.same({ { "a", "b" }, { "1", "" } }, csv.parse "a,b\n1,\n")
      assert.same({ { "a", "b" }, { "1", "" } }, csv.parse "a,b\r\n1,")
      assert.same({ { 'say "hi"', "x\r\ny", "" } }, csv.parse '"say ""hi""","x\r\ny",""')
      assert.same({}, csv.parse "")
      assert.has_error(function() csv.parse '"open' end)
    end)

    it("finds the narrowest type", function()
      local function type_of(...)
        local records = { { "c" } }
        for _, cell in ipairs { ... } do
          records[#records + 1] = { cell }
        end
        return schema.infer(records)[1].type
      end
      assert.equal("integer", type_of("1", "-20", ""))
      assert.equal("decimal", type_of("1", "2.50", "1.65e1"))
      assert.equal("string", type_of("0042", "17"))
      assert.equal("string", type_of("39,90", "1"))
      assert.equal("boolean", type_of("yes", "No"))
      assert.equal("date", type_of("2024-02-29"))
      assert.equal("string", type_of("2024-13-01"))
      assert.equal("timestamp", type_of("2025-11-05T06:00:00Z", "2025-11-05T06:00:00.5-03:00"))
      assert.equal("string", type_of("", ""))
    end)
  end)

  it("s3-copy copies 2,500 files and reduces them to the right sum", function()
    local text, code = run "s3-copy"
    assert.equal(0, code, text)
    assert.truthy(text:find("An empty bucket: SUCCEEDED", 1, true))
    assert.truthy(text:find("BRL in 2500 files", 1, true))
    assert.truthy(text:find("They agree.", 1, true))
  end)

  it("approval waits for an answer, or for three days", function()
    local text, code = run "approval"
    assert.equal(0, code, text)
    assert.truthy(text:find("A desk is approved. An hour later: RUNNING", 1, true))
    assert.truthy(text:find("desk was bought", 1, true))
    assert.truthy(text:find("yacht was not bought, yacht is too dear", 1, true))
    assert.truthy(text:find("FAILED: NobodyAnswered, Three days have passed", 1, true))
  end)

  it("checkout goes on with an order whose process was killed, and is paid once", function()
    if not has_sqlite then pending "built without SQLite" return end
    local text, code = run_script("checkout", "survive.sh")
    assert.equal(0, code, text)
    local before, after = text:match "^(.*)\nIt is killed.-\n(.*)$"
    assert.truthy(before:find("reserve-book", 1, true), text)
    assert.truthy(before:find("the bank takes the money", 1, true), text)
    assert.falsy(after:find("   reserve-book\n", 1, true), text)
    assert.truthy(after:find("was asked under this key before, and takes nothing", 1, true), text)
    assert.truthy(after:find("ship-book, attempt 2", 1, true), text)
    assert.truthy(after:find("SUCCEEDED, tracking number BR42", 1, true), text)
    -- Each task has succeeded once in the history.
    assert.equal(4, select(2, after:gsub("LambdaFunctionSucceeded", "")))
    assert.truthy(after:find("\nThe bank took 38%.5 under %S+:checkout:order%-42#7\n$"), text)
  end)

  describe("approval in two processes", function()
    local base = os.tmpname()
    local store = "sqlite:" .. base .. ".db"

    teardown(function()
      os.remove(base)
      for _, suffix in ipairs { "", "-wal", "-shm", "-passo" } do os.remove(base .. ".db" .. suffix) end
    end)

    for _, case in ipairs { { "yes", "desk", "desk: bought, approved by the manager" },
      { "no", "yacht", "yacht: not bought, too dear" } } do
      it("waits in the store while nobody runs, and hears a " .. case[1], function()
        if not has_sqlite then pending "built without SQLite" return end
        local buyer = ("buyer.lua %s %s 499"):format(store, case[2])
        local asked, code = run("approval", buyer)
        assert.equal(0, code, asked)
        assert.truthy(asked:find(case[2] .. ": nobody has answered yet", 1, true), asked)
        local token = assert(asked:match "STORE (%S+) yes")
        local answered
        answered, code = run("approval", ("manager.lua %s %s %s"):format(store, token, case[1]))
        assert.equal(0, code, answered)
        assert.equal("The answer is kept.\n", answered)
        assert.equal(case[3] .. "\n", (run("approval", buyer)))
        assert.equal(case[3] .. "\n", (run("approval", buyer)))
        answered = run("approval", ("manager.lua %s %s yes"):format(store, token))
        assert.truthy(answered:find("Task Timed Out", 1, true), answered)
      end)
    end
  end)

  it("nightly reports each night once, and catches up the newest", function()
    local text, code = run "nightly"
    assert.equal(0, code, text)
    assert.truthy(text:find("Fri 27 Mar 02:30 UTC  SUCCEEDED  nightly-20260327T023000Z", 1, true), text)
    assert.truthy(text:find("Mon 30 Mar 01:30 UTC  SUCCEEDED  nightly-20260330T013000Z", 1, true), text)
    assert.truthy(text:find("Sat 04 Apr 12:00 UTC  SUCCEEDED  nightly-20260403T013000Z", 1, true), text)
    assert.truthy(text:find("6 reports were sent", 1, true), text)
  end)

  it("pool finishes everything, though a worker is killed", function()
    if not has_sqlite then pending "built without SQLite" return end
    local text, code = run_script("pool", "run.sh")
    assert.equal(0, code, text)
    assert.truthy(text:find("zoe is killed", 1, true), text)
    assert.truthy(text:find("ana +finished %d+"), text)
    assert.truthy(text:find("rui +finished %d+"), text)
    assert.truthy(text:find("200 of 200 succeeded", 1, true), text)
  end)

  it("two-apis tells those who follow a product, however busy the API is", function()
    if os.execute "python3 -c '' 2>/dev/null" ~= true and os.execute "python3 -c '' 2>/dev/null" ~= 0 then
      pending "there is no python3"
      return
    end
    local text, code = run "two-apis"
    assert.equal(0, code, text)
    assert.truthy(text:find("lamp for 30: SUCCEEDED, 3 told, 1 refusals on the way", 1, true))
    assert.truthy(text:find("chair for 200: SUCCEEDED, 0 told", 1, true))
    assert.truthy(text:find("sofa for 10: NoSuchProduct", 1, true))
    assert.truthy(text:find("Rui reads: Desk lamp costs 30 now, not 40", 1, true))
  end)

  describe("s3-copy's objects", function()
    it("hold amounts, and lines that are none", function()
      local orders = module_of("s3-copy", "orders")
      local rows, rejected = orders.read("k", "12.50,BRL\n1.00,USD\n0.07,BRL\nn/a,BRL\n")
      assert.same({ { key = "k", line = 1, cents = 1250 }, { key = "k", line = 2, cents = 7 } }, rows)
      assert.equal(2, rejected)
    end)
  end)

  it("definitions are right", function()
    local passo = require "passo"
    for _, path in ipairs { "checkout/checkout.asl.json", "checkout/checkout-aws.asl.json", "choice/tickets.asl.json",
      "etl/pipeline.asl.yaml", "etl/nightly.asl.json", "s3-copy/copy.asl.json", "s3-copy/pages.asl.json",
      "s3-copy/reduce.asl.json", "two-apis/price.asl.json", "approval/approval.asl.json", "nginx/quote.asl.json",
      "nightly/report.asl.json", "pool/thumbnail.asl.json" } do
      if path:find "json$" or helper.reads_yaml() then
        assert.same({}, passo.check("examples/" .. path, { warnings = false }))
      end
    end
  end)

  it("pages name files that are there", function()
    for _, example in ipairs { "checkout", "choice", "etl", "s3-copy", "approval", "nginx", "presign", "two-apis",
      "nightly", "pool" } do
      local page = read("examples/" .. example .. "/README.md")
      for name in page:gmatch "`([%w_-]+%.[%w.]+)`" do
        local is_written = name == "manifest.json" or name == "total.json" -- by the example, to S3
        local is_file = name:find "%.lua$" or name:find "%.json$" or name:find "%.yaml$" or name:find "%.py$"
        if is_file and not is_written then
          assert.is_string(read("examples/" .. example .. "/" .. name))
        end
      end
    end
  end)
end)
