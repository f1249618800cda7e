-- What refusing.c runs with allocation n refused: each function that C binds, at least once.
-- `run` may be called any number of times in a state, and leaves nothing behind in globals that grows.
-- luacheck: globals core aws net sqlite postgres jit
local core, aws, net, sqlite, postgres = core, aws, net, sqlite, postgres
local T0 = 1767225600000
local SEED = ("s"):rep(32)

if rawget(_G, "jit") then jit.off() end

local scenarios = {}

local function scenario(name, run)
  scenarios[#scenarios + 1] = { name = name, run = run }
end

-- A module is not there yet when it is its own opening that is tried.
if not (core and aws and net) then return scenarios end

local function machine(states, first)
  return assert(core.machine({ StartAt = first or "T", States = states }, { name = "boundary" }))
end

local function start(m, input, options)
  local copy = { seed = SEED, now_ms = T0 }
  for key, value in pairs(options or {}) do copy[key] = value end
  return assert(core.exec(m, input, copy))
end

-- All commands that are there, each as a list.
local function poll_all(exec)
  local commands = {}
  while true do
    local command = { exec:poll() }
    if command[1] == nil then return commands end
    commands[#commands + 1] = command
  end
end

local function expect(exec, kind)
  local command = { exec:poll() }
  assert(command[1] == kind, kind)
  return command[2], command
end

-- == values =====================================================================================

local document = [==[{
  "z": {"b": [1, 2.50, 1e400, 9007199254740993, "text", null, true, {}], "a": {"deep": [[[["x"]]]]}},
  "list": [{"id": 1}, {"id": 2}, {"id": 3, "tags": ["a", "b"]}], "é": "\u0000\ud83d\ude00"
}]==]

scenario("decode", function()
  local value = assert(core.decode(document))
  assert(value.list[3].tags[2] == "b")
end)

scenario("encode", function()
  local value = core.object { { "z", { 1, 2, { x = "y" } } }, { "a", core.array {} }, { "n", core.null } }
  assert(core.encode(value) == [[{"z":[1,2,{"x":"y"}],"a":[],"n":null}]])
  assert(#core.encode({ deep = { { { { 1 } } } }, wide = { 1, 2, 3, 4, 5, 6, 7, 8 } }, { pretty = true }) > 20)
end)

scenario("round trip", function()
  local value = assert(core.decode(document))
  value.list[2].id = "new"
  value.more = { 1, 2, value.list }
  local text = assert(core.encode(value))
  assert(text:find("2.50", 1, true) and text:find("1e400", 1, true))
end)

scenario("yaml", function()
  local value, message = core.decode_yaml("a: 1\nb:\n  - x: true\n  - y: [1, 2]\nc: |\n  text\n")
  if not value and message:find("libyaml", 1, true) then return end
  assert(value, message)
  assert(value.b[1].x == true)
end)

scenario("refusals", function()
  local ring = {}
  ring[1] = ring
  assert(not core.decode "{\"a\": 1,\n x}")
  assert(not core.encode(ring))
  assert(not core.encode { a = { b = { print } } })
  assert(not core.encode { 1, nil, 3, x = 4 })
  assert(not core.value "{")
  assert(not core.int64 "1.5")
  assert(not core.decimal "abc")
  assert(not core.machine "{}")
  assert(not core.machine("{", { format = "json" }))
  assert(not core.machine("{}", { set = { 1 } }))
end)

scenario("value", function()
  local value = assert(core.value(document))
  assert(value:equal(value:lua()))
  assert(value == core.value(value:json()))
  assert(not value:equal { 1 } and value:bytes() > 100 and #tostring(value) > 100)
  assert(core.value { 1, 2 }:lua()[2] == 2)
end)

scenario("numbers", function()
  local a, b = core.decimal "1.10", core.int64 "9007199254740993"
  assert(tostring(a + core.decimal "1.40") == "2.50")
  assert(tostring(b * 3 - b) ~= "" and tostring(-a) == "-1.10")
  assert(tostring(b % 10) == "3" and a / 2 == 0.55)
  assert(a < b and a <= b and a ~= b and a:compare(1) == 1 and b:number() > 0)
  assert(a .. "" == "1.10" and "x" .. b == "x9007199254740993")
  assert(core.encode { a, b, core.decimal(7), core.int64(5) } == "[1.10,9007199254740993,7,5]")
  assert(tostring(core.decode "[12345678901234567890]"[1]) ~= "")
end)

scenario("jsonpath", function()
  local answer, found, paths = core.jsonpath("$.list[?(@.id > 1)].id", document and core.value(document))
  assert(answer == "ok" and found:json() == "[2,3]" and paths:json())
  assert(core.jsonpath("$.none", {}) == "not_found")
  assert(core.jsonpath("$[", {}) == "invalid_path")
end)

scenario("jsonata", function()
  local expression, message = core.jsonata "$join($map(list.id, $twice), ',') & $word"
  assert(expression, message)
  local bindings = { word = "!", twice = function(n) return tostring(n * 2) end }
  local data = document and core.value(document) or { list = core.array { { id = 1 } } }
  local answer, why = expression:eval(data, bindings)
  assert(answer, why)
  local none, words, failure = assert(core.jsonata "1 + 'a'"):eval()
  assert(none == nil and words and failure.code == "T2002")
  none, words, failure = core.jsonata "1 +"
  assert(none == nil and words and failure.code)
end)

-- == items ======================================================================================

scenario("items", function()
  local csv = { InputType = "CSV", CSVHeaderLocation = "FIRST_ROW" }
  local function read(text, config, most)
    local reader, message = core.item_reader(config, most)
    if not reader then return nil, message end
    reader:feed(text)
    return reader:finish()
  end
  local rows = assert(read("a,b\n1,2\n3,\"x y\"\n", csv, 10))
  assert(rows:lua()[2].b == "x y")
  assert(read("[1,2,3]", core.null, 2):lua()[2] == 2)
  assert(not read("{", core.null))
  assert(not read("a", { InputType = "NONE" }))
  local all = core.rows(3)
  assert(all:list { { Key = "a", ETag = "e", Size = 1 } } and not all:add(rows))
  assert(#all:take():lua() == 3)
  assert(core.read_manifest("s3://b/k\n", { ManifestType = "ATHENA_DATA" }).files:lua()[1].Key == "k")
end)

scenario("results", function()
  local results = {
    { Index = 0, Input = "1", Status = "SUCCEEDED", Output = "2", ExecutionArn = "arn:x", Name = "n" },
    { Index = 1, Input = "1", Status = "FAILED", Error = "E", Cause = "c", ExecutionArn = "arn:y", Name = "m" },
  }
  local written, message =
    core.write_results(results, "arn:aws:states:eu-west-1:1:mapRun:m/l:u", "bucket", "prefix", core.null)
  assert(written, message)
  assert(#written.files > 0 and written.files[1].body and written.details:lua())
end)

scenario("folders", function()
  assert(core.list_files("spec/boundary", "s"):lua()[1])
  assert(not core.list_files("spec/boundary/none"))
  assert(core.make_folders "spec/boundary/x")
  assert(not core.make_folders "spec/boundary/refusing.c/x/y")
end)

scenario("clock", function()
  assert(core.now_ms() > 0 and #core.random(16) == 16)
  assert(core.parse_time "2026-01-01T00:00:00Z" == T0 and not core.parse_time "x")
  core.sleep_ms(0)
  assert(core.clock() > 0)
end)

scenario("private files", function()
  assert(core.digest("sha1", "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
  local path = "build/boundary.private"
  local written = core.write_private(path, "text")
  os.remove(path)
  assert(written and not core.write_private("spec/boundary/none/x", "text"))
end)

-- == machines ===================================================================================

local yaml = "StartAt: T\nStates:\n  T:\n    Type: Task\n    Resource: lua:${NAME}\n    Next: Nowhere\n"
local text = [[{"StartAt": "T", "States": {"T": {"Type": "Pass", "Next": "U"},
  "U": {"Type": "Task", "Resource": "lua:${NAME}", "Comment": "${WHOLE}", "End": true}}}]]

scenario("check", function()
  for _, format in ipairs { "yaml", "auto" } do
    local findings = core.check(yaml, { format = format, path = "file.yaml", set = { NAME = "n" } })
    assert(#findings > 0 and tostring(findings[1]) ~= "")
  end
  assert(#core.check("{", { type = "EXPRESS" }) == 1)
  assert(#core.check(text, { warnings = false, set = { WHOLE = "c", NAME = "n" } }) == 0)
  assert(#core.check { StartAt = "x" } > 0)
end)

scenario("machine", function()
  local m = assert(core.machine(text, { name = "boundary", set = { NAME = "f", WHOLE = "text" } }))
  local states = m:states()
  assert(states[2].resource == "lua:f" and states[1].machine_name == "boundary")
  assert(m:definition():lua().StartAt == "T" and m:name() == "boundary" and m:variables())
  assert(tostring(m) == "passo.machine: boundary")
  local refused, message = core.machine(yaml, { format = "yaml" })
  assert(not refused and message)
end)

-- == executions =================================================================================

local tasks = machine({
  T = { Type = "Task", Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken", HeartbeatSeconds = 30,
    Parameters = { FunctionName = "f", Payload = { ["t.$"] = "$$.Task.Token", ["in.$"] = "$" } },
    Credentials = { RoleArn = "arn:aws:iam::123456789012:role/other" },
    Retry = { { ErrorEquals = { "Again" }, IntervalSeconds = 1 } },
    Catch = { { ErrorEquals = { "States.ALL" }, Next = "F" } }, Next = "U" },
  U = { Type = "Task", Resource = "lua:u", End = true },
  F = { Type = "Fail", Error = "Failed", Cause = "because" },
})

scenario("exec", function()
  local x = start(tasks, { b = 1, a = { 2, 3 } }, { name = "run", role_arn = "arn:role",
    machine_arn = "arn:aws:states:eu-west-1:1:stateMachine:m", machine_name = "m", profile = "unlimited" })
  assert(tostring(x) == "passo.exec: RUNNING" and select(2, x:identity()) == "run")
  local token, command = expect(x, "TASK")
  assert(command[3].name == "T" and command[4]:lua() and command[9] and command[10])
  assert(x:started(token, T0 + 1, "worker") and x:beat(token, T0 + 2))
  assert(x:submitted(token, { job = { 1, 2 } }, T0 + 3) and x:find_token(command[9]) == token)
  assert(not x:find_token "none" and x:deadline())
  assert(x:fail(token, T0 + 4, "Again", "cause"))
  assert(not x:resume(token, T0 + 4, 1) and not x:poll())
  x:tick(x:deadline())
  token = expect(x, "TASK")
  assert(x:resume(token, T0 + 2000, { 1, { two = "three" } }))
  token = expect(x, "TASK")
  assert(x:resume(token, T0 + 3000, core.decode(document)))
  local _, finish = expect(x, "FINISH")
  assert(finish[5] == "SUCCEEDED" and finish[4]:lua() and x:status() == "SUCCEEDED" and not x:poll())
  x:close()
end)

scenario("take", function()
  local waiting = assert(core.machine [[{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"lua:a",
    "TimeoutSeconds":9,"End":true}}}]])
  local x = start(waiting, { a = { 1, { b = "c" } } })
  local kind, token, state, attempt, visit, deadline_ms = x:take(T0)
  assert(kind == "START" and state.name == "A" and attempt == 0 and visit == 2 and deadline_ms)
  assert(x:input(token).a[2].b == "c" and not x:input(99) and not x:task(token))
  assert(x:resume(token, T0, "done") and x:take(T0) == "FINISH")
end)

scenario("templates", function()
  local found = assert(core.templates [[{"Resources":{"F":{"Type":"AWS::StepFunctions::StateMachine",
    "Properties":{"Definition":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}}]])
  assert(found[1].name == "F" and found[1].line == 2 and found[1].definition:lua().StartAt == "P")
  assert(not core.templates "{" and tostring(core.finding { code = "C", message = "m" }):find "C: m")
end)

scenario("stop", function()
  local x = start(tasks, "input")
  poll_all(x)
  assert(x:stop(T0 + 10, "Stopped", "by hand") and not x:stop(T0 + 11))
  poll_all(x)
  assert(x:status() == "ABORTED" and tostring(x) == "passo.exec: ABORTED")
end)

scenario("save", function()
  local x = start(tasks, { 1, { k = "v" } })
  local token = expect(x, "TASK")
  x:submitted(token, { job = 7 }, T0 + 1)
  local snapshot = x:save()
  x:close()
  local y = assert(core.load(tasks, snapshot, "aws-standard"))
  token = expect(y, "TASK")
  assert(y:fail(token, T0 + 2, "E"))
  local _, finish = expect(y, "FINISH")
  assert(finish[6] == "Failed" and finish[7] == "because")
  assert(not core.load(tasks, "damaged"))
end)

scenario("events", function()
  local x = start(tasks, { b = 1, a = { 2.5, "x" } })
  local first = x:take_events()
  local token = expect(x, "TASK")
  x:resume(token, T0 + 1, { done = true })
  local second = x:take_events()
  x:close()
  local seen = 0
  for _, batch in ipairs { first, second } do
    for i, event in batch:each() do
      assert(event.type == batch:type(i) and batch:get(i).id == event.id and batch:value(i):json())
      seen = seen + 1
    end
  end
  assert(seen > 2 and seen == #first + #second or _VERSION == "Lua 5.1")
end)

scenario("observe", function()
  local x = start(machine { T = { Type = "Pass", Parameters = { ["a.$"] = "$.b" }, ResultPath = "$.r", End = true } },
    { b = { 1 } })
  x:observe()
  poll_all(x)
  assert(x:stages():lua().output.r.a[1] == 1)
end)

local calls = machine({
  T = { Type = "Choice", Choices = { { Condition = "lua:f", Next = "M" } },
    Default = "M" },
  M = { Type = "Map", ItemsPath = "$.list", MaxConcurrency = 2, Next = "P",
    ItemProcessor = { StartAt = "I", States = { I = { Type = "Task", Resource = "lua:i", End = true } } } },
  P = { Type = "Parallel", End = true, Branches = {
    { StartAt = "B1", States = { B1 = { Type = "Task", Resource = "lua:b", End = true } } },
    { StartAt = "B2", States = { B2 = { Type = "Task", Resource = "lua:b", End = true } } } } },
})

scenario("map and parallel", function()
  local x = start(calls, { list = { 1, 2, { 3 } } })
  for _ = 1, 20 do
    for _, command in ipairs(poll_all(x)) do
      if command[1] == "CALL" then
        assert(command[5]:find "f")
        assert(x:resume(command[2], T0 + 4, true))
      elseif command[1] == "TASK" then
        assert(x:resume(command[2], T0 + 5, command[4]))
      end
    end
  end
  assert(x:status() == "SUCCEEDED")
  local y = start(calls, { list = { 1, 2 } })
  poll_all(y)
  y:stop(T0 + 9)
  poll_all(y)
end)

local distributed = machine {
  T = { Type = "Map", Label = "L", End = true, MaxConcurrency = 10,
    ItemReader = { Resource = "arn:aws:states:::s3:getObject", ReaderConfig = { InputType = "JSON" },
      Parameters = { Bucket = "b", Key = "k" } },
    ResultWriter = { Resource = "arn:aws:states:::s3:putObject", Parameters = { Bucket = "b", Prefix = "p" } },
    ItemProcessor = { ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" },
      StartAt = "I", States = { I = { Type = "Task", Resource = "lua:i", End = true } } } },
}

scenario("distributed", function()
  local x = start(distributed, {})
  local kinds = {}
  for _ = 1, 20 do
    for _, command in ipairs(poll_all(x)) do
      kinds[command[1]] = true
      if command[1] == "READ" then
        assert(x:resume(command[2], T0 + 1, { { id = 1 }, { id = 2 } }))
      elseif command[1] == "CHILD" then
        local child = start(distributed, command[4], { map = command[3].path, name = command[6] })
        poll_all(child)
        assert(x:resume(command[2], T0 + 2, { child = true }))
      elseif command[1] == "WRITE" then
        assert(command[5]:lua() and x:resume(command[2], T0 + 3, { ResultWriterDetails = { Bucket = "b" } }))
      end
    end
  end
  assert(kinds.READ and kinds.CHILD and kinds.WRITE and kinds.FINISH and x:status() == "SUCCEEDED")
end)

-- == calls of AWS ================================================================================

-- Raises what it must; or, where there is no memory, that.
local function raises(words, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and message:find(words), message)
end

local function put(pattern, words)
  return (pattern:gsub("%$(%w+)", words))
end

-- A service that keeps parcels, in any protocol. Shapes are numbered from 16.
local MODEL = [==[{"passo":1,"service":{"id":"Parcel Post","endpoint":"parcel","version":"2020-01-01",
  "json":"1.1","target":"Parcels","protocol":"$protocol"},
"shapes":[[{"n":"Busy","x":1,"s":503,"r":2},"Desk",2,"Message",0],
  {"l":0},{"k":0,"v":0},
  ["Inner",[19,""],"Kind",0],
  ["At",[6,""],"Body",[7,""],"Key",[-1,"$key"],"List",17,"Map",18,"More",8,"Nested",19,"Number",3,"Ok",1,"Real",5,
    "Token",[0,"",{"i":1}]],
  ["Bytes",7,"Map",18,"Rows",17,"Text",0]],
"errors":[[16]],
"operations":[["Keep","POST /parcels$uri",20,21,0,{"w":"KeepResult"}]],
"paginators":{"Keep":{"input_token":"Key","output_token":"Text","result_key":"Rows"}},
"waiters":{"ParcelKept":{"operation":"Keep","delay":1,"attempts":2,"acceptors":[{"state":"success"}]}}}]==]

local function model_of(protocol)
  local rest = protocol:find "^rest" ~= nil
  return (put(MODEL, { protocol = protocol, key = rest and "{Key" or "", uri = rest and "/{Key}" or "" }))
end

local models = {}
local function operation(protocol)
  models[protocol] = models[protocol] or assert(aws.model(model_of(protocol)))
  return assert(models[protocol]:operation "Keep")
end

local PARAMS = { Key = "k", List = { "a", "b&c" }, Map = { x = "1", y = "2" }, Body = "\0\255", At = T0 / 1000,
  Number = 7, Ok = true, Real = 0.5, Nested = { Kind = "box", Inner = { Inner = { Kind = "deep" } } } }

scenario("aws model", function()
  local model = assert(aws.model(model_of "json"))
  local facts = model:facts()
  assert(facts.service_id == "Parcel Post" and model:operations()[1] == "Keep" and model:waiters()[1] == "ParcelKept")
  assert(model:paginator "Keep".result_key == "Rows" and model:waiter "ParcelKept".acceptors[1].state == "success")
  assert(not model:paginator "None" and not model:operation "None" and tostring(model):find "Parcel")
  local op = model:operation "Keep"
  assert(op == model:operation "Keep" and op:facts().idempotency[1] == "Token" and tostring(op):find "Keep")
  assert(#op:members "input" == 11 and op:members "output"[1].name == "Bytes")
  for _, damaged in ipairs { "", "{}", '{"passo":2}', model_of "none" } do assert(not aws.model(damaged)) end
end)

local function reads(protocol, status, headers, body, check)
  scenario("aws read " .. protocol .. " " .. status, function()
    local result, message, failure = operation(protocol):read(status, headers, body)
    if not result and message:find("built without", 1, true) then return end
    check(result, message, failure)
  end)
end

for _, protocol in ipairs { "json", "query", "ec2", "rest-json", "rest-xml", "smithy-rpc-v2-cbor" } do
  scenario("aws write " .. protocol, function()
    local op = operation(protocol)
    local request = assert(op:write(PARAMS, { idempotency_token = "t", lenient = true, streamed = false }))
    assert(request:body() ~= "" and request:target("https", "parcel.eu-west-1.amazonaws.com"))
    assert(op:write(core.value { Key = "k", Map = { a = "b" } }))
    assert(not op:write { Key = 1 } and not op:write { Keys = "k" })
    assert(not op:write { Key = "k", List = { x = 1 } } and not op:write { Nested = { Kind = print } })
    assert(not op:write() and op:write({}, { lenient = true }) or protocol:find "rest")
  end)
end

local function accepted(result)
  assert(result and result.Text == "t" and result.Rows[2] == "b" and result.Map.x == "1", "accepted")
end

local function refused(result, message, failure)
  assert(not result and message == "wait" and failure.code:find "Busy" and failure.status == 503, "refused")
end

local JSON = '{"Text":"t","Rows":["a","b"],"Map":{"x":"1"}}'
local XML = "<Rows><member>a</member><member>b</member></Rows><Text>t</Text>"
  .. "<Map><entry><key>x</key><value>1</value></entry></Map>"
reads("json", 200, "x-amzn-requestid: r\r\n", JSON, accepted)
reads("json", 503, nil, '{"__type":"Busy","Message":"wait","Desk":3}', refused)
reads("rest-json", 200, nil, JSON, accepted)
reads("rest-json", 503, "x-amzn-errortype: Busy\r\n", '{"Message":"wait"}', refused)
reads("query", 200, nil, "<KeepResponse><KeepResult>" .. XML .. "</KeepResult></KeepResponse>", accepted)
local ERROR = "<Error><Code>Busy</Code><Message>wait</Message></Error>"
reads("query", 503, nil, "<ErrorResponse>" .. ERROR .. "</ErrorResponse>", refused)
reads("rest-xml", 200, nil, "<KeepOutput>" .. XML .. "</KeepOutput>", accepted)
reads("rest-xml", 503, nil, ERROR, refused)
reads("ec2", 503, nil, "<Response><Errors>" .. ERROR .. "</Errors></Response>", refused)
reads("smithy-rpc-v2-cbor", 200, "smithy-protocol: rpc-v2-cbor\r\n",
  "\163\100Text\97t\100Rows\130\97a\97b\99Map\161\97x\97" .. "1", accepted)
reads("json", 200, nil, "{", function(result, _, failure) assert(not result and failure.status == 200) end)

scenario("aws read value", function()
  local value = assert(operation "json":read(200, nil, JSON, { value = true }))
  assert(value:json():find '"Text":"t"')
end)

scenario("aws request", function()
  local request = assert(aws.request("GET", "https://a.example/p/q?x=1", { A = "1", B = { "2", "3" } }, "body"))
  assert(request:path() == "/p/q" and request:query() == "x=1" and request:body() == "body")
  request:header("C", "4")
  request:header("A", false)
  request:body "other"
  assert(request:header "C" == "4" and not request:header "A" and tostring(request):find "GET /p/q")
  local method, url, headers, body = request:parts()
  assert(method == "GET" and url == "https://a.example/p/q?x=1" and headers:find "C: 4" and body == "other")
  assert(not aws.request("GO", "https://a.example/") and not aws.request("GET", "no url"))
  raises("characters", aws.request, "GET", "https://a.example/", { A = "1\n" })
end)

scenario("aws sign", function()
  local keys = aws.keys("AKIDEXAMPLE", "secret", "token")
  local request = assert(aws.request("GET", "https://a.example/p?x=1", { A = "1" }))
  assert(request:sign(keys, "eu-west-1", "parcel", T0, { hash_header = true, unsigned_headers = { "A" } }))
  assert(request:header "Authorization":find "AKIDEXAMPLE" and keys:id() == "AKIDEXAMPLE")
  local stages = assert(request:trace(keys, "eu-west-1", "parcel", T0, { unsigned_payload = true }))
  assert(#stages.signature == 64 and stages.canonical_request:find "^GET" and stages.string_to_sign ~= "")
  assert(request:presign(keys, "eu-west-1", "parcel", T0, 60, { raw_path = true }):find "X%-Amz%-Signature")
  request = assert(aws.request("GET", "https://a.example/p?x=1"))
  assert(assert(request:trace(keys, "eu-west-1", "parcel", T0, { seconds = 60 })).url:find "X%-Amz%-Expires=60")
  assert(not request:presign(keys, "eu-west-1", "parcel", T0, 0))
  local other = assert(aws.request("GET", "https://a.example/"))
  assert(other:sign(keys, "*", "parcel", T0, { asymmetric = true, payload_hash = ("0"):rep(64) }))
  assert(tostring(keys):find "AKIDEXAMPLE" and not tostring(keys):find "secret")
  keys:close()
  assert(not keys:id() and tostring(keys):find "closed" and not other:sign(keys, "r", "s", T0))
end)

scenario("aws endpoint", function()
  local facts = { endpoint_prefix = "s3", signing_name = "s3" }
  local found = assert(aws.endpoint(facts, { region = "eu-west-1", bucket = "photos", dual_stack = true }))
  assert(found.bucket_in_host and found.host:find "photos" and found.region == "eu-west-1")
  assert(aws.endpoint(facts, { region = "eu-west-1", url = "http://127.0.0.1:9000/base" }).base_path == "/base")
  assert(not aws.endpoint(facts, { region = "no region" }) and aws.partition "cn-north-1".name == "aws-cn")
end)

scenario("aws texts", function()
  assert(aws.checksum("CRC32", "123456789") == "y/Q5Jg==" and #aws.checksum("SHA256", "") == 44)
  assert(aws.base64 "any" == "YW55")
  local sections = assert(aws.ini "[default]\nregion = eu-west-1\ns3 =\n  max = 1\n[profile x]\nrole_arn = a\n")
  assert(sections[1].values.region == "eu-west-1" and sections[1].nested.s3.max == "1" and sections[2].at == 5)
  local nothing, _, failure = aws.ini "[default\n"
  assert(not nothing and failure.line == 1)
end)

scenario("aws integrations", function()
  local op = operation "json"
  local call = { service = "parcelpost", verb = "keep", name = "n", execution_arn = '"arn:e"', machine_arn = '"arn:m"' }
  assert(aws.integration_service "dynamodb".model == "dynamodb" and not aws.integration_service "none")
  assert(aws.integration_prefix "Parcel Post" == "ParcelPost")
  local params = assert(aws.integration_params(call, op, core.value { Key = "k" }))
  assert(params:lua().Key == "k")
  local result = assert(op:read(200, nil, JSON, { value = true }))
  assert(aws.integration_result(call, op, core.value { Key = "k" }, result, 200, "A: 1\r\n"):lua().Text == "t")
  local _, _, failure = op:read(503, nil, '{"__type":"Busy","Message":"wait"}')
  local name, cause = aws.integration_refused(call, op, failure, "", 3)
  assert(name:find "Busy" and cause:find "wait")
  assert(aws.integration_unreached(call, op, "nobody"):find "ParcelPost")
end)

-- == the network =================================================================================

-- Nobody listens at port 1.
local function refuse(port, wait)
  local transfer = assert(port:submit("POST", "http://127.0.0.1:1/", "A: 1\r\n", "body",
    { timeout_ms = 2000, connect_timeout_ms = 500.5, max_body = 10, verify = true }, "", "*", "127.0.0.1/32"))
  local kind, message, code
  repeat
    wait()
    local id = port:next()
    if id then kind, message, code = transfer:take() end
  until kind
  assert(kind == "failed" and message and code == "ECONNECT", message)
  transfer:close()
end

scenario("net inline", function()
  local port = assert(net.port "inline")
  refuse(port, function() port:step(20) end)
  assert(not port:busy() and port:ours())
  assert(not port:submit("GET", "ftp://127.0.0.1/"))
  raises("length", port.submit, port, "GET", "http://127.0.0.1/", nil, -1)
  local fed = assert(port:submit("PUT", "http://127.0.0.1:1/", nil, 10))
  fed:feed "five!"
  fed:finish()
  fed:cancel()
  port:close()
  raises("closed", port.step, port, 0)
end)

scenario("net thread", function()
  local port = assert(net.port "thread")
  assert(port:fd() >= 0)
  port:poke()
  port:ack()
  assert(port:listen():find "/" and not port:accept())
  refuse(port, function() core.sleep_ms(0) port:ack() end)
  port:close()
end)

-- == journals ===================================================================================

scenario("a shelf", function()
  local m = assert(core.machine { StartAt = "A", States = { A = { Type = "Pass", End = true } } })
  local shelf = core.shelf()
  local slots = {}
  for i = 1, 3 do
    local x = assert(core.exec(m, { id = i }))
    x:poll()
    slots[i] = shelf:put(x)
  end
  assert(shelf:arn(slots[2]))
  local x = shelf:take(slots[2])
  assert(x:poll() == "FINISH" and x:ending() == "SUCCEEDED")
  assert(shelf:put(x) == slots[2])
end)

scenario("birth and records", function()
  local m = machine { T = { Type = "Task", Resource = "lua:t", Next = "F" }, F = { Type = "Fail", Error = "E" } }
  local x = start(m, { text = ("x"):rep(300) })
  assert(x:record { blob_bytes = 100 })
  local birth, blobs = x:birth()
  local token = expect(x, "TASK")
  assert(x:started(token, T0, "w"))
  assert(x:resume(token, T0 + 1, { large = ("y"):rep(300) }))
  poll_all(x)
  local bytes, events, more = x:take_record()
  assert(#events > 3)
  local given = {}
  for _, list in ipairs { blobs, more } do
    for _, blob in ipairs(list) do given[blob.hash] = blob.bytes end
  end
  assert(#core.record_needs(birth) == 1 and #core.record_needs(bytes) > 0)
  local head = assert(core.record(bytes))
  assert(head.first == 1 and head.last == #events)
  assert(#assert(core.record_events(bytes, given)) == #events)
  assert(core.record_inputs(bytes, given)[2].verb == "started")
  assert(not core.record_events(bytes) and not core.record "nothing" and not core.record_needs "nothing")
  local again = assert(core.rebirth(m, birth, given))
  assert(again:replay(bytes, given))
  again:again()
  assert(again:redrive(T0 + 2) and not again:redrive(T0 + 2))
  assert(not again:update("no run", T0 + 2, { max_concurrency = 1 }))
  assert(not again:save(3) and again:save(4))
  local _, _, failure = start(m, { text = "other" }):replay(bytes, given)
  assert(failure.code == "EDIVERGED" and failure.event == 1 and failure.stored and failure.computed)
end)

-- == stores =====================================================================================

local engine = rawget(_G, "jit") and "luajit" or _VERSION:gsub("%W", "")
local database = (os.getenv "TMPDIR" or "/tmp") .. "/passo-boundary-" .. engine .. ".db"

local function ask(port, ticket)
  port:kick()
  while not port:step(1000) do end
  local taken, results, _, failure = port:take()
  assert(taken == ticket)
  return results, failure
end

if sqlite then
  scenario("sqlite", function()
    assert(#sqlite.version() > 3)
    local port = sqlite.open(database, { relaxed = true, wait_ms = 5000 })
    assert(port:fd() >= 0 and port:ours())
    local make = port:prepare "CREATE TABLE IF NOT EXISTS t (i INTEGER, r REAL, t TEXT, b BLOB)"
    local empty = port:prepare "DELETE FROM t"
    local insert = port:prepare("INSERT INTO t VALUES (?, ?, ?, ?)", "irtb", { expect = 1 })
    local update = port:prepare("UPDATE t SET i = ? WHERE t = 'nobody'", "i", { expect = 1 })
    local all = port:prepare("SELECT * FROM t", "", { rows = true })
    assert(ask(port, port:submit { make, empty, insert, 1, 0.5, ("t"):rep(100), "\0b" }))
    local results = ask(port, port:read { all })
    assert(results[1].rows[1][4] == "\0b" and results[1].rows[1][2] == 0.5)
    assert(ask(port, port:submit({ all, empty }, 1, true))[1].rows[1][1] == 1)
    local _, failure = ask(port, port:submit({ update, 5 }, 1))
    assert(failure.code == "EFENCED" and failure.statement == 1)
    raises("integer", port.submit, port, { update, "five" })
    raises("names no statement", port.submit, port, { 99 })
    raises("letters", port.prepare, port, "SELECT ?", "x")
    assert(ask(port, port:hold(7)) == 1 and ask(port, port:held(7)) == 1 and ask(port, port:let_go(7)) == 1)
    assert(ask(port, port:now()) > T0 - 1e12)
    port:poke()
    port:ack()
    port:close()
    port:close()
    assert(not port:ours() and not port:busy())
    for _, beside in ipairs { "", "-passo", "-wal", "-shm" } do os.remove(database .. beside) end
  end)
end

if postgres then
  scenario("postgres", function()
    assert(#postgres.version() > 1)
    local port = postgres.open("host=/nowhere/at/all dbname=x", { wait_ms = 100 })
    local insert = port:prepare("INSERT INTO t VALUES ($1)", "i")
    local _, failure = ask(port, port:submit { insert, 1 })
    assert(failure.code == "ESTORE" and not port:busy())
    port:close()
  end)
end

-- == lifetimes ==================================================================================

-- What is left to be finalised by the closing of the state, in whatever order that has.
scenario("left behind", function()
  local m = machine { T = { Type = "Task", Resource = "lua:t", End = true } }
  local x = start(m, core.value(document))
  expect(x, "TASK")
  _G.left_behind = { x:take_events(), core.value(document), x, core.decimal "1.10", m, core.decode(document), x:save(),
    operation "query", aws.keys("id", "secret"), aws.request("GET", "https://a.example/"), net.port "inline" }
end)

return scenarios
