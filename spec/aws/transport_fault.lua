--- Servers that refuse, stall, lie and break off: each call ends as the right failure, in its time; nothing is lost;
--- and what else the host does goes on meanwhile.
local aws = require "passo.aws"
local helper = require "helper"
local net = require "passo.net"
local passo = require "passo"
local servers = require "aws.servers"
local clock = passo.core.clock

local GET = { TableName = "t", Key = { id = { S = "1" } } }

-- What one attempt ends as: the server's manner, the failure's code, its status; and how patient the caller is.
local SINGLE = {
  { "refused", "ECONNECT" },
  { "reset", "ERESET" },
  { "reset_midway", "ERESET" },
  { "closes", "ERESET" },
  { "truncated", "ERESET" },
  { "garbage", "ERESET" },
  { "silent", "ETIMEOUT", timeout_ms = 300 },
  { "slow", "ETIMEOUT", timeout_ms = 300 },
  { "garbage_body", "EINPUT", status = 200 },
  { "500", "InternalServerError", status = 500 },
  { "429_always", "ThrottlingException", status = 429 },
  { "expired", "ExpiredTokenException", status = 400 },
}

local function open_files()
  local stat = assert(io.open "/proc/self/stat")
  local pid = stat:read "*n"
  stat:close()
  local pipe = io.popen(("ls /proc/%d/fd | wc -l"):format(pid))
  local count = tonumber(pipe:read "*l")
  pipe:close()
  return count
end

describe("passo.aws with a server that", function()
  local s
  local function client(name, endpoint, more)
    local options = { region = "us-east-1", endpoint = endpoint, retries = { mode = "none" },
      credentials = { access_key_id = s.key_id, secret_access_key = s.secret } }
    for key, value in pairs(more or {}) do options[key] = value end
    return assert(aws.client(name, options))
  end
  local function counts() return assert(s:ask { ["do"] = "counts", forget = true }) end

  -- How late, at worst, another job's naps of 10 ms end while fn runs; and what fn gives, at most three values.
  local function worst_beside(fn)
    local over, worst, a, b, c = false, 0, nil, nil, nil
    local heart = helper.task():start({}, { handlers = { T = function()
      while not over do
        local before = clock()
        passo.sleep(0.01)
        worst = math.max(worst, clock() - before - 0.01)
      end
    end } })
    local call = helper.task():start({}, { handlers = { T = function()
      a, b, c = fn()
      over = true
    end } })
    call:finish()
    over = true
    heart:finish()
    return worst, a, b, c
  end

  -- What this machine allows at the moment: the heart beside a nap.
  local function floor()
    return (worst_beside(function() passo.sleep(0.3) end))
  end

  setup(function() s = servers.start { "moto", "proxy", "faults" } end)
  teardown(function()
    net.close()
    s:stop()
  end)
  before_each(function() counts() end)

  for _, fault in ipairs(SINGLE) do
    local manner, code = fault[1], fault[2]
    it(("does this, %s, is told as %s"):format(manner, code), function()
      local db = client("dynamodb", s["fault_" .. manner], { timeout_ms = fault.timeout_ms or 5000 })
      local worst, result, message, failure
      for _ = 1, 3 do
        local before = clock()
        worst, result, message, failure = worst_beside(function() return db:get_item(GET) end)
        local took = clock() - before
        assert.is_nil(result)
        assert.equal(code, failure.code, message)
        assert.equal(fault.status, failure.status)
        assert.is_true(took < (fault.timeout_ms or 2000) / 1000 + 0.5, took .. " s")
        assert.matches("dynamodb GetItem", message, 1, true)
        if worst < 0.05 or worst < 2 * floor() then return end
      end
      error(("another job's nap ended %d ms late"):format(worst * 1000))
    end)
  end

  it("has no name is told as EDNS", function()
    local before = clock()
    local result, _, failure = client("dynamodb", "http://nothing.invalid", { timeout_ms = 3000 }):get_item(GET)
    assert.is_nil(result)
    assert.equal("EDNS", failure.code)
    assert.is_true(clock() - before < 3.5)
  end)

  it("shows a certificate that another authority signed is told as ETLS, and is not asked twice", function()
    local db = client("dynamodb", s.fault_tls, { ca_bundle = s.wrong_ca, retries = { mode = "standard" } })
    local result, _, failure = db:get_item(GET)
    assert.is_nil(result)
    assert.equal("ETLS", failure.code)
    assert.equal(0, counts().tls)
    local trusting = client("dynamodb", s.fault_tls, { ca_bundle = s.ca })
    assert.equal("1", assert(trusting:get_item(GET)).Item.id.S)
  end)

  it("fails once is asked again, and nobody notices", function()
    local db = client("dynamodb", s.fault_500_once, { retries = { mode = "standard" } })
    assert.equal("1", assert(db:get_item(GET)).Item.id.S)
    assert.equal(2, counts()["500_once"])
  end)

  it("fails always is asked three times", function()
    local _, _, failure = client("sqs", s.fault_500, { retries = { mode = "standard" } }):list_queues()
    assert.equal(500, failure.status)
    assert.equal(3, failure.attempts)
    assert.equal(3, counts()["500"])
  end)

  it("says SlowDown is given time", function()
    local s3 = client("s3", s.fault_503_twice, { path_style = true, retries = { mode = "standard" } })
    assert(s3:head_object { Bucket = "b", Key = "k" })
    assert.equal(3, counts()["503_twice"])
    local _, _, failure = client("s3", s.fault_503, { path_style = true }):get_object { Bucket = "b", Key = "k" }
    assert.equal("SlowDown", failure.code)
    assert.equal(503, failure.status)
  end)

  it("says 429 and Retry-After is obeyed, while others work", function()
    local db = client("dynamodb", s.fault_429, { retries = { mode = "standard" } })
    local before = clock()
    local worst, result = worst_beside(function() return db:get_item(GET) end)
    assert.equal("1", result.Item.id.S)
    assert.equal(2, counts()["429"])
    assert.is_true(clock() - before >= 1)
    assert.is_true(worst < 0.05 or worst < 2 * floor(), worst)
  end)

  it("has another time is believed: its clock is taken over, and the call succeeds", function()
    assert(s:ask { ["do"] = "skew", seconds = 1200 })
    s:verdicts()
    local sts = client("sts", s.proxy, { retries = { mode = "standard" } })
    assert.equal("123456789012", assert(sts:get_caller_identity()).Account)
    local seen = s:verdicts()
    assert.equal("RequestTimeTooSkewed", seen[1].code)
    assert.is_true(seen[2].ok, seen[2].message)
    assert(sts:get_caller_identity())
    seen = s:verdicts()
    assert.equal(1, #seen)
    assert(s:ask { ["do"] = "skew", seconds = 0 })
  end)

  it("says that the keys have expired gets newer ones, once", function()
    local given = 0
    for i = 1, 2 do assert(s:ask { ["do"] = "key", key_id = "AKIDRUN" .. i, secret = "of run " .. i }) end
    local keys = {}
    local provider = {
      get = function()
        local n = given + 1
        keys[n] = keys[n] or aws.core.keys("AKIDRUN" .. n, "of run " .. n)
        return keys[n]
      end,
      expire = function() given = given + 1 end,
    }
    local sqs = client("sqs", s.proxy, { credentials = provider, retries = { mode = "standard" } })
    assert(sqs:list_queues())
    assert(s:ask { ["do"] = "expire", key_id = "AKIDRUN1" })
    s:verdicts()
    assert(sqs:list_queues())
    local seen = s:verdicts()
    assert.equal("ExpiredToken", seen[1].code)
    assert.equal("AKIDRUN2", seen[2].key)
    assert.equal(1, given)
    assert(s:ask { ["do"] = "expire", key_id = "AKIDRUN2" })
    assert(s:ask { ["do"] = "key", key_id = "AKIDRUN3", secret = "another" })
    local result, _, failure = sqs:list_queues()
    assert.is_nil(result)
    assert.is_true(failure.code == "SignatureDoesNotMatch" or failure.code == "ExpiredToken", failure.code)
  end)

  it("fails in any way costs no file descriptor", function()
    net.close()
    collectgarbage()
    collectgarbage()
    local before = open_files()
    for _ = 1, 20 do
      for _, fault in ipairs(SINGLE) do
        client("dynamodb", s["fault_" .. fault[1]], { timeout_ms = fault.timeout_ms and 30 or 2000 }):get_item(GET)
      end
    end
    net.close()
    collectgarbage()
    collectgarbage()
    -- A look-up that was given up keeps its thread, and that its descriptors, until the system has answered.
    local after, tries = open_files(), 0
    while after > before and tries < 50 do
      os.execute "sleep 0.1"
      after, tries = open_files(), tries + 1
    end
    assert.is_true(after <= before, ("%d descriptors, %d before"):format(after, before))
  end)

  it("never answers is left when the workflow's own time is up", function()
    local db = client("dynamodb", s.fault_silent)
    local machine = helper.task { TimeoutSeconds = 1 }
    local before = clock()
    local run = assert(machine:run({}, { handlers = { T = function() return assert(db:get_item(GET)) end } }))
    assert.equal("States.Timeout", run.error)
    assert.is_true(clock() - before < 1.5)
  end)
end)
