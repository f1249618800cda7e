--- passo: runs AWS Step Functions workflows inside a Lua program.
local core = require "passo.core"
local current = require "passo.host.current"
local plain = require "passo.host.plain"

local passo = {
  version = require "passo.version",
  core = core,
  null = core.null,
  array = core.array,
  object = core.object,
  int64 = core.int64,
  decimal = core.decimal,
}

---@class passo.Machine
local Machine = {}
Machine.__index = Machine
function Machine:__tostring() return "passo.machine: " .. self.name end

local function check_source(source, who)
  local kind = type(source)
  if kind ~= "string" and kind ~= "table" and kind ~= "userdata" then
    error(("%s: a definition is a text, a table or a passo.value, got %s"):format(who, kind), 3)
  end
end

local function new_machine(source, options)
  local compiled, message, failure = core.machine(source, options)
  if not compiled then return nil, message, failure end
  local states = compiled:states()
  return setmetatable({ core = compiled, name = compiled:name(), all_states = states, own = options.own,
    checked = setmetatable({}, { __mode = "v" }) }, Machine)
end

-- reading ------------------------------------------------------------------------------------------

-- The machines of a deployment template; nil for any other text.
local function template_machines(text, options)
  if not (text:find("StateMachine", 1, true) or text:find("stateMachines", 1, true)) then return nil end
  return require("passo.template").machines(text, options and options.format)
end

-- The one machine that is meant; its definition's own errors name the template.
local function machine_in_template(machines, options, path)
  local template = require "passo.template"
  local chosen, message = template.choose(machines, options.machine)
  local source, set
  if chosen then source, set = template.source(chosen, path, options.set) end
  if not source then
    message = message or set
    return nil, message, { code = "EINPUT", message = message, path = path }
  end
  options.name, options.set, options.format = chosen.name, set, nil
  return new_machine(source, options)
end

-- "flows/checkout.asl.yaml" -> "checkout"
local function name_of(path)
  local name = path:match "([^/]*)$"
  return (name:gsub("%.json$", ""):gsub("%.ya?ml$", ""):gsub("%.asl$", ""))
end

local function options_for(options, path)
  local copy = {}
  for key, value in pairs(options or {}) do copy[key] = value end
  if path then
    copy.path = path
    copy.name = copy.name or name_of(path)
    if not copy.format and path:find "%.ya?ml$" then copy.format = "yaml" end
    if not copy.format and path:find "%.json$" then copy.format = "json" end
  end
  return copy
end

local function read_file(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message, { code = "EFILE", message = message, path = path } end
  local text, broken = file:read "*a"
  file:close()
  if not text then
    message = ("%s: %s"):format(path, broken)
    return nil, message, { code = "EFILE", message = message, path = path }
  end
  return text
end

--- The machine in a file (JSON or YAML).
---@param path string
---@param options? passo.LoadOptions set = {NAME = value}: what "${NAME}" stands for; name, format; machine: which
--- one of a SAM, CloudFormation or serverless.yml file
---@return passo.Machine? machine nil, message, failure when it is none
function passo.load(path, options)
  if type(path) ~= "string" then error("passo.load: the path must be a string", 2) end
  local text, message, failure = read_file(path)
  if not text then return nil, message, failure end
  local machine
  local machines = template_machines(text, options)
  if machines then
    machine, message, failure = machine_in_template(machines, options_for(options, path), path)
  else
    machine, message, failure = new_machine(text, options_for(options, path))
  end
  if machine then return machine end
  failure.path = path
  if failure.line then message = ("%s:%d:%d: %s"):format(path, failure.line, failure.column, message)
  else message = path .. ": " .. message end
  return nil, message, failure
end

local function looks_like_path(source)
  return not source:find "[\n{]"
end

--- The machine in a text (JSON or YAML), a table or a passo.value.
---@return passo.Machine? machine nil, message, failure when it is none
function passo.parse(source, options)
  check_source(source, "passo.parse")
  local machine, message, failure = new_machine(source, options_for(options))
  if not machine and type(source) == "string" and source ~= "" and looks_like_path(source) then
    message = message .. " (a file is read by passo.load)"
  end
  return machine, message, failure
end

--- All findings in a definition: a file's name, a text, a table or a passo.machine. Empty: it is fine.
---@param options? table type = "EXPRESS", profile, warnings, set, format, handlers (to be checked too),
--- text = true: the source is no file's name, whatever it looks like
---@return passo.Finding[]? findings nil, message, failure when the file cannot be read
function passo.check(source, options)
  check_source(source, "passo.check")
  local path
  if type(source) == "string" and not (options and options.text) and looks_like_path(source) then
    path = source
    local message, failure
    source, message, failure = read_file(path)
    if not source then return nil, message, failure end
  elseif getmetatable(source) == Machine then
    source = source.core:definition()
  end
  local copy = options_for(options, path)
  local machines = type(source) == "string" and template_machines(source, options)
  if machines then return require("passo.template").check(machines, copy, path) end
  local found = core.check(source, copy)
  for _, finding in ipairs(require("passo.aws.check").findings(source, copy)) do found[#found + 1] = finding end
  if copy.handlers then
    local compiled = core.machine(source, copy)
    if compiled then
      local more = require("passo.task").findings(compiled:states(), copy.handlers)
      for _, finding in ipairs(more) do found[#found + 1] = finding end
    end
  end
  return found
end

-- running ------------------------------------------------------------------------------------------

-- What begins with an engine needs none of it. Its errors blame the caller's caller, so `new` is called from there.
local Run
local function runs()
  Run = Run or require "passo.run"
  return Run
end

--- Runs one execution to its end. A workflow's failure is a result: status, error, cause.
--- Handlers may wait; the call waits with them. Not for use inside `table.sort`, `string.gsub`,
--- `__tostring` or the top level of a required file: those are C frames, which LuaJIT cannot yield across.
---@param input any
---@param options? passo.RunOptions
---@return passo.Result? result nil, message, failure when it could not be run at all
function Machine:run(input, options)
  local run, message, failure = runs().new(self, input, options, "machine:run")
  if not run then return nil, message, failure end
  local result
  run.forgets_children = true
  run.forgets_events = not (options and options.history)
  result, message, failure = run:complete()
  if result and options and options.history then
    if run.journal then result.history = run:history() else result.batches = run:take_batches() end
  end
  run.exec:close()
  return result, message, failure
end

--- Starts an execution and returns at its first wait.
---@return passo.Run? run nil, message, failure when it could not be started
function Machine:start(input, options)
  local run, message, failure = runs().new(self, input, options, "machine:start")
  if not run then return nil, message, failure end
  run:begin()
  return run
end

--- The definition as it was read, substitutions applied.
---@return passo.Value
function Machine:definition()
  return self.core:definition()
end

---@return passo.State[]
function Machine:states()
  return self.all_states
end

--- The definition as text that AWS would take, where its tasks are ARNs.
---@param format? "json"
---@param options? table resources = {["lua:..."] = ARN}: what stands for Lua functions; pretty = false
---@return string? text nil, message, failure: a Choice rule asks a Lua predicate (failure.location)
function Machine:asl(format, options)
  if format ~= nil and format ~= "json" then error("machine:asl: the format is \"json\"", 2) end
  return require("passo.definition").asl(self.core:definition(), options)
end

--- A drawing: "mermaid", "dot" or "svg"; with a history the path taken is drawn in it.
function Machine:graph(format, history)
  return require("passo.graph").draw(self.core:definition():lua(), format, { history = history })
end

--- What is ambiguous about these handlers.
---@return passo.Finding[]
function Machine:check_handlers(handlers)
  return require("passo.task").findings(self.all_states, handlers)
end

-- queries ------------------------------------------------------------------------------------------

-- In nginx an evaluation must not keep a worker's other requests waiting: this much is worth some 20 ms.
local NGINX_FUEL = 1e6

--- A JSONata expression (jsonata.org, as its reference implementation 2.2 answers, with the functions that Step
--- Functions adds), compiled once. `expression:eval(data, bindings, options)` answers a value, nil for nothing, or nil,
--- message, failure (code, position, token ... as the reference has them). Bindings are data or Lua functions, by name
--- without the `$`; options bound it: depth, bytes, range, fuel (steps of about 20 ns).
---@param text string
---@return passo.Jsonata? expression nil, message, failure where it does not parse
function passo.jsonata(text)
  if type(text) ~= "string" then error("passo.jsonata: the expression must be a string", 2) end
  return core.jsonata(text, rawget(_G, "ngx") and NGINX_FUEL or nil)
end

-- time ---------------------------------------------------------------------------------------------

--- A clock that stands still until somebody waits, then jumps; runs on it repeat exactly.
---@param start? string|number "2026-01-01T00:00:00Z" or milliseconds since 1970
function passo.virtual_clock(start)
  local ms = start == nil and 0 or start
  if type(ms) == "string" then
    ms = core.parse_time(start)
    if not ms then error(("passo.virtual_clock: '%s' is no ISO 8601 instant"):format(start), 2) end
  elseif type(ms) ~= "number" or ms ~= ms then
    error("passo.virtual_clock: a text or milliseconds expected", 2)
  end
  return plain.new { virtual_ms = ms }
end

--- Sleeps without blocking other executions: for handlers.
---@return boolean? slept nil, "cancelled" when the task was cancelled meanwhile
function passo.sleep(seconds)
  if type(seconds) ~= "number" or seconds ~= seconds then error("passo.sleep: seconds must be a number", 2) end
  local host = plain.current() or current.loop()
  if host then return host:sleep(seconds) end
  if rawget(_G, "ngx") and ngx.sleep and ngx.get_phase() ~= "init" then
    ngx.sleep(seconds)
    return true
  end
  return plain.default():sleep(seconds)
end

-- engines ------------------------------------------------------------------------------------------

--- Many durable executions in a store: they survive this process. See passo.engine.
---@param options passo.EngineOptions
---@return passo.Engine? engine nil, message, failure
function passo.engine(options)
  return require("passo.engine").open(options)
end
require "passo.host.inherit"("passo.", "run task engine")

-- building -----------------------------------------------------------------------------------------

-- Builders are loaded when first asked for: most programs only run what others wrote. So is what an engine needs only
-- when there is a task.
local lazy = { saga = "passo.saga", flow = "passo.flow", graph = "passo.graph" }
local members = { fail = "passo.task", memory_journal = "passo.run" }

--- A machine with Lua functions of its own, by their "lua:" names: what saga and flow make. An engine's has an ARN and
--- a role.
function passo.compile(source, name, own, identity)
  return new_machine(source, { name = name, own = own, arn = identity and identity.arn,
    role_arn = identity and identity.role_arn })
end

return setmetatable(passo, { __index = function(self, key)
  local name, owner = lazy[key], members[key]
  if not (name or owner) then return nil end
  local value = name and require(name) or require(owner)[key]
  rawset(self, key, value)
  return value
end })
