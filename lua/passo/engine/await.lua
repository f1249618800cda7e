--- Waiting for an execution's end, and its row by its ARN.
local errors = require "passo.engine.errors"
local names = require "passo.engine.names"
local outcome = require "passo.engine.outcome"

local OPTIONS = { timeout_seconds = true }

return function(Engine)
  --- The store's row of an execution's ARN; nil, message, failure.
  function Engine:row_of(arn)
    local row, message, failure = self.store:describe(arn)
    if row then return row end
    if failure then return nil, message, failure end
    -- Why there is none is told by the ARN first.
    local parsed
    parsed, message, failure = names.parse(arn, "execution", "express")
    if not parsed then return nil, message, failure end
    return errors.no_execution(arn)
  end

  --- Waits for an execution's end.
  ---@param first string|table an ARN, or what start_execution answered
  ---@param options? {timeout_seconds: number?}
  ---@return passo.Result? result status, output, error, cause; nil, message, failure ("ETIMEOUT")
  function Engine:await(first, options)
    local arn = type(first) == "table" and first.executionArn or first
    if type(arn) ~= "string" then
      error(("engine:await: an execution's ARN, or what start_execution answered, expected, got %s"):format(
        type(first)), 2)
    end
    local seconds
    if options ~= nil then
      seconds = require("passo.engine.constraints").options("engine:await", options, OPTIONS).timeout_seconds
    end
    if seconds ~= nil and (type(seconds) ~= "number" or seconds ~= seconds) then
      error(("engine:await: timeout_seconds must be a number, got %s"):format(tostring(seconds)), 2)
    end
    local just = self.just_ended
    if just and just.arn == arn then return outcome.succeeded(just) end
    local run, row, message, failure = self.live_by_arn[arn]
    if not run then
      row, message, failure = self:row_of(arn)
      if not row then return nil, message, failure end
    end
    if run or row.status == "RUNNING" then
      row, message, failure = self:await_row((run or row).id, seconds and self:now_ms() + math.ceil(seconds * 1000))
      if not row then return nil, message, failure end
    end
    return outcome.result(row)
  end
end
