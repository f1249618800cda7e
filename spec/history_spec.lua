-- history_spec.lua: histories as tables, and the small tools below the command line.
local args = require "passo.args"
local history = require "passo.history"
local table_lines = require("passo.table").lines
local terminal = require "passo.terminal"
local text = require "passo.text"

local EVENTS = {
  { id = 1, previousEventId = 0, timestamp = 1700000000, type = "ExecutionStarted",
    executionStartedEventDetails = { input = '{"a":1}' } },
  { id = 2, previousEventId = 0, timestamp = 1700000000.25, type = "TaskStateEntered",
    stateEnteredEventDetails = { name = "Charge", input = '{"a":1}' } },
  { id = 3, previousEventId = 2, timestamp = 1700000001, type = "LambdaFunctionScheduled",
    lambdaFunctionScheduledEventDetails = { resource = "arn:aws:lambda:us-east-1:123456789012:function:charge",
      input = "{}" } },
  { id = 4, previousEventId = 3, timestamp = 1700000090, type = "LambdaFunctionFailed",
    lambdaFunctionFailedEventDetails = { error = "CardDeclined", cause = "over the limit\nof \27[31m500" } },
  { id = 5, previousEventId = 4, timestamp = 1700000090, type = "ExecutionFailed",
    executionFailedEventDetails = { error = "CardDeclined" } },
}

describe("a history's table", function()
  local lines = history.lines(EVENTS)

  it("has a line of titles and a line for each event", function()
    assert.equal(6, #lines)
    assert.truthy(lines[1]:find "^ID%s+TIME%s+EVENT%s+STATE%s+DETAILS$")
  end)

  it("shows time since the start, the state an event belongs to, and what matters about it", function()
    assert.truthy(lines[3]:find("+0.250 s  TaskStateEntered", 1, true))
    assert.truthy(lines[4]:find('LambdaFunctionScheduled  Charge  charge {}', 1, true))
    assert.truthy(lines[5]:find("+1:30 min", 1, true))
    assert.truthy(lines[5]:find("Charge  CardDeclined: over the limit of", 1, true))
  end)

  it("lets no control character through", function()
    assert.is_nil(table.concat(lines):find "%c")
  end)

  it("fits into the terminal", function()
    for _, line in ipairs(history.lines(EVENTS, { width = 60 })) do
      assert.is_true(text.width(line) <= 60, line)
    end
  end)

  it("is coloured only when asked", function()
    assert.is_nil(table.concat(lines):find "\27")
    local painted = table.concat(history.lines(EVENTS, { paint = terminal.painter(true) }))
    assert.truthy(painted:find("\27[31mLambdaFunctionFailed", 1, true))
  end)

  it("reads ISO timestamps too, with their zones", function()
    assert.equal(1700000000, history.seconds "2023-11-14T22:13:20Z")
    assert.equal(1700000000, history.seconds "2023-11-14T19:13:20-03:00")
    assert.equal(1700000000, history.seconds "2023-11-14 22:13:20+0000")
    assert.equal(951782400, history.seconds "2000-02-29T00:00:00.000Z")
  end)

  it("says spans in words", function()
    assert.equal("0.000 s", history.span(0))
    assert.equal("59.999 s", history.span(59.9994))
    assert.equal("1:00 min", history.span(59.9996))
    assert.equal("1:02:03", history.span(3723))
    assert.equal("2 d 00:00:01", history.span(172801))
  end)

  it("is found in what the AWS CLI prints and in a bare list", function()
    assert.equal(EVENTS, history.events { events = EVENTS })
    assert.equal(EVENTS, history.events { history = EVENTS })
    assert.equal(EVENTS, history.events(EVENTS))
  end)

  it("is missed with words", function()
    assert.same({ nil, "a history is a list of events, or an object with `events` or `history`" },
      { history.events "x" })
    assert.truthy(select(2, history.events { a = 1 }))
    assert.equal("event 1 of the history lacks its id or its type", (select(2, history.events { { id = 1 } })))
  end)

  it("of nothing is a line of titles", function()
    assert.equal(1, #history.lines {})
    assert.equal(0, history.duration {})
    assert.equal(90, history.duration(EVENTS))
  end)
end)

describe("the terminal", function()
  it("is told from a file, for standard error too", function()
    -- script(1) gives the command a terminal; where there is none of it, there is nothing to compare with.
    local interpreter = rawget(_G, "jit") and "luajit" or _VERSION:lower():gsub(" ", "")
    local base = os.tmpname()
    local file = assert(io.open(base, "wb"))
    file:write 'local t = require "passo.terminal"; print(t.is_terminal(0), t.is_terminal(1), t.is_terminal(2))'
    file:close()
    local command = ("LUA_PATH='%s' %s %s"):format(package.path, interpreter, base)
    local function first_line(shell_command)
      local pipe = io.popen(shell_command)
      local line = pipe:read "*l" or ""
      pipe:close()
      return (line:gsub("%s+", " "):gsub(" $", ""))
    end
    assert.equal("false false false", first_line(command .. " </dev/null 2>/dev/null"))
    if first_line "script -qec 'echo yes' /dev/null 2>&1 </dev/null" == "yes" then
      assert.equal("true true true", first_line(('script -qec "%s" /dev/null </dev/null'):format(command)))
    end
    os.remove(base)
  end)
end)

describe("a table", function()
  it("aligns what is wide", function()
    local lines = table_lines({ { title = "N", right = true }, { title = "NAME" } }, { { "1", "日本" }, { "10", "é" } })
    assert.same({ " N  NAME", " 1  日本", "10  é" }, lines)
  end)

  it("narrows columns in their order", function()
    local lines = table_lines({ { title = "A", shrink = 2 }, { title = "B", shrink = 1 } }, { { ("a"):rep(20),
      ("b"):rep(20) } },
      { width = 30 })
    assert.equal(("a"):rep(20) .. "  bbbbbbb…", lines[2])
  end)
end)

describe("text", function()
  it("is measured in columns", function()
    assert.equal(0, text.width "")
    assert.equal(4, text.width "日本")
    assert.equal(1, text.width "e\204\129")
    assert.equal(3, text.width "a\255b")
  end)

  it("is cut with an ellipsis, never within a character", function()
    assert.equal("abc", text.clip("abc", 3))
    assert.equal("ab…", text.clip("abcd", 3))
    assert.equal("日…", text.clip("日本語", 4))
  end)

  it("is wrapped at blanks and at changes of case", function()
    assert.same({ "Process", "the order" }, text.wrap("Process the order", 10))
    assert.same({ "Validate", "Customer", "Address" }, text.wrap("ValidateCustomerAddress", 9))
    assert.same({ "aaaaa", "aaaaa", "aa" }, text.wrap(("a"):rep(12), 5))
    assert.same({ "one", "two…" }, text.wrap("one two three four", 5, 2))
    assert.same({ "" }, text.wrap("", 5))
  end)

  it("turns harmless", function()
    assert.equal("a b", text.printable "a\nb")
    assert.is_nil(text.printable("\27]0;title\7\155x\255\192\128\226\128\174"):find "[%c\155\255\192]")
    assert.equal("Ação 日本", text.printable "Ação 日本")
  end)

  it("finds the word that was meant", function()
    local words = { "history", "graph", "check", "run" }
    assert.equal("history", text.nearest("hsitory", words))
    assert.equal("graph", text.nearest("grap", words))
    assert.is_nil(text.nearest("deploy", words))
  end)
end)

describe("a command line", function()
  local OPTIONS = { { name = "input", short = "i", value = "TEXT" }, { name = "set", value = "K=V", many = true },
    { name = "virtual-time" }, { name = "format", value = "F", choices = { "svg", "dot" } },
    { name = "count", value = "N", number = true } }
  local function parse(...) return args.parse({ ... }, OPTIONS) end
  local function wrong(...) return (select(2, args.parse({ ... }, OPTIONS))) end

  it("has options in every spelling", function()
    assert.same({ input = "x", "file" }, parse("-i", "x", "file"))
    assert.same({ input = "x", "file" }, parse("file", "-ix"))
    assert.same({ input = "a=b" }, parse "--input=a=b")
    assert.same({ input = "" }, parse "--input=")
    assert.same({ input = "-" , "-" }, parse("--input", "-", "-"))
    assert.same({ set = { "a=1", "b=2" } }, parse("--set", "a=1", "--set=b=2"))
    assert.same({ virtual_time = true, "--not-an-option" }, parse("--virtual-time", "--", "--not-an-option"))
    assert.same({ count = 12 }, parse("--count", "12"))
  end)

  it("is answered with words when it is wrong", function()
    assert.equal("unknown option --inptu, did you mean --input?", wrong "--inptu")
    assert.equal("unknown option --zzzzz", wrong "--zzzzz")
    assert.equal("unknown option -z", wrong "-z")
    assert.equal("--input needs a value: TEXT", wrong "--input")
    assert.equal("-i needs a value: TEXT", wrong "-i")
    assert.equal("--virtual-time takes no value", wrong "--virtual-time=1")
    assert.equal('--format is one of svg, dot, not "svgg", did you mean svg?', wrong("--format", "svgg"))
    assert.equal('--count needs a number, not "many"', wrong("--count", "many"))
  end)
end)
