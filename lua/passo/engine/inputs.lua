--- What the world has to say to an execution, whoever it reaches first: the verbs of the core with their arguments,
--- as text for the inbox and as calls of an exec.
local core = require "passo.core"

local inputs = {}

-- Each verb: its arguments as texts, the last one perhaps a value; and how an exec takes them.
local VERBS = {
  resume = { values = true, feed = function(exec, now_ms, token, value) return exec:resume(token, now_ms, value) end },
  submitted = { values = true, feed = function(exec, now_ms, token, value)
    return exec:submitted(token, value, now_ms)
  end },
  fail = { feed = function(exec, now_ms, token, err, cause) return exec:fail(token, now_ms, err, cause) end },
  beat = { feed = function(exec, now_ms, token) return exec:beat(token, now_ms) end },
  started = { feed = function(exec, now_ms, token, worker) return exec:started(token, now_ms, worker) end },
  update = { values = true, feed = function(exec, now_ms, token, limits)
    return exec:update(token, now_ms, limits:lua())
  end },
  stop = { feed = function(exec, now_ms, err, cause) return exec:stop(now_ms, err, cause) end },
}

--- The text of a verb's arguments; nil, message, failure when a value is none.
function inputs.encode(verb, first, second, third)
  if VERBS[verb].values then
    local text, message, failure = core.encode(second)
    if not text then return nil, message, failure end
    return ("%s\n%s"):format(type(first) == "number" and ("%d"):format(first) or first, text)
  end
  local function text(v) return v == nil and core.null or v end
  return core.encode(core.array { text(first), text(second), text(third) })
end

local function plain(v)
  if v == core.null then return nil end
  return v
end

--- The arguments of a text that `encode` has made.
function inputs.decode(verb, text)
  if VERBS[verb].values then
    local token, json = text:match "^([^\n]+)\n(.*)$"
    return tonumber(token) or token, (core.value(json)) -- a map run is named by its ARN
  end
  local list = core.decode(text)
  return plain(list[1]), plain(list[2]), plain(list[3])
end

--- Gives an exec the input: true, or nil, message, failure (ESTALE: it waits for no such thing any more).
function inputs.feed(exec, now_ms, verb, first, second, third)
  return VERBS[verb].feed(exec, now_ms, first, second, third)
end

--- The token an input is about; nil for `stop`.
function inputs.token(verb, first)
  if verb ~= "stop" then return first end
end

return inputs
