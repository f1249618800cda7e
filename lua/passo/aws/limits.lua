--- Limits: how many tasks of a resource may be under way at once, and how many may begin in a second, over all
--- executions that share the limit. Those that have to wait do so in the order they came, and block nobody.
local match = require "passo.aws.routes.match"

local limits = {}

local FIELDS = { max_in_flight = true, per_second = true, burst = true }

local Limit = {}
Limit.__index = Limit

local function refuse(key, words)
  error(("run: options.aws.limits[%q]%s"):format(tostring(key), words), 0)
end

local function check(key, given)
  if type(key) ~= "string" then refuse(key, ": the name of a state, resource or service is expected") end
  if type(given) ~= "table" then refuse(key, " must be a table, got " .. type(given)) end
  for name, value in pairs(given) do
    if not FIELDS[name] then
      local near = require("passo.text").nearest(tostring(name), { "max_in_flight", "per_second", "burst" })
      refuse(key, (": unknown field '%s' (%s)"):format(tostring(name),
        near and ("did you mean '%s'?"):format(near) or "known: burst, max_in_flight, per_second"))
    end
    local least = name == "per_second" and 0 or 1
    local whole = name == "per_second" or (type(value) == "number" and value % 1 == 0)
    if type(value) ~= "number" or value < least or value == 0 or not whole then
      refuse(key, "." .. name .. (least == 1 and " must be a whole number, 1 or more"
        or " must be a number above 0"))
    end
  end
  if not given.max_in_flight and not given.per_second then refuse(key, ": max_in_flight or per_second is expected") end
end

--- A limit of its own; for whoever has no `limits` option to read.
---@param given {max_in_flight: integer?, per_second: number?, burst: integer?}
function limits.new(given)
  return setmetatable({ most = given.max_in_flight or math.huge, burst = given.burst or 1,
    every_ms = given.per_second and 1000 / given.per_second, lanes = setmetatable({}, { __mode = "k" }) }, Limit)
end

--- The limits of the option `limits`; raises for what is none.
---@return table<string, table>
function limits.read(options)
  local list = {}
  for key, given in pairs(options) do
    check(key, given)
    list[key] = limits.new(given)
  end
  return list
end

--- The limit that holds for a state.
function limits.of(list, state)
  local key = match.best(list, state)
  return key and list[key]
end

-- the queue -------------------------------------------------------------------------------------------

-- Virtual clocks have a queue of their own each: their time has nothing to do with anybody else's.
local REAL = {}

local function lane_of(self, host)
  local clock = host.virtual_ms and host or REAL
  local lane = self.lanes[clock]
  if not lane then
    lane = { busy = 0, first = 1, last = 0, next_ms = 0 }
    self.lanes[clock] = lane
  end
  return lane
end

-- Lets those in who are next, as long as there is room.
local function admit(self, lane)
  while lane.busy < self.most and lane.first <= lane.last do
    local ticket = lane[lane.first]
    lane[lane.first] = nil
    lane.first = lane.first + 1
    if not ticket.gone then
      lane.busy = lane.busy + 1
      ticket.inside = true
      ticket.host:set(ticket.event)
    end
  end
end

local function leave(self, lane, ticket)
  if ticket.gone then return end
  ticket.gone = true
  if ticket.inside then
    lane.busy = lane.busy - 1
    admit(self, lane)
  end
end

-- Waits for room: false when the task was cancelled meanwhile.
local function enter(self, lane, ticket)
  if lane.busy < self.most and lane.first > lane.last then
    lane.busy = lane.busy + 1
    ticket.inside = true
    return true
  end
  ticket.event = ticket.host:event()
  lane.last = lane.last + 1
  lane[lane.last] = ticket
  return ticket.host:await(ticket.event) and not ticket.gone
end

-- Waits for its turn in the second; each keeps the distance from the one before, but for the first `burst`.
local function take_turn(self, lane, ticket)
  if not self.every_ms then return true end
  local now_ms = ticket.host:now_ms()
  local at_ms = math.max(lane.next_ms, now_ms)
  lane.next_ms = at_ms + self.every_ms
  local wait_ms = at_ms - (self.burst - 1) * self.every_ms - now_ms
  return wait_ms <= 0 or (ticket.host:sleep(wait_ms / 1000) and not ticket.gone)
end

local function left(self, lane, ticket, ctx, outer, ...)
  leave(self, lane, ticket)
  ctx.release = outer
  return ...
end

--- Performs within the limit; ctx.release is called by whoever cancels the task, or finds that it raised.
---@param perform fun(input: any, ctx: table): any
function Limit:run(perform, input, ctx)
  local host = ctx.run.host
  local lane, ticket = lane_of(self, host), { host = host }
  local outer = rawget(ctx, "release") -- a limit within another
  ctx.release = function()
    leave(self, lane, ticket)
    if outer then outer() end
  end
  if not (enter(self, lane, ticket) and take_turn(self, lane, ticket)) then
    return left(self, lane, ticket, ctx, outer, nil, "States.TaskFailed", "cancelled")
  end
  return left(self, lane, ticket, ctx, outer, perform(input, ctx))
end

--- A handler that keeps to the limit.
function Limit:wrap(perform)
  return function(input, ctx) return self:run(perform, input, ctx) end
end

return limits
