-- cli_spec.lua: the command line as its users meet it: results, words, exit codes.
local helper = require "helper"
local cli = require "passo.cli"
local core = require("passo").core

local files = {}

-- A file that lives as long as the test.
local function file(content, suffix)
  local base = os.tmpname()
  local path = base .. (suffix or ".asl.json")
  os.remove(base)
  local handle = assert(io.open(path, "wb"))
  handle:write(content)
  handle:close()
  files[#files + 1] = path
  return path
end

local function read(path)
  local handle = assert(io.open(path, "rb"))
  local content = handle:read "*a"
  handle:close()
  return content
end

-- Runs a command line in this process: {code, out, err}.
local function passo(words, stdin)
  local out, err = {}, {}
  local function sink(list)
    return { write = function(_, s) list[#list + 1] = s end }
  end
  local source = { read = function() return stdin or "" end }
  local code = cli.main(words, { stdin = source, stdout = sink(out), stderr = sink(err) })
  return { code = code, out = table.concat(out), err = table.concat(err) }
end

local function json(s)
  return assert(core.decode(s))
end

local HELLO = [[{
  "StartAt": "Greet",
  "States": {
    "Greet": {
      "Type": "Pass",
      "Parameters": { "text.$": "States.Format('Hello, {}', $.name)" },
      "End": true
    }
  }
}]]

local WORK = [[{
  "StartAt": "Work",
  "States": {
    "Work": {
      "Type": "Task",
      "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work",
      "Retry": [ { "ErrorEquals": ["Busy"], "IntervalSeconds": 3600 } ],
      "Next": "Rest"
    },
    "Rest": { "Type": "Wait", "Seconds": 86400, "Next": "Done" },
    "Done": { "Type": "Succeed" }
  }
}]]

local BROKEN = [[{
  "StartAt": "First",
  "States": {
    "First": {
      "Type": "Pass",
      "Next": "Secnd"
    },
    "Second": {
      "Type": "Succeed"
    }
  }
}
]]

describe("passo", function()
  teardown(function()
    for _, path in ipairs(files) do
      os.remove(path)
    end
  end)

  describe("alone", function()
    it("explains itself", function()
      local answer = passo {}
      assert.equal(2, answer.code)
      assert.truthy(answer.err:find("Usage: passo COMMAND", 1, true))
      assert.equal(0, passo({ "--help" }).code)
      assert.equal(0, passo({ "help" }).code)
      assert.truthy(passo({ "help" }).out:find("graph     draw a workflow", 1, true))
    end)

    it("has a page with examples for each command", function()
      for _, name in ipairs { "run", "check", "history", "graph", "version", "help" } do
        local page = passo { "help", name }
        assert.equal(0, page.code)
        assert.truthy(page.out:find("Examples:\n  ", 1, true), name)
        assert.equal(page.out, passo({ name, "--help" }).out)
      end
    end)

    it("guesses what was meant", function()
      local answer = passo { "chekc" }
      assert.equal(2, answer.code)
      assert.equal('passo: unknown command "chekc", did you mean check?; `passo help` lists them\n', answer.err)
      assert.equal(2, passo({ "help", "nothing" }).code)
      answer = passo { "run", "--handler", "x" }
      assert.equal(2, answer.code)
      assert.truthy(answer.err:find("did you mean --handlers?", 1, true))
    end)

    it("tells its version", function()
      local answer = passo { "version" }
      assert.equal(0, answer.code)
      assert.truthy(answer.out:find "^passo %d+%.%d+%.%d+ %(.+%)\n$")
      assert.equal(answer.out, passo({ "--version" }).out)
    end)
  end)

  describe("run", function()
    local hello, work = file(HELLO), file(WORK)

    it("prints the result as JSON and exits with 0", function()
      local answer = passo { "run", hello, "-i", '{"name": "Ana"}' }
      assert.equal(0, answer.code)
      assert.equal("", answer.err)
      assert.same({ status = "SUCCEEDED", output = { text = "Hello, Ana" } }, json(answer.out))
    end)

    it("prints the output alone, on one line, when asked", function()
      local answer = passo { "run", hello, "-i", '{"name": "Ana"}', "--output", "--compact" }
      assert.equal('{"text":"Hello, Ana"}\n', answer.out)
    end)

    it("takes its input from a file and from standard input", function()
      local input = file('{"name": "Bo"}', ".json")
      assert.equal("Hello, Bo", json(passo({ "run", hello, "-i", "@" .. input }).out).output.text)
      assert.equal("Hello, Cy", json(passo({ "run", hello, "-i", "-" }, '{"name": "Cy"}').out).output.text)
    end)

    it("takes the definition from standard input", function()
      assert.equal("Hello, Di", json(passo({ "run", "-", "-i", '{"name": "Di"}' }, HELLO).out).output.text)
    end)

    it("names line and column of input that is no JSON", function()
      local answer = passo { "run", hello, "-i", '{"name":\n Ana}' }
      assert.equal(2, answer.code)
      assert.truthy(answer.err:find("^passo: input:2:2: "), answer.err)
      local path = file("{", ".json")
      assert.truthy(passo({ "run", hello, "-i", path }).err:find("-i @" .. path .. " reads it", 1, true))
    end)

    it("calls handlers, on a virtual clock", function()
      local handlers = file([[
        local tries = 0
        return { work = function(input)
          tries = tries + 1
          if tries < 3 then return nil, "Busy", "come back" end
          return { n = input.n + 1 }
        end }]], ".lua")
      local record = file("", ".json")
      local began = os.clock()
      local answer = passo { "run", work, "-i", '{"n": 1}', "--handlers", handlers, "--virtual-time", "--history",
        "--save-history", record }
      assert.equal(0, answer.code, answer.err)
      assert.same({ n = 2 }, json(answer.out).output)
      assert.is_true(os.clock() - began < 5)
      assert.truthy(answer.err:find("LambdaFunctionFailed%s+Work%s+Busy: come back"))
      assert.truthy(answer.err:find("WaitStateExited", 1, true))
      local seconds = 3600 + 7200 + 86400
      assert.truthy(answer.err:find("+1 d 03:00:00", 1, true), answer.err .. seconds)

      local shown = passo { "history", record }
      assert.equal(0, shown.code, shown.err)
      assert.equal(answer.err, shown.out)
      local drawn = passo { "graph", work, "--history", record, "--format", "text" }
      assert.equal(0, drawn.code)
      assert.truthy(drawn.out:find("✓ Work", 1, true))
      local lines = passo { "history", record, "--json" }
      assert.equal("ExecutionStarted", json(lines.out:match "^[^\n]+").type)
    end)

    it("exits with 1 when the execution fails", function()
      local handlers = file("return { work = function() return nil, 'NoWork', 'on strike' end }", ".lua")
      local answer = passo { "run", work, "--handlers", handlers }
      assert.equal(1, answer.code)
      assert.same({ status = "FAILED", error = "NoWork", cause = "on strike" }, json(answer.out))
      answer = passo { "run", work, "--handlers", handlers, "--output" }
      assert.equal(1, answer.code)
      assert.equal("", answer.out)
      assert.equal("passo: FAILED: NoWork: on strike\n", answer.err)
    end)

    it("exits with 2 for files it cannot use", function()
      assert.equal(2, passo({ "run" }).code)
      assert.equal(2, passo({ "run", hello, work }).code)
      local answer = passo { "run", "/nowhere/x.asl.json" }
      assert.equal(2, answer.code)
      assert.truthy(answer.err:find("/nowhere/x.asl.json: No such file", 1, true))
      assert.equal(2, passo({ "run", hello, "-i", "@/nowhere" }).code)
      assert.equal(2, passo({ "run", work, "--handlers", "/nowhere.lua" }).code)
      answer = passo { "run", work, "--handlers", file("return 1", ".lua") }
      assert.equal(2, answer.code)
      assert.truthy(answer.err:find("a handlers file returns a table of functions, this one returned a number", 1,
        true))
      answer = passo { "run", work, "--handlers", file("return {", ".lua") }
      assert.equal(2, answer.code)
      assert.equal(2, passo({ "run", "/tmp" }).code)
    end)

    it("shows what is wrong with a definition, where it is", function()
      local broken = file(BROKEN)
      local answer = passo { "run", broken }
      assert.equal(2, answer.code)
      assert.truthy(answer.err:find(broken .. ":6:", 1, true), answer.err)
      assert.truthy(answer.err:find("Secnd", 1, true))
    end)

    it("fills in what --set gives", function()
      local path = file((HELLO:gsub("Hello", "${WORD}")))
      assert.equal("Moin, Ana", json(passo({ "run", path, "--set", "WORD=Moin", "-i",
        '{"name":"Ana"}' }).out).output.text)
      local answer = passo { "run", path, "--set", "WORD" }
      assert.equal(2, answer.code)
      assert.truthy(answer.err:find("--set takes NAME=VALUE", 1, true))
    end)
  end)

  describe("check", function()
    it("is content with what is right", function()
      local answer = passo { "check", file(HELLO) }
      assert.equal(0, answer.code)
      assert.equal("", answer.out)
      assert.equal("1 file checked: 0 errors, 0 warnings\n", answer.err)
    end)

    it("shows place, line and caret", function()
      local broken = file(BROKEN)
      local answer = passo { "check", broken }
      assert.equal(1, answer.code)
      assert.truthy(answer.out:find(broken .. ":6:", 1, true), answer.out)
      assert.truthy(answer.out:find('    6 |       "Next": "Secnd"', 1, true))
      local caret_line = answer.out:match '"Secnd"\n([^\n]+)'
      assert.truthy(caret_line:find "^      | +%^$", answer.out)
      -- the target that is missing, and the state that nothing leads to because of it
      assert.truthy(answer.err:find("1 file checked: 2 errors", 1, true), answer.err)
    end)

    it("gives JSON to programs", function()
      local broken, fine = file(BROKEN), file(HELLO)
      local answer = passo { "check", "--json", fine, broken }
      assert.equal(1, answer.code)
      local list = json(answer.out)
      assert.equal(2, #list)
      assert.equal(broken, list[1].path)
      assert.equal("ERROR", list[1].severity)
      assert.equal(6, list[1].line)
      assert.is_number(list[1].column)
      assert.is_string(list[1].code)
      assert.is_string(list[1].message)
      assert.equal("[]\n", passo({ "check", "--json", fine }).out)
    end)

    it("repairs what has one remedy, and nothing else", function()
      local broken = file(BROKEN)
      local answer = passo { "check", "--fix", broken }
      assert.equal(0, answer.code, answer.out .. answer.err)
      assert.equal((BROKEN:gsub("Secnd", "Second")), read(broken))
      assert.truthy(answer.err:find("1 fix written", 1, true))
    end)

    it("takes patterns, folders and standard input", function()
      local broken = file(BROKEN)
      local pattern = broken:gsub("[^/]+$", function(name) return "*" .. name:sub(5) end)
      assert.equal(1, passo({ "check", pattern }).code)
      assert.equal(1, passo({ "check", "-" }, BROKEN).code)
      assert.equal(0, passo({ "check", "-" }, HELLO).code)
      assert.equal(2, passo({ "check" }).code)
      assert.equal(2, passo({ "check", "/nowhere/*.json" }).code)
      assert.equal(2, passo({ "check", "/nowhere/x.json" }).code)
      assert.equal(0, passo({ "check", "examples/checkout" }).code)
    end)

    it("runs nothing that a file name says", function()
      local mark = os.tmpname()
      os.remove(mark)
      passo { "check", "/tmp/*$(touch " .. mark .. ")" }
      passo { "check", "/tmp/*;touch " .. mark }
      passo { "check", "/tmp/*`touch " .. mark .. "`" }
      passo { "check", "/tmp/*'\ntouch " .. mark .. "\n'" }
      assert.is_nil(io.open(mark))
    end)
  end)

  describe("history", function()
    it("runs a definition that is given instead", function()
      local answer = passo { "history", file(WORK), "--virtual-time", "--handlers",
        file("return { default = function() return {} end }", ".lua") }
      assert.equal(0, answer.code, answer.err)
      assert.truthy(answer.out:find("ExecutionSucceeded", 1, true))
    end)

    it("reads what the AWS CLI prints", function()
      local answer = passo({ "history", "-" }, [[{"events": [{"timestamp": "2023-11-14T22:13:20.5+00:00",
        "type": "ExecutionStarted",
        "id": 1, "previousEventId": 0, "executionStartedEventDetails": {"input": "{}"}}]}]])
      assert.equal(0, answer.code, answer.err)
      assert.truthy(answer.out:find "1  %+0%.000 s  ExecutionStarted%s+{}")
    end)

    it("says what is no history", function()
      assert.equal(2, passo({ "history", "-" }, "{}x").code)
      assert.truthy(passo({ "history", "-" }, '{"a": 1}').err:find("a history is a list of events", 1, true))
      assert.equal(2, passo({ "history" }).code)
    end)

    it("is coloured when told so, and never otherwise in a file", function()
      local events = '[{"timestamp": 1, "type": "ExecutionFailed", "id": 1, "previousEventId": 0}]'
      assert.is_nil(passo({ "history", "-" }, events).out:find "\27")
      assert.truthy(passo({ "history", "-", "--color", "always" }, events).out:find "\27")
    end)
  end)

  describe("graph", function()
    local hello = file(HELLO)

    it("draws in every format", function()
      assert.truthy(passo({ "graph", hello, "--format", "svg" }).out:find "^<svg ")
      assert.truthy(passo({ "graph", hello, "--format", "mermaid" }).out:find "^flowchart TD")
      assert.truthy(passo({ "graph", hello, "-f", "dot" }).out:find "^digraph")
      assert.truthy(passo({ "graph", hello, "-ftext" }).out:find "^Greet")
    end)

    it("writes files, their format taken from the name", function()
      local path = file("", ".mmd")
      assert.equal(0, passo({ "graph", hello, "-o", path }).code)
      assert.truthy(read(path):find "^flowchart")
      assert.equal(2, passo({ "graph", hello, "-o", "/nowhere/x.svg" }).code)
    end)

    it("draws YAML with ${names} that nobody filled in", function()
      if not helper.reads_yaml() then pending "built without libyaml" return end
      assert.equal(0, passo({ "graph", "examples/etl/pipeline.asl.yaml", "-f", "svg" }).code)
    end)
  end)

  describe("query", function()
    local orders = '{"orders":[{"id":"a","price":2.50},{"id":"b","price":10}]}'

    it("asks standard input or a file", function()
      local r = passo({ "query", "$sum(orders.price)" }, orders)
      assert.same({ 0, "12.5\n", "" }, { r.code, r.out, r.err })
      r = passo { "query", "orders[price > 5]", file(orders, ".json"), "--compact" }
      assert.equal('{"id":"b","price":10}\n', r.out)
    end)

    it("takes bindings, and prints strings raw where asked", function()
      assert.equal("b\n", passo({ "query", "orders[price > $least].id", "-r", "--bind", "least=5" }, orders).out)
      assert.equal('"b"\n', passo({ "query", "orders[price > $least].id", "--bind", "$least=5" }, orders).out)
      local r = passo({ "query", "1", "--no-input", "--bind", "x=abc" })
      assert.equal(2, r.code)
      assert.truthy(r.err:find("a string is written with its quotes", 1, true))
      assert.equal(2, passo({ "query", "1", "--no-input", "--bind", "x" }).code)
    end)

    it("tells what does not parse, fails, or is not there, each by its exit code", function()
      local r = passo({ "query", "orders[\nprice >> 1]" }, orders)
      assert.equal(2, r.code)
      assert.truthy(r.err:find("S0211: .* %(line 2, column 8%)"), r.err)
      r = passo({ "query", "orders.id + 1" }, orders)
      assert.equal(1, r.code)
      assert.truthy(r.err:find "^passo: T2001: ", r.err)
      r = passo({ "query", "nothing" }, orders)
      assert.same({ 1, "" }, { r.code, r.out })
      assert.equal(2, passo({ "query", "a" }, "{").code)
      assert.equal(2, passo({ "query" }).code)
      assert.equal(2, passo({ "query", "a", "/nowhere" }).code)
    end)
  end)

  it("answers the shell with the exit code", function()
    local interpreter = rawget(_G, "jit") and "luajit" or _VERSION:lower():gsub(" ", "")
    local launcher = file('os.exit(require("passo.cli").main(arg))', ".lua")
    local function code_of(words)
      local pipe = io.popen(("LUA_PATH='%s' LUA_CPATH='%s' %s %s %s >/dev/null 2>&1; echo $?"):format(package.path,
        package.cpath, interpreter, launcher, words))
      local code = pipe:read "*l"
      pipe:close()
      return tonumber(code)
    end
    local hello = file(HELLO)
    assert.equal(0, code_of("run " .. hello .. " -i '{\"name\": 1}'"))
    assert.equal(1, code_of("run " .. hello))
    assert.equal(2, code_of "run /nowhere")
    assert.equal(1, code_of("check " .. file(BROKEN)))
  end)
end)
