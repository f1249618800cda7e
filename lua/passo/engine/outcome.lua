--- How an execution ended, of its row: the text of its output, or its error and cause.
local core = require "passo.core"

local outcome = {}

-- A row's result is {"output":...,"error":...,"cause":...}, printed compactly in this order: the output is cut out of
-- it, for its bytes are to stay what they are.
local HEAD, TAIL = '{"output":', ',"error":null,"cause":null}'

--- The result of one that has ended.
---@param output? passo.Value
---@param err? string
---@param cause? string
function outcome.write(output, err, cause)
  if output and not (err or cause) then return HEAD .. output:json() .. TAIL end
  return core.encode(core.object { { "output", output or core.null }, { "error", err or core.null },
    { "cause", cause or core.null } })
end

--- {output = JSON text} of one that succeeded, {error, cause} of others; empty while it runs, or when it is damaged
--- (doctor says so).
function outcome.read(row)
  local text = row.result
  if not text then return {} end
  if row.status == "SUCCEEDED" then
    if text:sub(1, #HEAD) == HEAD and text:sub(-#TAIL) == TAIL then
      return { output = text:sub(#HEAD + 1, -#TAIL - 1) }
    end
  end
  local held = core.decode(text)
  if type(held) ~= "table" then return {} end
  if row.status == "SUCCEEDED" then return { output = core.encode(held.output) } end
  local function told(member) return held[member] ~= core.null and held[member] or nil end
  return { error = told "error", cause = told "cause" }
end

-- An output's Lua tables are made when they are asked for.
local Result = {}

function Result:__index(key)
  if key ~= "output" or not self.value then return nil end
  local output, message = self.value:lua()
  if message then error("result.output: " .. message .. "; result.value has it whole", 2) end
  rawset(self, "output", output)
  return output
end

--- The same of one that succeeded in this process, which nothing ever changes.
---@param ended table arn, name, output
function outcome.succeeded(ended)
  local arn = ended.arn
  return setmetatable({ executionArn = arn, arn = arn, name = ended.name, status = "SUCCEEDED", value = ended.output },
    Result)
end

--- What `await` answers: what machine:run does, and executionArn, as the API's answers have it.
function outcome.result(row)
  local result = setmetatable({ executionArn = row.arn, arn = row.arn, name = row.name, status = row.status,
    value = nil, error = nil, cause = nil }, Result)
  if row.output then -- it has ended in this process
    result.value = row.output
    return result
  end
  local ending = outcome.read(row)
  result.error, result.cause = ending.error, ending.cause
  result.value = ending.output and core.value(ending.output)
  return result
end

return outcome
