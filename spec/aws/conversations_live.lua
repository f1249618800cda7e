--- passo and boto3 talk to the same service, each reading what the other wrote; every request is checked on its way.
local aws = require "passo.aws"
local conversations = require "aws.conversations"
local encode = require("passo").core.encode
local servers = require "aws.servers"

-- A zip archive with no files in it: all that a function of the stand-in needs.
local ZIP = "PK\5\6" .. ("\0"):rep(18)

local called, services = {}, {}

local function at(value, path)
  for step in path:gmatch "[^.]+" do
    if type(value) ~= "table" then return nil end
    value = value[tonumber(step) or step]
  end
  return value
end

local function fill(value, kept)
  if type(value) == "string" then
    local whole = value:match "^%${([%w_]+)}$"
    if whole then return kept[whole] end
    return (value:gsub("%${([%w_]+)}", kept))
  elseif type(value) ~= "table" then
    return value
  end
  local copy = setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do copy[key] = fill(item, kept) end
  return copy
end

-- What JSON cannot carry to boto3.
local function for_boto(value)
  if type(value) == "string" then
    return encode(value) and value or servers.bytes(value)
  elseif type(value) ~= "table" then
    return value
  end
  local copy = setmetatable({}, getmetatable(value))
  for key, item in pairs(value) do copy[key] = for_boto(item) end
  return copy
end

-- The first difference, in words; nil where there is none. Members left out by either as empty count as equal.
local function differ(ours, theirs, ignored, path)
  if type(ours) == "table" and type(theirs) == "table" then
    local keys = {}
    for key in pairs(ours) do keys[key] = true end
    for key in pairs(theirs) do keys[key] = true end
    for key in pairs(keys) do
      if not ignored[key] then
        local found = differ(ours[key], theirs[key], ignored, path .. "." .. tostring(key))
        if found then return found end
      end
    end
    return nil
  end
  local function empty(value) return value == nil or type(value) == "table" and next(value) == nil end
  if empty(ours) and empty(theirs) then return nil end
  if type(ours) == "number" and type(theirs) == "number" and math.abs(ours - theirs) < 0.0015 then return nil end
  if ours == theirs then return nil end
  return ("%s: passo read %s, boto3 %s"):format(path, tostring(ours), tostring(theirs))
end

local function check(line, result, kept, who)
  for path, expected in pairs(line.has or {}) do
    local found = at(result, path)
    expected = fill(expected, kept)
    if line.has[path] == "${any}" then
      assert(found ~= nil, who .. " reads no " .. path)
    elseif line.has[path] == "${none}" then
      assert.is_nil(found)
    else
      assert.equal(expected, found, ("%s %s reads %s"):format(line[2], who, path))
    end
  end
  for name, path in pairs(line.keep or {}) do
    kept[name] = assert(at(result, path), ("%s has no %s"):format(line[2], path))
  end
end

local function play(s, client, talk, line, kept)
  local who, operation, params = line[1], line[2], fill(line[3], kept)
  local ours, theirs
  local function count() called[talk.service .. ":" .. operation] = true end
  if who == "passo" or who == "both" then
    local message
    ours, message = client:call(operation, params)
    assert(ours, message)
    count()
    check(line, ours, kept, "passo")
  end
  if who == "boto" or who == "both" then
    local message
    theirs, message = s:boto(talk.service, operation, for_boto(params), { at = talk.at })
    assert(theirs, message)
    check(line, theirs, kept, "boto3")
  end
  if who == "both" then
    local ignored = { RequestCharged = true, ResponseMetadata = true }
    for _, name in ipairs(line.but or {}) do ignored[name] = true end
    assert.is_nil(differ(ours, theirs, ignored, operation))
  end
  if who == "refused" then
    local result, message, failure = client:call(operation, params)
    count()
    assert.is_nil(result)
    assert.is_string(message)
    if line.code then assert.equal(line.code, failure.code) end
    if line.status then assert.equal(line.status, failure.status) end
  end
end

describe("passo.aws and boto3", function()
  local s
  setup(function() s = servers.start { "moto", "proxy" } end)
  teardown(function() s:stop() end)

  for _, talk in ipairs(conversations) do
    it("read each other at " .. talk.service .. " (" .. talk.protocol .. ")", function()
      services[talk.service] = true
      local client = assert(aws.client(talk.service, { region = "us-east-1", endpoint = s.proxy, path_style = true,
        credentials = { access_key_id = s.key_id, secret_access_key = s.secret }, retries = { mode = "none" } }))
      local kept = { zip = ZIP, now_ms = os.time() * 1000 }
      if talk.service == "lambda" or talk.service == "batch" then
        local role = s:boto("iam", "create_role", { RoleName = talk.service, AssumeRolePolicyDocument = "{}" })
        kept.role = role and role.Role.Arn
      end
      for _, line in ipairs(talk) do
        if line[1] == "iam" then
          assert(s:boto("iam", line[2], line[3]))
        else
          play(s, client, talk, line, kept)
        end
      end
      for _, seen in ipairs(s:verdicts()) do
        assert(seen.ok, ("%s %s: %s"):format(seen.method, seen.target, tostring(seen.message)))
      end
    end)
  end

  it("make more than sixty operations of more than fifteen services", function()
    local operations, count = 0, 0
    for _ in pairs(called) do operations = operations + 1 end
    for _ in pairs(services) do count = count + 1 end
    assert.is_true(operations >= 60, operations .. " operations")
    assert.is_true(count >= 15, count .. " services")
  end)
end)
