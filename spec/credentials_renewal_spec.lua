local passo = require "passo"
require "helper"
local credentials = require "passo.aws.credentials"

local START_MS = passo.core.parse_time "2026-01-01T00:00:00Z"
local HOUR_MS = 3600 * 1000

local function id_of(provider)
  local keys, expires_ms = provider:get()
  assert(keys, expires_ms)
  return keys:id(), expires_ms
end

local function words_of(provider)
  local keys, message = provider:get()
  assert.is_nil(keys)
  return message
end

local function until_true(host, holds)
  for _ = 1, 500 do
    if holds() then return end
    host:advance(0.01)
  end
  error "nothing came of it in five seconds"
end

describe("passo.aws.credentials, renewed", function()
  -- A source by hand: `script` answers each fetch.
  local function scripted(script, waits)
    local clock, count = { ms = START_MS }, 0
    local provider = require("passo.aws.credentials.provider").new("scripted", function()
      return { name = "scripted", waits = waits, fetch = function()
        count = count + 1
        return script(count, clock)
      end }
    end, function() return clock.ms end)
    return provider, clock, function() return count end
  end
  local function numbered(n, clock)
    return require("passo.aws.core").keys("ASIA" .. n, "hidden", "t"), clock.ms + HOUR_MS
  end
  local function down() return nil, "scripted: down", { code = "ECREDENTIALS", message = "scripted: down" } end

  it("begins a quarter of an hour before the end", function()
    local provider, clock = scripted(numbered)
    assert.equal("ASIA1", (id_of(provider)))
    clock.ms = START_MS + HOUR_MS - 15 * 60000 - 1
    assert.equal("ASIA1", (id_of(provider)))
    clock.ms = clock.ms + 1
    assert.equal("ASIA2", (id_of(provider)))
  end)

  it("may fail until five minutes before the end, asking every half a minute", function()
    local provider, clock, count = scripted(function(n, clock)
      if n == 1 then return numbered(n, clock) end
      return down()
    end)
    id_of(provider)
    clock.ms = START_MS + HOUR_MS - 15 * 60000
    assert.equal("ASIA1", (id_of(provider)))
    assert.equal("ASIA1", (id_of(provider)))
    assert.equal(2, count())
    clock.ms = clock.ms + 30000
    assert.equal("ASIA1", (id_of(provider)))
    assert.equal(3, count())
    clock.ms = START_MS + HOUR_MS - 5 * 60000
    assert.equal("scripted: down", (words_of(provider)))
  end)

  it("begins later for keys that live a quarter of an hour", function()
    local provider, clock, count = scripted(function(n)
      return require("passo.aws.core").keys("ASIA" .. n, "hidden", "t"), START_MS + n * 15 * 60000
    end)
    id_of(provider)
    clock.ms = START_MS + 7 * 60000
    id_of(provider)
    assert.equal(1, count())
    clock.ms = START_MS + 8 * 60000
    id_of(provider)
    assert.equal(2, count())
  end)

  it("happens once for many callers", function()
    local provider, _, count = scripted(function(n, clock)
      passo.sleep(0.02)
      return numbered(n, clock)
    end, true)
    local host = require("passo.host.plain").new()
    local got = {}
    for _ = 1, 50 do
      host:spawn(function()
        local one = id_of(provider)
        got[#got + 1] = one
      end)
    end
    until_true(host, function() return #got == 50 end)
    assert.equal(1, count())
    for _, id in ipairs(got) do assert.equal("ASIA1", id) end
  end)

  it("fails once for many callers, and the next one tries again", function()
    local provider, _, count = scripted(function(n, clock)
      passo.sleep(0.02)
      if n == 1 then return down() end
      return numbered(n, clock)
    end, true)
    local host = require("passo.host.plain").new()
    local got = {}
    for _ = 1, 10 do
      host:spawn(function()
        local one = words_of(provider)
        got[#got + 1] = one
      end)
    end
    until_true(host, function() return #got == 10 end)
    assert.equal(1, count())
    assert.equal("ASIA2", (id_of(provider)))
  end)

  it("does not end with the caller who began it", function()
    local provider, _, count = scripted(function(n, clock)
      passo.sleep(0.02)
      return numbered(n, clock)
    end, true)
    local host = require("passo.host.plain").new()
    local first, id
    host:spawn(function()
      first = coroutine.running()
      provider:get()
      error "nobody resumes this one"
    end)
    host:advance(0)
    host.parked[first] = nil
    host:spawn(function() id = id_of(provider) end)
    until_true(host, function() return id end)
    assert.equal("ASIA1", id)
    assert.equal(1, count())
  end)

  it("does not wait for a host that nobody runs any more", function()
    local provider, _, count = scripted(function(n, clock)
      passo.sleep(0.02)
      return numbered(n, clock)
    end, true)
    local host = require("passo.host.plain").new()
    host:spawn(function() provider:get() end)
    host:advance(0)
    assert.equal("ASIA2", (id_of(provider)))
    assert.equal(2, count())
  end)

  it("survives a source that raises", function()
    local provider = scripted(function(n, clock)
      if n == 1 then error "boom" end
      return numbered(n, clock)
    end, true)
    assert.matches("^scripted: .*boom", (words_of(provider)))
    assert.equal("ASIA2", (id_of(provider)))
  end)

  it("asks itself again when another's was cancelled", function()
    local provider, _, count = scripted(function(n, clock)
      if n == 1 then return nil, "cancelled", { code = "ECANCELLED", message = "cancelled" } end
      return numbered(n, clock)
    end, true)
    assert.equal("ASIA2", (id_of(provider)))
    assert.equal(2, count())
  end)

  it("is over when the provider is closed", function()
    local provider, clock = scripted(numbered)
    local first = provider:get()
    clock.ms = START_MS + HOUR_MS
    local second = provider:get()
    provider:close()
    assert.equal("passo.aws.keys (closed)", tostring(first))
    assert.equal("passo.aws.keys (closed)", tostring(second))
    assert.matches("closed", (words_of(provider)))
  end)

  it("is shared by all who ask for the same source", function()
    assert.equal(credentials.profile "p", credentials.profile { profile = "p" })
    assert.not_equal(credentials.profile "p", credentials.profile "q")
    assert.equal(credentials.default(), credentials.default {})
  end)
end)
