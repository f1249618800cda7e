--- GetExecutionHistory: an execution's events, page by page.
local constraints = require "passo.engine.constraints"
local errors = require "passo.engine.errors"
local journal = require "passo.engine.journal"
local names = require "passo.engine.names"
local paging = require "passo.engine.paging"

-- What an event is without its data.
local DATA = { "input", "inputDetails", "output", "outputDetails", "assignedVariables", "assignedVariablesDetails" }

local function strip(events)
  for _, event in ipairs(events) do
    for name, details in pairs(event) do
      if type(details) == "table" and name:find "EventDetails$" then
        for _, member in ipairs(DATA) do details[member] = nil end
      end
    end
  end
end

return function(Engine)
  --- GetExecutionHistory: maxResults, nextToken, reverseOrder, includeExecutionData (true).
  ---@param first string|table an ARN, or the API's table
  ---@param options? table the table's members, beside an ARN
  function Engine:get_execution_history(first, options)
    local request = constraints.request("engine:get_execution_history", "executionArn", first)
    for key, value in pairs(options or {}) do request[key] = value end
    local check = constraints.new():required("executionArn", request.executionArn)
      :length("executionArn", request.executionArn, 1, 256)
    local ok, message, failure = paging.constrain(check, request):done()
    if not ok then return nil, message, failure end
    ok, message, failure = names.parse(request.executionArn, "execution")
    if not ok then return nil, message, failure end
    local row
    row, message, failure = self.store:describe(request.executionArn)
    if failure then return nil, message, failure end
    if not row then return errors.no_execution(request.executionArn) end
    local reverse = request.reverseOrder == true
    local scope = ("get_execution_history %s %s"):format(row.arn, tostring(reverse))
    local at
    at, message, failure = paging.cursor(self, scope, request.nextToken)
    if failure then return nil, message, failure end
    local events, more, reason = journal.events(self, row.id, { limit = paging.size(request), reverse = reverse,
      after = not reverse and at or nil, before = reverse and at or nil })
    if not events then return nil, more, reason end
    if request.includeExecutionData == false then strip(events) end
    return { events = events, nextToken = more and paging.token(self, scope, events[#events].id) or nil }
  end
end
