--- Answers that need nobody: what a mock or a cassette has for a task, given as if it had been performed.
local core = require "passo.core"
local driver = require "passo.driver"

local answer = {}

--- The execution at the root of Map's children: what is counted, is counted for all of them together.
function answer.root(run)
  while run.parent do run = run.parent end
  return run
end

--- Gives the answer: the handler's results.
---@param ctx passo.Context
---@param given {result: any, error: string?, cause: string?, submitted: any}
---@param open? boolean a token that nobody has answered stays so
function answer.give(ctx, given, open)
  local pattern = ctx.state.pattern
  if pattern ~= "request" and given.submitted ~= nil then
    ctx.submit(given.submitted)
  elseif pattern ~= "request" and given.error == nil then
    ctx.submit(core.value "{}")
  end
  if given.error ~= nil then return nil, given.error, given.cause end
  if pattern == "token" and not open then
    driver.post(ctx.run, "resume", ctx.token, ctx.run.host:now_ms(), given.result)
  end
  return given.result
end

--- How often, from 1, `what` has been asked in this execution; counted in a table of the caller's.
function answer.count(counts, run, what)
  local root = answer.root(run)
  local mine = counts[root]
  if not mine then
    mine = {}
    counts[root] = mine
  end
  mine[what] = (mine[what] or 0) + 1
  return mine[what]
end

return answer
