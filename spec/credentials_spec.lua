local passo = require "passo"
local helper = require "helper"
local core = passo.core
local credentials = require "passo.aws.credentials"

local START_MS = core.parse_time "2026-01-01T00:00:00Z"
local HOUR_MS = 3600 * 1000

-- a world of its own for each spec ---------------------------------------------------------------------

local folders = {}

-- A home with these files below it, and the environment of one who lives there.
local function home(files, env)
  local folder = os.tmpname()
  os.remove(folder)
  folders[#folders + 1] = folder
  for name, text in pairs(files or {}) do
    assert(core.make_folders(folder .. "/" .. name))
    local file = assert(io.open(folder .. "/" .. name, "wb"))
    file:write(text)
    file:close()
  end
  local all = { HOME = folder, AWS_EC2_METADATA_DISABLED = "true" }
  for key, value in pairs(env or {}) do all[key] = value or nil end
  return all, folder
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

-- STS and its like without a network: `answers` by operation; what was asked is kept in `asked`.
local function fake_clients(answers)
  local asked = {}
  local function client(service, options)
    return { call = function(_, operation, params)
      local entry = { service = service, operation = operation, params = params, region = options.region }
      local from = options.credentials
      if from ~= "anonymous" then
        local keys, message, failure = from:get()
        if not keys then return nil, message, failure end
        entry.id = keys:id()
      else
        entry.id = "anonymous"
      end
      asked[#asked + 1] = entry
      local answer = answers[operation]
      if type(answer) == "function" then return answer(params, #asked) end
      return answer
    end }
  end
  return client, asked
end

local function sts_answer(_, n)
  return { Credentials = { AccessKeyId = "ASIA" .. n, SecretAccessKey = "s", SessionToken = "t",
    Expiration = (START_MS + HOUR_MS) / 1000 } }
end

local function options_for(files, env, more)
  local options = { env = home(files, env) }
  local clock = { ms = START_MS }
  options.now_ms = function() return clock.ms end
  for key, value in pairs(more or {}) do options[key] = value end
  return options, clock
end

local function id_of(provider)
  local keys, expires_ms = provider:get()
  assert(keys, expires_ms)
  return keys:id(), expires_ms
end

local function words_of(provider)
  local keys, message, failure = provider:get()
  assert.is_nil(keys)
  assert.equal(message, failure.message)
  return message, failure
end

local function until_true(host, holds)
  for _ = 1, 500 do
    if holds() then return end
    host:advance(0.01)
  end
  error "nothing came of it in five seconds"
end

local function default(files, env, more)
  return credentials.default((options_for(files, env, more)))
end

-- the stand-in -----------------------------------------------------------------------------------------

local server

local function start_server()
  local folder = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" or "spec"
  local pipe = assert(io.popen("exec python3 '" .. folder .. "/aws/identity.py'"))
  local pid, port = pipe:read("*l"):match "^(%d+) (%d+)$"
  server = { pipe = pipe, pid = pid, url = "http://127.0.0.1:" .. port }
end

local function seen()
  local _, _, body = require("passo.net").send("GET", server.url .. "/seen", nil, nil, { proxy = false })
  return core.decode(body)
end

local function at_imds(kind, more)
  local env = { AWS_EC2_METADATA_DISABLED = false, AWS_EC2_METADATA_SERVICE_ENDPOINT = server.url .. "/" .. kind }
  for key, value in pairs(more or {}) do env[key] = value end
  return env
end

describe("passo.aws.credentials", function()
  setup(start_server)

  teardown(function()
    require("passo.net").close()
    os.execute("kill " .. server.pid)
    server.pipe:close()
    for _, folder in ipairs(folders) do os.execute("rm -rf '" .. folder .. "'") end
  end)

  describe("static", function()
    it("gives the keys it was given", function()
      local provider = credentials.static { access_key_id = "AKIA1", secret_access_key = "hidden" }
      assert.equal("AKIA1", (id_of(provider)))
      assert.equal("AKIA1", (id_of(provider)))
      assert.equal("passo.aws.credentials (static)", tostring(provider))
    end)

    it("takes keys that exist", function()
      local keys = require("passo.aws.core").keys("AKIA2", "hidden")
      assert.equal(keys, (credentials.static(keys):get()))
    end)

    it("refuses what is no keys", function()
      assert.error_matches(function() credentials.static { access_key_id = "AKIA" } end, "must be strings")
      assert.error_matches(function() credentials.static "AKIA" end, "a table with access_key_id")
    end)

    it("has no others when they are refused", function()
      local provider = credentials.static { access_key_id = "AKIA1", secret_access_key = "hidden" }
      provider:expire((provider:get()))
      assert.matches("there are no others", (words_of(provider)))
    end)
  end)

  describe("environment", function()
    it("reads the three variables", function()
      local provider = default(nil, { AWS_ACCESS_KEY_ID = "AKIAENV", AWS_SECRET_ACCESS_KEY = "hidden",
        AWS_SESSION_TOKEN = "token" })
      local id, expires_ms = id_of(provider)
      assert.equal("AKIAENV", id)
      assert.is_nil(expires_ms)
    end)

    it("names what is missing", function()
      local message, failure = words_of(default(nil, { AWS_ACCESS_KEY_ID = "AKIAENV" }))
      assert.equal("environment: AWS_SECRET_ACCESS_KEY is missing", message)
      assert.equal("ECREDENTIALS", failure.code)
    end)

    it("knows an expiration, and refuses keys beyond it", function()
      local env = { AWS_ACCESS_KEY_ID = "AKIAENV", AWS_SECRET_ACCESS_KEY = "hidden",
        AWS_CREDENTIAL_EXPIRATION = "2026-01-01T01:00:00Z" }
      local options, clock = options_for(nil, env)
      local provider = credentials.environment(options)
      assert.equal(START_MS + HOUR_MS, select(2, id_of(provider)))
      clock.ms = START_MS + HOUR_MS
      assert.matches("have expired already", (words_of(provider)))
      options.env.AWS_ACCESS_KEY_ID, options.env.AWS_CREDENTIAL_EXPIRATION = "AKIANEW", "2026-01-01T03:00:00Z"
      assert.equal("AKIANEW", (id_of(provider)))
    end)

    it("counts more than a profile of the environment, less than one of the program", function()
      local files = { [".aws/credentials"] = "[a]\naws_access_key_id = AKIAFILE\naws_secret_access_key = hidden\n" }
      local env = { AWS_ACCESS_KEY_ID = "AKIAENV", AWS_SECRET_ACCESS_KEY = "hidden", AWS_PROFILE = "a" }
      assert.equal("AKIAENV", (id_of(default(files, env))))
      assert.equal("AKIAFILE", (id_of(default(files, env, { profile = "a" }))))
    end)
  end)

  describe("files", function()
    it("prefers the credentials file", function()
      local files = { [".aws/config"] = "[default]\naws_access_key_id = AKIACONFIG\naws_secret_access_key = hidden\n" }
      assert.equal("AKIACONFIG", (id_of(default(files))))
      files[".aws/credentials"] = "[default]\naws_access_key_id = AKIACRED\naws_secret_access_key = hidden\n"
      assert.equal("AKIACRED", (id_of(default(files))))
    end)

    it("names file and key of half a pair", function()
      local message = words_of(default { [".aws/credentials"] = "[default]\naws_access_key_id = AKIA\n" })
      assert.matches('profile "default" in .*/%.aws/credentials: aws_secret_access_key is missing', message)
    end)

    it("reads them again when AWS refuses the keys", function()
      local options = options_for { [".aws/credentials"] =
        "[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = hidden\n" }
      local provider = credentials.default(options)
      local keys = provider:get()
      assert.equal("AKIAOLD", keys:id())
      local file = assert(io.open(options.env.HOME .. "/.aws/credentials", "w"))
      file:write "[default]\naws_access_key_id = AKIANEW\naws_secret_access_key = hidden\n"
      file:close()
      assert.equal("AKIAOLD", (id_of(provider)))
      provider:expire(keys)
      assert.equal("AKIANEW", (id_of(provider)))
      provider:expire(keys)
      assert.equal("AKIANEW", (id_of(provider)))
    end)

    it("says why there is nothing", function()
      local message = words_of(default(nil, { HOME = false }))
      assert.matches("^no AWS credentials: environment: AWS_ACCESS_KEY_ID is not set", message)
      assert.matches("HOME is not set", message)
      assert.matches("container: neither", message)
      assert.matches("instance metadata: AWS_EC2_METADATA_DISABLED is true", message)
    end)

    it("says which file cannot be read", function()
      assert.matches("/: ", (words_of(default(nil, { AWS_SHARED_CREDENTIALS_FILE = "/" }))))
    end)
  end)

  describe("roles", function()
    local FILES = { [".aws/config"] = table.concat({
      "[profile base]", "aws_access_key_id = AKIABASE", "aws_secret_access_key = hidden",
      "[profile role]", "role_arn = arn:aws:iam::1:role/r", "source_profile = base", "external_id = outside",
      "role_session_name = me", "duration_seconds = 1800", "region = sa-east-1",
      "[profile second]", "role_arn = arn:aws:iam::1:role/s", "source_profile = role",
      "[profile self]", "role_arn = arn:aws:iam::1:role/self", "source_profile = self",
      "aws_access_key_id = AKIASELF", "aws_secret_access_key = hidden",
      "[profile loop]", "role_arn = arn:aws:iam::1:role/l", "source_profile = pool",
      "[profile pool]", "role_arn = arn:aws:iam::1:role/p", "source_profile = loop",
      "[profile nothing]", "role_arn = arn:aws:iam::1:role/n", "source_profile = gone",
      "[profile both]", "role_arn = arn:aws:iam::1:role/b", "source_profile = base", "credential_source = Environment",
      "[profile neither]", "role_arn = arn:aws:iam::1:role/b",
      "[profile env]", "role_arn = arn:aws:iam::1:role/e", "credential_source = Environment",
      "[profile odd]", "role_arn = arn:aws:iam::1:role/o", "credential_source = Sky",
      "[profile code]", "role_arn = arn:aws:iam::1:role/c", "source_profile = base", "mfa_serial = arn:m",
      "[profile empty]", "region = eu-west-1",
      "[profile onempty]", "role_arn = arn:aws:iam::1:role/o", "source_profile = empty",
      "" }, "\n") }

    local function of(profile, env)
      local client, asked = fake_clients { AssumeRole = sts_answer, AssumeRoleWithWebIdentity = sts_answer }
      return default(FILES, env, { profile = profile, client = client }), asked
    end

    it("are assumed with the keys of the source profile", function()
      local provider, asked = of "role"
      local id, expires_ms = id_of(provider)
      assert.equal("ASIA1", id)
      assert.equal(START_MS + HOUR_MS, expires_ms)
      assert.same({ { service = "sts", operation = "AssumeRole", id = "AKIABASE", region = "sa-east-1", params = {
        RoleArn = "arn:aws:iam::1:role/r", RoleSessionName = "me", ExternalId = "outside", DurationSeconds = 1800 } } },
        asked)
    end)

    it("read the source's keys again when STS refuses them", function()
      local client, asked = fake_clients { AssumeRole = sts_answer }
      local refused
      local options = options_for(FILES, nil, { profile = "role", client = function(service, given)
        if refused then given.credentials:expire((given.credentials:get())) end
        return client(service, given)
      end })
      local provider = credentials.default(options)
      id_of(provider)
      local file = assert(io.open(options.env.HOME .. "/.aws/config", "w"))
      file:write((FILES[".aws/config"]:gsub("AKIABASE", "AKIANEW")))
      file:close()
      refused = true
      provider:expire()
      id_of(provider)
      assert.same({ "AKIABASE", "AKIANEW" }, { asked[1].id, asked[2].id })
    end)

    it("form chains", function()
      local provider, asked = of "second"
      assert.equal("ASIA2", (id_of(provider)))
      assert.same({ "AKIABASE", "ASIA1" }, { asked[1].id, asked[2].id })
      assert.equal("arn:aws:iam::1:role/s", asked[2].params.RoleArn)
    end)

    it("may have their keys in the same profile", function()
      local provider, asked = of "self"
      id_of(provider)
      assert.equal("AKIASELF", asked[1].id)
    end)

    it("take the environment's keys when told to", function()
      local provider, asked = of("env", { AWS_ACCESS_KEY_ID = "AKIAENV", AWS_SECRET_ACCESS_KEY = "hidden" })
      id_of(provider)
      assert.equal("AKIAENV", asked[1].id)
      assert.matches("credential_source Environment: .*AWS_ACCESS_KEY_ID is not set", (words_of((of "env"))))
    end)

    for profile, words in pairs {
      loop = "leads back to where it began", nothing = 'source_profile "gone" is in neither file',
      both = "exclude each other",
      neither = "role_arn needs source_profile or credential_source",
      odd = 'Environment, Ec2InstanceMetadata, EcsContainer was expected, found "Sky"',
      code = "mfa_serial: .*aws configure export%-credentials", onempty = 'profile "empty": it names no keys',
    } do
      it("are refused with words: " .. profile, function() assert.matches(words, (words_of((of(profile))))) end)
    end

    it("pass on what STS says", function()
      local client = fake_clients { AssumeRole = function()
        return nil, "not authorized", { code = "AccessDenied", message = "not authorized" }
      end }
      local message, failure = words_of(default(FILES, nil, { profile = "role", client = client }))
      assert.equal('assume role arn:aws:iam::1:role/r: not authorized', message)
      assert.equal("ECREDENTIALS", failure.code)
      assert.equal("AccessDenied", failure.cause.code)
    end)

    it("are assumed from the program, one provider for the same role", function()
      local client, asked = fake_clients { AssumeRole = sts_answer }
      local base = credentials.static { access_key_id = "AKIAGIVEN", secret_access_key = "hidden" }
      local provider = credentials.assume_role { role_arn = "arn:aws:iam::2:role/x", session_name = "exec",
        source = base, client = client, env = home(), now_ms = function() return START_MS end }
      assert.equal("ASIA1", (id_of(provider)))
      assert.equal("AKIAGIVEN", asked[1].id)
      assert.equal("exec", asked[1].params.RoleSessionName)
      local role = { role_arn = "arn:aws:iam::2:role/x", source = base }
      assert.equal(credentials.assume_role(role), credentials.assume_role(role))
      assert.not_equal(credentials.assume_role(role),
        credentials.assume_role { role_arn = "arn:aws:iam::2:role/x", source = base, external_id = "e" })
      assert.error_matches(function() credentials.assume_role {} end, "role_arn must be a string")
    end)

    it("are given for a token in a file, read anew each time", function()
      local client, asked = fake_clients { AssumeRoleWithWebIdentity = sts_answer }
      local options = options_for({ token = "web-token\n" }, nil, { client = client })
      local env = options.env
      env.AWS_WEB_IDENTITY_TOKEN_FILE, env.AWS_ROLE_ARN = env.HOME .. "/token", "arn:aws:iam::1:role/w"
      env.AWS_ROLE_SESSION_NAME = "pod"
      local provider = credentials.default(options)
      assert.equal("ASIA1", (id_of(provider)))
      assert.same({ RoleArn = "arn:aws:iam::1:role/w", RoleSessionName = "pod", WebIdentityToken = "web-token" },
        asked[1].params)
      assert.equal("anonymous", asked[1].id)
      os.remove(env.HOME .. "/token")
      provider:expire()
      assert.matches("/token: No such file", (words_of(provider)))
      env.AWS_ROLE_ARN = nil
      assert.matches("AWS_ROLE_ARN or role_arn is missing", (words_of(credentials.default(options))))
    end)
  end)

  describe("credential_process", function()
    local function of(command, more)
      return default({ [".aws/config"] = "[default]\ncredential_process = " .. command .. "\n" }, nil, more)
    end

    it("runs a program without a shell's meanings", function()
      local printed = [['{"Version":1,"AccessKeyId":"AKIA$HOME;`ls`","SecretAccessKey":"hidden",]]
        .. [["Expiration":"2026-01-01T01:00:00Z"}']]
      local id, expires_ms = id_of(of("printf %s " .. printed))
      assert.equal("AKIA$HOME;`ls`", id)
      assert.equal(START_MS + HOUR_MS, expires_ms)
    end)

    it("lets others run meanwhile", function()
      local host = require("passo.host.plain").new()
      local printed = [[{\"Version\":1,\"AccessKeyId\":\"AKIAP\",\"SecretAccessKey\":\"h\"}]]
      local provider = of(("sh -c 'sleep 0.2; echo \"%s\"'"):format(printed))
      local beats, id = 0, nil
      host:spawn(function() id = id_of(provider) end)
      host:spawn(function()
        while not id do
          beats = beats + 1
          passo.sleep(0.01)
        end
      end)
      host:advance(0.05)
      assert.is_nil(id)
      until_true(host, function() return id end)
      assert.equal("AKIAP", id)
      assert.is_true(beats > 5)
    end)

    for words, command in pairs {
      ["exit status 3"] = "sh -c 'exit 3'", ["it cannot be run %(exit status 127%)"] = "sh -c 'exit 127'",
      ["no JSON object"] = "echo secret-nonsense", ["Version must be 1"] = "echo '{}'",
      ["AccessKeyId is missing"] = [[echo '{"Version":1}']],
      ["prints more than 32768 bytes"] = "head -c 100000 /dev/zero", ["a quote is not closed"] = "echo 'x",
    } do
      it("is refused with words: " .. words, function()
        local message = words_of(of(command))
        assert.matches('credential_process %(profile "default"%)', message)
        assert.matches(words, message)
        assert.is_nil(message:find "secret%-nonsense")
      end)
    end
  end)

  describe("SSO", function()
    local CONFIG = table.concat({ "[profile new]", "sso_session = corp", "sso_account_id = 1", "sso_role_name = dev",
      "[sso-session corp]", "sso_start_url = https://corp", "sso_region = eu-west-1",
      "[profile old]", "sso_start_url = https://corp", "sso_region = eu-west-1", "sso_account_id = 1",
      "sso_role_name = dev", "[profile half]", "sso_account_id = 1", "sso_role_name = dev",
      "[profile lost]", "sso_session = gone", "sso_account_id = 1", "sso_role_name = dev", "" }, "\n")
    local ANSWER = { roleCredentials = { accessKeyId = "ASIASSO", secretAccessKey = "hidden", sessionToken = "t",
      expiration = START_MS + HOUR_MS } }

    local function of(profile, token, answers)
      local files = { [".aws/config"] = CONFIG }
      local path = ".aws/sso/cache/" .. core.digest("sha1", profile == "old" and "https://corp" or "corp") .. ".json"
      files[path] = token and core.encode(token)
      local client, asked = fake_clients(answers or { GetRoleCredentials = ANSWER })
      local options = options_for(files, nil, { profile = profile, client = client })
      return credentials.default(options), asked, options.env.HOME .. "/" .. path
    end

    local function token(expires, more)
      local all = { accessToken = "a-token", expiresAt = expires, startUrl = "https://corp", region = "eu-west-1" }
      for key, value in pairs(more or {}) do all[key] = value end
      return all
    end
    local REGISTERED = { refreshToken = "r", clientId = "c", clientSecret = "hidden-client",
      registrationExpiresAt = "2026-03-01T00:00:00Z" }

    for _, profile in ipairs { "new", "old" } do
      it("exchanges the token of a login: " .. profile, function()
        local provider, asked = of(profile, token "2026-01-01T08:00:00UTC")
        local id, expires_ms = id_of(provider)
        assert.equal("ASIASSO", id)
        assert.equal(START_MS + HOUR_MS, expires_ms)
        assert.same({ { service = "sso", operation = "GetRoleCredentials", region = "eu-west-1", id = "anonymous",
          params = { roleName = "dev", accountId = "1", accessToken = "a-token" } } }, asked)
      end)
    end

    it("names the remedy when nobody has logged in, and when the token has expired", function()
      assert.matches("nobody has logged in: .*`aws sso login %-%-sso%-session corp`", (words_of((of "new"))))
      assert.matches("the token has expired; `aws sso login %-%-profile old`",
        (words_of((of("old", token "2025-12-31T23:59:59Z")))))
      assert.matches("holds no token; `aws sso login", (words_of((of("new", {})))))
    end)

    it("renews a token that ends soon, and keeps the new one for the CLI", function()
      local provider, asked, path = of("new", token("2026-01-01T00:10:00Z", REGISTERED), {
        GetRoleCredentials = ANSWER,
        CreateToken = { accessToken = "a-new-token", expiresIn = 28800, refreshToken = "r2" },
      })
      id_of(provider)
      assert.same({ grantType = "refresh_token", clientId = "c", clientSecret = "hidden-client", refreshToken = "r" },
        asked[1].params)
      assert.equal("a-new-token", asked[2].params.accessToken)
      local kept = core.decode(read(path))
      assert.same({ "a-new-token", "r2", "c", "2026-01-01T08:00:00Z" },
        { kept.accessToken, kept.refreshToken, kept.clientId, kept.expiresAt })
      local mode = io.popen("stat -c %a '" .. path .. "'")
      assert.equal("600", mode:read "*l")
      mode:close()
    end)

    it("goes on with a token that still holds when it cannot be renewed", function()
      local refused = { GetRoleCredentials = ANSWER, CreateToken = function()
        return nil, "invalid grant", { code = "InvalidGrantException", message = "invalid grant" }
      end }
      local provider, asked = of("new", token("2026-01-01T00:10:00Z", REGISTERED), refused)
      id_of(provider)
      assert.equal("a-token", asked[2].params.accessToken)
      local message = words_of((of("new", token("2026-01-01T00:00:00Z", REGISTERED), refused)))
      assert.matches("the token has expired %(.*cannot be renewed: invalid grant%); `aws sso login", message)
    end)

    it("names what the configuration lacks", function()
      assert.matches("sso_start_url is missing", (words_of((of "half"))))
      assert.matches("no section %[sso%-session gone%]", (words_of((of "lost"))))
    end)
  end)

  describe("login", function()
    local function of(expires)
      local path = ".aws/login/cache/" .. core.digest("sha256", "arn:aws:iam::1:user/me") .. ".json"
      return default({ [".aws/config"] = "[default]\nlogin_session = arn:aws:iam::1:user/me\n",
        [path] = expires and core.encode { accessToken = { accessKeyId = "ASIALOGIN", secretAccessKey = "hidden",
          sessionToken = "t", expiresAt = expires }, refreshToken = "r" } })
    end

    it("uses what `aws login` left, while it holds", function()
      assert.equal("ASIALOGIN", (id_of(of "2026-01-01T00:15:00Z")))
      assert.matches("have expired; `aws login`", (words_of(of "2025-12-31T23:00:00Z")))
      assert.matches("No such file.*; `aws login`", (words_of(of())))
    end)
  end)

  describe("container", function()
    local function of(path, env)
      local all = { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. path }
      for key, value in pairs(env or {}) do all[key] = value end
      return default(nil, all, { sleep = function() return true end })
    end

    it("asks the endpoint with the token", function()
      seen()
      local id, expires_ms = id_of(of("/container", { AWS_CONTAINER_AUTHORIZATION_TOKEN = "Bearer b" }))
      assert.matches("^ASIA%d+$", id)
      assert.equal(START_MS + HOUR_MS, expires_ms)
      assert.equal("Bearer b", seen()[1].authorization)
    end)

    it("reads the token's file each time", function()
      local options = options_for({ token = "first\n" },
        { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/container" })
      options.env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = options.env.HOME .. "/token"
      local provider = credentials.container(options)
      seen()
      id_of(provider)
      assert.equal("first", seen()[1].authorization)
      os.remove(options.env.HOME .. "/token")
      provider:expire()
      assert.matches("/token: No such file", (words_of(provider)))
    end)

    for words, path in pairs { ["status 500"] = "/fail", ["no JSON object"] = "/junk" } do
      it("is refused with words: " .. words, function()
        local message = words_of(of(path))
        assert.matches(words, message)
        assert.is_nil(message:find "secret")
      end)
    end

    it("believes this machine and the agents only", function()
      local function words(url)
        return (words_of(default(nil, { AWS_CONTAINER_CREDENTIALS_FULL_URI = url })))
      end
      assert.matches('not "example.com"', words "http://example.com/x")
      assert.matches('not "169.254.169.254"', words "http://169.254.169.254/x")
      assert.matches("an http or https URL", words "http://127.0.0.1@example.com/x")
      assert.matches("an http or https URL", words "http://127.0.0.1\\@example.com/x")
      assert.matches("an http or https URL", words "file:///etc/passwd")
      assert.matches("no header may have", (words_of(of("/container",
        { AWS_CONTAINER_AUTHORIZATION_TOKEN = "a\r\nb: c" }))))
    end)

    it("prefers the relative path, which is ECS's", function()
      local asked
      local options = options_for(nil, { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/v2/x",
        AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url }, { send = function(_, url)
        asked = url
        return 200, "", core.encode { AccessKeyId = "ASIAECS", SecretAccessKey = "h", Token = "t",
          Expiration = "2026-01-01T01:00:00Z" }
      end })
      assert.equal("ASIAECS", (id_of(credentials.container(options))))
      assert.equal("http://169.254.170.2/v2/x", asked)
    end)
  end)

  describe("instance metadata", function()
    it("opens a session, asks for the role, then for its keys", function()
      seen()
      local id, expires_ms = id_of(default(nil, at_imds "imds"))
      assert.matches("^ASIA%d+$", id)
      assert.equal(START_MS + HOUR_MS, expires_ms)
      local paths = {}
      for i, one in ipairs(seen()) do paths[i] = one.method .. " " .. one.path end
      assert.same({ "PUT /imds/latest/api/token", "GET /imds/latest/meta-data/iam/security-credentials/",
        "GET /imds/latest/meta-data/iam/security-credentials/the-role" }, paths)
    end)

    it("is the last of the chain also when nothing was loaded before", function()
      for name in pairs(package.loaded) do
        if name:find "^passo%.aws%.credentials" then package.loaded[name] = nil end
      end
      local fresh = require "passo.aws.credentials"
      assert.matches("^no AWS credentials: ", (words_of(fresh.default((options_for(nil, at_imds "imds-none"))))))
    end)

    it("uses version 1 only when configured", function()
      assert.matches("ec2_metadata_v1_disabled = false", (words_of(default(nil, at_imds "imds-v1"))))
      id_of(default(nil, at_imds("imds-v1", { AWS_EC2_METADATA_V1_DISABLED = "false" })))
    end)

    for kind, words in pairs { ["imds-none"] = "the instance has no role", junk = "no role's name",
      ["imds-error"] = "EC2 cannot assume the role", fail = "no session token %(status 500%)" } do
      it("is refused with words: " .. kind, function()
        local message, failure = words_of(default(nil, at_imds(kind)))
        assert.matches("^no AWS credentials: ", message)
        assert.matches(words, message)
        assert.is_nil(message:find "secret")
        assert.equal(4, #failure.tried)
        assert.equal("ECREDENTIALS", failure.code)
      end)
    end

    it("gives up after a second", function()
      local began = core.clock()
      assert.matches("instance metadata: http", (words_of(default(nil, at_imds "slow"))))
      assert.is_true(core.clock() - began < 1.9)
    end)

    it("lets keys that cannot be renewed live on", function()
      local options, clock = options_for(nil, at_imds "imds")
      clock.ms = START_MS + HOUR_MS
      local _, expires_ms = id_of(credentials.imds(options))
      assert.is_true(expires_ms >= clock.ms + 17 * 60000 and expires_ms <= clock.ms + 25 * 60000)
    end)
  end)

  describe("through real clients", function()
    local function services(more)
      local env = { AWS_ENDPOINT_URL_STS = server.url .. "/sts", AWS_ENDPOINT_URL_SSO = server.url .. "/portal",
        AWS_ENDPOINT_URL_SSO_OIDC = server.url .. "/oidc", AWS_REGION = "eu-west-1" }
      for key, value in pairs(more or {}) do env[key] = value end
      return env
    end
    local ROLE = { [".aws/config"] = "[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n"
      .. "[profile f]\nrole_arn = arn:aws:iam::1:role/forbidden\nsource_profile = base\n"
      .. "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = hidden-base\n" }

    it("a role is assumed", function()
      if not helper.reads_xml() then pending "built without expat" return end
      seen()
      local id, expires_ms = id_of(default(ROLE, services(), { profile = "r" }))
      assert.matches("^ASIA%d+$", id)
      assert.equal(START_MS + HOUR_MS, expires_ms)
      local one = seen()[1]
      assert.equal("AssumeRole", one.form.Action)
      assert.equal("arn:aws:iam::1:role/r", one.form.RoleArn)
      assert.equal("AKIABASE", one.signed_by)
    end)

    it("a role is refused", function()
      if not helper.reads_xml() then pending "built without expat" return end
      local message = words_of(default(ROLE, services(), { profile = "f" }))
      assert.matches("AccessDenied", message)
      assert.matches("not authorized to perform", message)
    end)

    it("a web identity is exchanged, unsigned", function()
      if not helper.reads_xml() then pending "built without expat" return end
      local options = options_for({ token = "web-token" }, services { AWS_ROLE_ARN = "arn:aws:iam::1:role/w" })
      options.env.AWS_WEB_IDENTITY_TOKEN_FILE = options.env.HOME .. "/token"
      seen()
      id_of(credentials.default(options))
      local one = seen()[1]
      assert.equal("AssumeRoleWithWebIdentity", one.form.Action)
      assert.equal("web-token", one.form.WebIdentityToken)
      assert.equal("", one.authorization)
    end)

    it("a login is exchanged, and renewed", function()
      local config = "[default]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = dev\n"
        .. "[sso-session corp]\nsso_start_url = https://corp\nsso_region = eu-west-1\n"
      local function of(token, expires)
        return default({ [".aws/config"] = config, [".aws/sso/cache/" .. core.digest("sha1", "corp") .. ".json"] =
          core.encode { accessToken = token, expiresAt = expires, refreshToken = "a-refresh-token", clientId = "c",
            clientSecret = "hidden-client", registrationExpiresAt = "2026-03-01T00:00:00Z" } }, services())
      end
      local id, expires_ms = id_of(of("a-token", "2026-01-01T08:00:00Z"))
      assert.matches("^ASIA%d+$", id)
      assert.equal(START_MS + HOUR_MS, expires_ms)
      id_of(of("an-old-token", "2026-01-01T00:00:00Z"))
      assert.matches("is not accepted; `aws sso login", (words_of(of("a-void-token", "2026-01-01T08:00:00Z"))))
    end)
  end)

  describe("secrets", function()
    local SECRET = "zzSECRETzz"
    -- Everything a program may come to print.
    local function told(value, seen_tables)
      seen_tables = seen_tables or {}
      if type(value) ~= "table" then return tostring(value) end
      if seen_tables[value] then return "" end
      seen_tables[value] = true
      local words = { tostring(value) }
      for key, item in pairs(value) do
        words[#words + 1] = told(key, seen_tables) .. "=" .. told(item, seen_tables)
      end
      return table.concat(words, " ")
    end

    local function pair(id, extra)
      return ("aws_access_key_id = %s\naws_secret_access_key = %s\n%s"):format(id, SECRET, extra or "")
    end

    it("are in no message, failure or name", function()
      local providers = {
        credentials.static { access_key_id = "AKIA", secret_access_key = SECRET, session_token = SECRET },
        default(nil, { AWS_ACCESS_KEY_ID = "AKIA", AWS_SECRET_ACCESS_KEY = SECRET, AWS_SESSION_TOKEN = SECRET }),
        default(nil, { AWS_ACCESS_KEY_ID = "AKIA", AWS_SESSION_TOKEN = SECRET }),
        default(nil, { AWS_ACCESS_KEY_ID = "AKIA", AWS_SECRET_ACCESS_KEY = SECRET,
          AWS_CREDENTIAL_EXPIRATION = "2025-01-01T00:00:00Z" }),
        default { [".aws/credentials"] = "[default]\n" .. pair "AKIA" },
        default { [".aws/credentials"] = "[default]\naws_secret_access_key = " .. SECRET .. "\n" },
        default { [".aws/credentials"] = "[default]\n" .. pair("AKIA", SECRET .. "\n") },
        default { [".aws/credentials"] = "[default]\n" .. pair("AKIA", "aws_secret_access_key = " .. SECRET .. "\n") },
        default { [".aws/config"] = "[default]\ncredential_process = echo " .. SECRET .. "\n" },
        default { [".aws/config"] = "[default]\ncredential_process = sh -c 'echo " .. SECRET .. "; exit 1'\n" },
        default(nil, { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/fail",
          AWS_CONTAINER_AUTHORIZATION_TOKEN = SECRET }, { sleep = function() return true end }),
        default(nil, { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/container",
          AWS_CONTAINER_AUTHORIZATION_TOKEN = SECRET .. "\n" }),
        default({ [".aws/config"] = "[default]\nrole_arn = arn:aws:iam::1:role/forbidden\nsource_profile = default\n"
          .. pair "AKIA" }, { AWS_ENDPOINT_URL_STS = server.url .. "/sts", AWS_REGION = "eu-west-1" }),
      }
      local refused = 0
      for i, provider in ipairs(providers) do
        local keys, message, failure = provider:get()
        if not keys then refused = refused + 1 end
        for _, words in ipairs { tostring(provider), told(message), told(failure), told(keys) } do
          assert.is_nil(words:find(SECRET, 1, true), i .. ": " .. words)
        end
      end
      assert.equal(10, refused)
    end)

    it("are not kept in a provider's tables", function()
      local provider = default(nil, { AWS_ACCESS_KEY_ID = "AKIA", AWS_SECRET_ACCESS_KEY = SECRET })
      id_of(provider)
      assert.is_nil(told(provider):find(SECRET, 1, true))
    end)
  end)

  describe("private files", function()
    it("are replaced in one step, or not at all", function()
      local _, folder = home { f = "old" }
      assert.is_true(core.write_private(folder .. "/f", "new"))
      assert.equal("new", read(folder .. "/f"))
      local ok, message = core.write_private(folder .. "/none/f", "new")
      assert.is_nil(ok)
      assert.matches("/none/f: No such file", message)
    end)
  end)
end)
