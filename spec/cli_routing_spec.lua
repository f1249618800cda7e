-- `passo run` with --mock, --record, --replay and --connections, as its users meet them.
local cli = require "passo.cli"
local core = require("passo").core
local net = require "passo.net"

describe("passo run", function()
  local made, send

  before_each(function() made, send = {}, net.send end)
  after_each(function()
    net.send = send
    for _, path in ipairs(made) do os.remove(path) end
  end)

  local function file(content)
    local path = os.tmpname()
    made[#made + 1] = path
    if not content then
      os.remove(path)
      return path
    end
    local handle = assert(io.open(path, "wb"))
    handle:write(type(content) == "string" and content or core.encode(content))
    handle:close()
    return path
  end

  -- Runs a command line in this process: {code, out, err}.
  local function run(...)
    local out, err = {}, {}
    local function sink(list)
      return { write = function(_, s) list[#list + 1] = s end }
    end
    local code = cli.main({ "run", ... }, { stdin = { read = function() return "" end }, stdout = sink(out),
      stderr = sink(err) })
    return { code = code, out = table.concat(out), err = table.concat(err) }
  end

  local function machine(resource, parameters)
    return file { StartAt = "T", States = { T = { Type = "Task", End = true, Resource = "arn:aws:states:::" .. resource,
      Parameters = parameters or core.object {} } } }
  end

  it("--mock answers as a test case says, and asks nobody else", function()
    local mocks = file { StateMachines = { Any = { TestCases = { Happy = { T = "R" } } } },
      MockedResponses = { R = { ["0"] = { Return = { n = 1 } } } } }
    local path = machine "sns:publish"
    local result = run(path, "--mock", mocks .. "#Happy", "--output", "--compact")
    assert.same({ 0, '{"n":1}\n' }, { result.code, result.out })
    result = run(path, "--mock", mocks .. "#Hapy")
    assert.equal(2, result.code)
    assert.matches("there is no test case 'Hapy' of state machine 'Any', did you mean 'Happy'?", result.err, 1, true)
    result = run(path, "--mock", mocks)
    assert.equal(2, result.code)
    assert.matches("--mock needs FILE#CASE", result.err, 1, true)
    net.send = function() error "nobody is asked" end
    local other = file { StateMachines = { Any = { TestCases = { Happy = core.object {} } } },
      MockedResponses = core.object {} }
    result = run(path, "--mock", other .. "#Happy")
    assert.equal(1, result.code)
    assert.matches("the test case has no response for state 'T'", result.out, 1, true)
    result = run(path)
    assert.equal(2, result.code)
    assert.matches("--aws leaves Tasks to AWS", result.err, 1, true)
  end)

  it("--record keeps what an API answered, --replay answers from it", function()
    local connections = file { Shop = { AuthorizationType = "API_KEY", AuthParameters = { ApiKeyAuthParameters = {
      ApiKeyName = "X-Key", ApiKeyValue = "kept-secret-4711" } } } }
    local path = machine("http:invoke", { ApiEndpoint = "http://127.0.0.1:8080/prices", Method = "GET",
      InvocationConfig = { ConnectionArn = "Shop" } })
    local seen
    net.send = function(_, url, headers, _, options)
      seen = { url = url, headers = headers, allow = options.filter.allow }
      return 200, "Content-Type: application/json\r\n", '{"price":1.50}'
    end
    local cassette = file()
    local function ask(...)
      return run(path, "--connections", connections, "--allow", "127.0.0.1:8080", "--region", "us-east-1", ...)
    end
    local first = ask "--compact"
    assert.equal(0, first.code, first.err)
    assert.same({ "127.0.0.1:8080" }, seen.allow)
    assert.matches("X-Key: kept-secret-4711", seen.headers, 1, true)
    local recorded = ask("--record", cassette)
    assert.equal(0, recorded.code, recorded.err)
    net.send = function() error "nobody is asked" end
    local replayed = run(path, "--replay", cassette, "--virtual-time")
    assert.equal(0, replayed.code, replayed.err)
    assert.equal(recorded.out, replayed.out)
    assert.matches('"price": 1.50', replayed.out, 1, true)
    local refused = run(path, "--replay", cassette, "--record", cassette)
    assert.equal(2, refused.code)
  end)

  it("--connections does http:invoke alone, --allow only with it", function()
    local connections = file { Shop = { AuthorizationType = "NONE" } }
    local result = run(machine "sns:publish", "--connections", connections)
    assert.equal(2, result.code)
    assert.matches("no handler for state 'T'", result.err, 1, true)
    result = run(machine "sns:publish", "--allow", "127.0.0.1")
    assert.equal(2, result.code)
    assert.matches("--connections", result.err, 1, true)
    result = run(machine("http:invoke", { ApiEndpoint = "https://x.example/", Method = "GET" }), "--connections",
      file "{oops")
    assert.equal(2, result.code)
    assert.matches("no JSON", result.err, 1, true)
  end)
end)
