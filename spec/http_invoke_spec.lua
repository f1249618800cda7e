-- http:invoke: what is sent for a Task and its connection, what comes of the reply, and what is never asked.
local helper = require "helper"
local web = require "web_server"
local passo = require "passo"
local core = passo.core

local ARN = "arn:aws:events:us-east-1:123456789012:connection/Shop/0f3a"
local KEY = "kept-secret-4711"

local function task(parameters, more)
  local all = { ApiEndpoint = "https://api.example.com/v1/orders", Method = "GET",
    InvocationConfig = { ConnectionArn = ARN } }
  for name, value in pairs(parameters or {}) do all[name] = value end
  for name, value in pairs(all) do if value == passo.null then all[name] = nil end end
  local fields = { Resource = "arn:aws:states:::http:invoke", Parameters = all }
  for name, value in pairs(more or {}) do fields[name] = value end
  return helper.task(fields)
end

local function api_key(parameters)
  return { Shop = { AuthorizationType = "API_KEY", AuthParameters = { ApiKeyAuthParameters = { ApiKeyName = "X-Key",
    ApiKeyValue = KEY }, InvocationHttpParameters = parameters } } }
end

local OAUTH = { Shop = { AuthorizationType = "OAUTH_CLIENT_CREDENTIALS", AuthParameters = { OAuthParameters = {
  AuthorizationEndpoint = "https://login.example.com/token", HttpMethod = "POST",
  ClientParameters = { ClientID = "me", ClientSecret = KEY },
  OAuthHttpParameters = { BodyParameters = { { Key = "audience", Value = "shop" } } } } } } }

local JSON = "Content-Type: application/json\r\n"

-- Runs it against a server that is a function(request) -> status, body, header lines.
local function run(machine, serve, more, options)
  local asked = {}
  local function send(method, url, headers, body, given)
    local request = { method = method, url = url, headers = headers, body = body, options = given }
    asked[#asked + 1] = request
    local status, reply, lines = serve(request, #asked)
    if not status then return nil, reply, { code = lines, message = reply } end
    return status, lines or JSON, reply
  end
  local aws = { region = "us-east-1", connections = api_key(), http = { send = send } }
  for name, value in pairs(more or {}) do aws[name] = value end
  local given = { aws = aws, clock = passo.virtual_clock() }
  for name, value in pairs(options or {}) do given[name] = value end
  local result, message = machine:run({}, given)
  return result, asked, message
end

local function ok() return 200, "{}" end

local function sent(parameters, connections)
  local result, asked = run(task(parameters), ok, { connections = connections })
  assert.equal("SUCCEEDED", result.status, result.cause)
  return asked[1]
end

local function refused(parameters)
  local result, asked = run(task(parameters), ok)
  assert.equal("States.Runtime", result.error)
  assert.equal(0, #asked)
  return result.cause
end

describe("http:invoke", function()
  describe("sends", function()
    it("the method, the URL and Step Functions' own headers", function()
      local request = sent()
      assert.equal("GET", request.method)
      assert.equal("https://api.example.com/v1/orders", request.url)
      assert.is_nil(request.body)
      for _, line in ipairs { "X-Key: " .. KEY, "Content-Type: application/json; charset=UTF-8",
        "Range: bytes=0-262144", "User-Agent: Amazon|StepFunctions|HttpInvoke|us-east-1" } do
        assert.matches(line .. "\r\n", request.headers, 1, true)
      end
    end)

    it("headers of the Task, but for those it sets itself", function()
      local headers = sent { Headers = { ["X-Id"] = "7", Accept = passo.array { "a/b", "c/d" }, Range = "bytes=9-",
        ["content-type"] = "text/plain" } }.headers
      assert.matches("X-Id: 7\r\n", headers, 1, true)
      assert.matches("Accept: a/b\r\nAccept: c/d\r\n", headers, 1, true)
      assert.matches("content-type: text/plain\r\n", headers, 1, true)
      assert.not_matches("application/json", headers, 1, true)
      assert.not_matches("bytes=9-", headers, 1, true)
    end)

    it("query parameters after those of the URL, encoded, lists repeated", function()
      local request = sent { ApiEndpoint = "https://api.example.com?a=1",
        QueryParameters = { q = "é &", l = passo.array { "x", "y" } } }
      assert.equal("https://api.example.com/?a=1&l=x&l=y&q=%C3%A9%20%26", request.url)
    end)

    it("a body as JSON with its numbers as they were, or text as it is", function()
      local machine = assert(passo.parse([[{"StartAt": "T", "States": {"T": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::http:invoke", "Parameters": {"ApiEndpoint": "https://api.example.com/",
        "Method": "POST", "Authentication": {"ConnectionArn": "]] .. ARN .. [["},
        "RequestBody": {"z": 1.10, "a": 12345678901234567890}}}}}]]))
      local _, asked = run(machine, ok)
      assert.equal('{"z":1.10,"a":12345678901234567890}', asked[1].body)
      assert.equal("plain", sent { Method = "POST", RequestBody = "plain" }.body)
      assert.equal("", sent { Method = "POST" }.body)
    end)

    it("a form, with lists in four ways", function()
      local function form(style)
        return sent { Method = "POST", RequestBody = { list = passo.array { "a b", "c" }, o = { k = true }, n = 1 },
          Headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }, Transform = {
            RequestBodyEncoding = "URL_ENCODED", RequestEncodingOptions = { ArrayFormat = style } } }.body
      end
      assert.equal("list%5B0%5D=a%20b&list%5B1%5D=c&n=1&o%5Bk%5D=true", form(nil))
      assert.equal(form(nil), form "INDICES")
      assert.equal("list=a%20b&list=c&n=1&o%5Bk%5D=true", form "REPEAT")
      assert.equal("list=a%20b,c&n=1&o%5Bk%5D=true", form "COMMAS")
      assert.equal("list%5B%5D=a%20b&list%5B%5D=c&n=1&o%5Bk%5D=true", form "BRACKETS")
    end)

    it("what its connection adds, over what the Task says", function()
      local request = sent({ Method = "POST", Headers = { ["x-version"] = "1", Own = "o" },
        QueryParameters = { page = "1", q = "x" }, RequestBody = { mode = "task", own = 1 } }, api_key {
          HeaderParameters = { { Key = "X-Version", Value = "2" } },
          QueryStringParameters = { { Key = "page", Value = "9" } },
          BodyParameters = { { Key = "mode", Value = "connection" } } })
      assert.matches("X-Version: 2\r\n", request.headers, 1, true)
      assert.not_matches("x-version: 1", request.headers, 1, true)
      assert.equal("https://api.example.com/v1/orders?q=x&page=9", request.url)
      assert.same({ mode = "connection", own = 1 }, core.decode(request.body))
    end)

    it("Basic credentials, from the environment and from files, too", function()
      local path = os.tmpname()
      web.write(path, "open sesame\n")
      local result, asked = run(task(), ok, { env = { SHOP_USER = "Aladdin" }, connections = { [ARN] = {
        AuthorizationType = "BASIC", AuthParameters = { BasicAuthParameters = { Username = "env:SHOP_USER",
          Password = "file:" .. path } } } } })
      os.remove(path)
      assert.equal("SUCCEEDED", result.status)
      assert.matches("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n", asked[1].headers, 1, true)
    end)
  end)

  describe("refuses before anything is sent", function()
    it("headers that are not the definition's to set", function()
      assert.equal("The 'Headers' field contains unsupported values: [authorization, x-amz-date, x-forwarded-for]",
        refused { Headers = { Authorization = "a", ["X-Amz-Date"] = "b", ["X-Forwarded-For"] = "c", Fine = "d" } })
      assert.matches("control characters", refused { Headers = { A = "b\r\nAuthorization: c" } })
      assert.matches("no name of a header", refused { Headers = { ["A B"] = "c" } })
    end)

    it("methods, URLs and fields that it does not have", function()
      assert.matches("^Method must be", refused { Method = "TRACE" })
      assert.matches("ApiEndpoint", refused { ApiEndpoint = "ftp://example.com/" })
      assert.matches("user", refused { ApiEndpoint = "https://me:pw@example.com/" })
      assert.matches("'Body'", refused { Body = "x" })
      assert.matches("ConnectionArn", refused { InvocationConfig = passo.null })
      assert.matches("ArrayFormat", refused { Transform = { RequestBodyEncoding = "URL_ENCODED",
        RequestEncodingOptions = { ArrayFormat = "PIPES" } } })
    end)

    it("text where the connection has a body to add", function()
      local result = run(task { Method = "POST", RequestBody = "text" }, ok, { connections = api_key {
        BodyParameters = { { Key = "a", Value = "b" } } } })
      assert.equal("States.Runtime", result.error)
    end)

    it("a connection that nobody has configured", function()
      local result = run(task(), ok, { connections = {} })
      assert.equal("Events.ConnectionResource.ResourceNotFound", result.error)
      assert.matches("'Shop'", result.cause, 1, true)
    end)

    it("a connection whose secret can be no header", function()
      local connections = api_key()
      connections.Shop.AuthParameters.ApiKeyAuthParameters.ApiKeyValue = "env:TWO_LINES"
      local result = run(task(), ok, { connections = connections, env = { TWO_LINES = "a\r\nX-Evil: " .. KEY } })
      assert.equal("Events.ConnectionResource.InvalidConnectionState", result.error)
      assert.equal("connection 'Shop': the header 'X-Key' can be none: its name or its value", result.cause)
    end)

    it("a connection whose secret is not there", function()
      local connections = api_key()
      connections.Shop.AuthParameters.ApiKeyAuthParameters.ApiKeyValue = "env:NOT_THERE"
      local result = run(task(), ok, { connections = connections, env = {} })
      assert.equal("Events.ConnectionResource.InvalidConnectionState", result.error)
      assert.matches("the environment's NOT_THERE", result.cause, 1, true)
    end)
  end)

  describe("gives", function()
    local function got(status, body, headers)
      return (run(task(), function() return status, body, headers end))
    end

    it("headers as lists, the body parsed where it is JSON, status and its words", function()
      local result = got(201, '{"n":1.50}', "Content-Type: application/json\r\nX-A: 1\r\nx-a: 2\r\n")
      assert.equal('{"Headers":{"content-type":["application/json"],"x-a":["1","2"]},"ResponseBody":{"n":1.50},'
        .. '"StatusCode":201,"StatusText":"Created"}', result.value:json())
    end)

    it("other bodies as text, and none where there is none", function()
      assert.equal("hi", got(200, "hi", "Content-Type: text/plain\r\n").output.ResponseBody)
      assert.equal("{oops", got(200, "{oops").output.ResponseBody)
      assert.equal('{"a":1}', got(200, '{"a":1}', "").output.ResponseBody)
      assert.same({ a = 1 }, got(200, '{"a":1}', "Content-Type: application/hal+json; v=1\r\n").output.ResponseBody)
      assert.is_nil(got(204, "").output.ResponseBody)
    end)

    it("an error by its status, with the words of the status as its cause", function()
      for status, words in pairs { [404] = "Not Found", [429] = "Too Many Requests", [500] = "Internal Server Error",
        [418] = "" } do
        local result = got(status, '{"secret":"in the body"}')
        assert.same({ "States.Http.StatusCode." .. status, words }, { result.error, result.cause or "" })
      end
    end)

    it("no bytes that are no text", function()
      for _, media in ipairs { "image/png", "audio/ogg", "video/mp4; x=y", "application/octet-stream" } do
        local result = got(200, "x", "Content-Type: " .. media .. "\r\n")
        assert.equal("States.Runtime", result.error)
      end
      assert.equal("States.Runtime", got(200, "\255\254", "Content-Type: text/plain\r\n").error)
    end)

    it("States.Http.Socket where nobody answers, which a Retry takes", function()
      local count = 0
      local result = run(task(nil, { Retry = { { ErrorEquals = { "States.Http.Socket" }, MaxAttempts = 1 } } }),
        function()
          count = count + 1
          if count == 1 then return nil, "api.example.com:443: no answer in time", "ETIMEOUT" end
          return 200, "{}"
        end)
      assert.equal("SUCCEEDED", result.status)
      assert.equal(2, count)
    end)

    it("no more than its limit of a minute allows", function()
      local _, asked = run(task(), ok)
      assert.is_true(asked[1].options.timeout_ms <= 60000 and asked[1].options.timeout_ms > 50000)
      assert.equal(262144, asked[1].options.max_body)
      local result = run(task(), function() return nil, "too large", "ELIMIT" end)
      assert.equal("States.DataLimitExceeded", result.error)
    end)
  end)

  describe("follows redirects", function()
    local function hop(location, status)
      return function(request, n)
        if n == 1 then return status or 302, "", "Location: " .. location .. "\r\n" end
        return 200, core.encode(request.url)
      end
    end

    it("within an origin with its secrets, and elsewhere without them", function()
      local result, asked = run(task(), hop "../other?x=1")
      assert.equal("https://api.example.com/other?x=1", result.output.ResponseBody)
      assert.matches(KEY, asked[2].headers, 1, true)
      result, asked = run(task { Headers = { Mine = "1" } }, hop "https://evil.example.net/")
      assert.equal("SUCCEEDED", result.status)
      assert.matches("Mine: 1\r\n", asked[2].headers, 1, true)
      assert.not_matches(KEY, asked[2].headers, 1, true)
      asked = select(2, run(task(), hop "http://api.example.com/v1/orders"))
      assert.not_matches(KEY, asked[2].headers, 1, true)
    end)

    it("with the body where the status says so", function()
      local machine = task { Method = "POST", RequestBody = { a = 1 } }
      local asked = select(2, run(machine, hop("/there", 307)))
      assert.same({ "POST", '{"a":1}' }, { asked[2].method, asked[2].body })
      asked = select(2, run(machine, hop("/there", 303)))
      assert.equal("GET", asked[2].method)
      assert.is_nil(asked[2].body)
    end)

    it("so often, and only to HTTP", function()
      local result, asked = run(task(), function() return 302, "", "Location: /again\r\n" end)
      assert.equal("States.Http.StatusCode.302", result.error)
      assert.equal(6, #asked)
      result, asked = run(task(), hop "file:///etc/passwd")
      assert.equal("States.Http.StatusCode.302", result.error)
      assert.equal(1, #asked)
    end)
  end)

  describe("with OAuth", function()
    local function serve(tokens, accepts)
      local given = 0
      return function(request)
        if request.url:find "login" then
          given = given + 1
          tokens[#tokens + 1] = request
          return 200, core.encode { access_token = "token-" .. given, expires_in = 3600 }
        end
        return accepts(request.headers:match "Bearer ([%w-]+)", request)
      end
    end

    it("asks for a token as a client, once for many calls", function()
      local machine = assert(passo.parse { StartAt = "M", States = { M = { Type = "Map", ItemsPath = "$", End = true,
        ItemProcessor = { StartAt = "T", States = { T = { Type = "Task", End = true,
          Resource = "arn:aws:states:::http:invoke", Parameters = { ApiEndpoint = "https://api.example.com/",
            Method = "GET", InvocationConfig = { ConnectionArn = ARN } } } } } } } })
      local tokens = {}
      local answer = serve(tokens, function(token) return token == "token-1" and 200 or 401, "{}" end)
      local result = machine:run(passo.array { 1, 2, 3, 4 }, { clock = passo.virtual_clock(), aws = {
        region = "us-east-1", connections = OAUTH, http = { send = function(method, url, headers, body)
          passo.sleep(0.01)
          local status, reply = answer { method = method, url = url, headers = headers, body = body }
          return status, JSON, reply
        end } } })
      assert.equal("SUCCEEDED", result.status, result.cause)
      assert.equal(1, #tokens)
      assert.equal("audience=shop&client_id=me&client_secret=" .. KEY .. "&grant_type=client_credentials",
        tokens[1].body)
      assert.matches("application/x-www-form-urlencoded", tokens[1].headers, 1, true)
    end)

    it("asks for a new one when the old one is refused, and only once", function()
      local tokens = {}
      local result = run(task(), serve(tokens, function(token) return token == "token-2" and 200 or 401, "{}" end),
        { connections = OAUTH })
      assert.equal("SUCCEEDED", result.status)
      assert.equal(2, #tokens)
      tokens = {}
      result = run(task(), serve(tokens, function() return 401, "{}" end), { connections = OAUTH })
      assert.equal("States.Http.StatusCode.401", result.error)
      assert.equal(2, #tokens)
    end)

    it("fails by the connection's state where no token is to be had, and tells no secret", function()
      local result = run(task(), function() return 400, '{"error":"bad ' .. KEY .. '"}' end, { connections = OAUTH })
      assert.equal("Events.ConnectionResource.InvalidConnectionState", result.error)
      assert.equal("connection 'Shop': no token: HTTP 400", result.cause)
    end)
  end)

  it("keeps the secrets of connections out of histories, errors and what prints them", function()
    local connections = OAUTH
    local result = run(task(), function(request)
      if request.url:find "login" then return 200, '{"access_token":"granted-0815"}' end
      return 403, request.headers
    end, { connections = connections }, { history = true })
    local told = core.encode(passo.array(result.history)) .. tostring(result.cause)
    assert.not_matches(KEY, told, 1, true)
    assert.not_matches("granted-0815", told, 1, true)
    local opened = assert(require("passo.aws.http.connections").open(api_key()))
    assert.equal("passo.connections", tostring(opened))
    assert.equal("passo.connection (Shop, API_KEY)", tostring(opened:find(ARN)))
  end)

  describe("connections", function()
    local open = require("passo.aws.http.connections").open

    it("are checked by their fields, with the nearest name", function()
      local function wrong(given) return select(2, open(given)) end
      assert.matches("AuthorizationType must be", wrong { A = {} })
      assert.matches("did you mean 'ApiKeyValue'", wrong { A = { AuthorizationType = "API_KEY", AuthParameters = {
        ApiKeyAuthParameters = { ApiKeyName = "a", ApiKeyValu = "b" } } } })
      assert.matches("ApiKeyAuthParameters.ApiKeyValue is required", wrong { A = { AuthorizationType = "API_KEY",
        AuthParameters = { ApiKeyAuthParameters = { ApiKeyName = "a" } } } })
      assert.matches("HeaderParameters%[0%] must have Key", wrong { A = { AuthorizationType = "NONE",
        AuthParameters = { InvocationHttpParameters = { HeaderParameters = { { Key = "a" } } } } } })
    end)

    it("come from a file, whose errors do not quote it", function()
      local path = os.tmpname()
      web.write(path, core.encode(api_key()))
      assert.equal("Shop", open(path):find(ARN).name)
      web.write(path, '{"A": ' .. KEY .. "}")
      local result, _, message = run(task(), ok, { connections = path })
      os.remove(path)
      assert.is_nil(result)
      assert.matches(path .. ":1:7: no JSON", message, 1, true)
      assert.not_matches(KEY, message, 1, true)
    end)
  end)

  it("goes where a route says, with the rest of its URL", function()
    local _, asked = run(task { ApiEndpoint = "https://api.example.com/v1?a=1" }, ok,
      { routes = { http = { endpoint = "http://127.0.0.1:8080" } } })
    assert.equal("http://127.0.0.1:8080/v1?a=1", asked[1].url)
    assert.same({ "http://127.0.0.1:8080" }, { "http://" .. asked[1].options.filter.allow[1] })
  end)

  it("tells what is wrong with its options", function()
    local function wrong(aws) return select(2, pcall(task().run, task(), {}, { aws = aws })) end
    assert.matches("did you mean 'allow'", wrong { http = { alow = {} } })
    assert.matches("http.allow%[1%]", wrong { http = { allow = { "10.0.0.0/8,::1" } } })
    assert.matches("connections must be", wrong { connections = 5 })
  end)

  describe("on a network", function()
    local server

    setup(function()
      if web.can_run then
        server = web.start [[
          server { listen 127.0.0.1:PORT;
            location /plain { default_type application/json; return 200 '{"key":"$http_x_key"}'; }
            location /to_loopback { return 302 http://127.0.0.1:PORT/plain; }
            location /to_other { return 302 http://127.0.0.2:PORT/plain; }
            location /to_metadata { return 302 http://169.254.169.254/latest/meta-data/; }
          } ]]
      end
    end)
    teardown(function() if server then web.stop(server) end end)

    local function ask(url, allow)
      return (task { ApiEndpoint = url }):run({}, { aws = { region = "us-east-1", connections = api_key(),
        http = { allow = allow, timeout_ms = 3000 } } })
    end

    local function test(name, fn)
      it(name, function()
        if not server then return pending "there is no nginx with its Lua module" end
        fn(server.url:match "//([^/]+)")
      end)
    end

    test("reaches what http.allow names", function(place)
      local result = ask("http://" .. place .. "/plain", { place })
      assert.equal("SUCCEEDED", result.status, result.cause)
      assert.same({ key = KEY }, result.output.ResponseBody)
    end)

    test("refuses private addresses in every spelling, and says what would allow them", function(place)
      local port = place:match ":(%d+)"
      for _, host in ipairs { "127.0.0.1", "localhost", "[::1]", "127.1", "0x7f000001", "2130706433", "0.0.0.0",
        "[::ffff:127.0.0.1]", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "[fe80::1]", "[fd00::1]" } do
        local result = ask(("http://%s:%s/plain"):format(host, port))
        assert.equal("States.Runtime", result.error, host)
        assert.matches("http.allow", result.cause, 1, true)
      end
    end)

    test("refuses them behind redirects, too", function(place)
      local url = "http://" .. place
      assert.equal("SUCCEEDED", ask(url .. "/to_loopback", { place }).status)
      local result = ask(url .. "/to_other", { place })
      assert.equal("States.Runtime", result.error)
      assert.matches("127.0.0.2", result.cause, 1, true)
      result = ask(url .. "/to_metadata", { "127.0.0.0/8" })
      assert.equal("States.Runtime", result.error)
      assert.matches("169.254.169.254", result.cause, 1, true)
    end)
  end)
end)
