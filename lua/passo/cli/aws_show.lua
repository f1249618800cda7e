-- cli/aws_show.lua: what `passo aws` prints: results as JSON or text, services, operations and their members.
local text = require "passo.text"

local aws_show = {}

-- results ------------------------------------------------------------------------------------------

local function core()
  return require("passo").core
end

-- Bytes that are no text are shown in base 64.
local function printable(v)
  if type(v) == "string" and not core().encode(v) then return require("passo.aws.core").base64(v) end
  if type(v) ~= "table" then return v end
  local out = setmetatable({}, getmetatable(v))
  for key, item in pairs(v) do out[key] = printable(item) end
  return out
end

--- Whether a Lua value is a list.
function aws_show.is_list(v)
  return type(v) == "table" and (getmetatable(v) == core().array_mt or v[1] ~= nil)
end

local function scalar(v)
  if v == nil or v == core().null then return "None" end
  return type(v) == "string" and v or core().encode(v)
end

-- Rows of a result: a list's items, a structure's members in their order, one line each, cut by tabs.
local function add_rows(v, rows)
  if type(v) ~= "table" then
    rows[#rows + 1] = scalar(v)
    return
  end
  local flat, deep, keys = {}, {}, {}
  if not aws_show.is_list(v) then
    for key in pairs(v) do keys[#keys + 1] = key end
    table.sort(keys)
  end
  for i = 1, math.max(#v, #keys) do
    local item = v[keys[i] or i]
    if type(item) == "table" then deep[#deep + 1] = item else flat[#flat + 1] = scalar(item) end
  end
  if #flat > 0 then rows[#rows + 1] = table.concat(flat, "\t") end
  for _, item in ipairs(deep) do add_rows(item, rows) end
end

--- Prints a result as the options wish; the exit code.
function aws_show.result(shell, options, result)
  if options.query then
    local find, message = require("passo.aws.jmespath").compile(options.query)
    if not find then
      shell.complain("--query: " .. message)
      return 2
    end
    result, message = find(result)
    if message then
      shell.complain("--query: " .. message)
      return 2
    end
  end
  result = printable(result)
  if options.output == "text" then
    local rows = {}
    add_rows(result, rows)
    if #rows > 0 then shell.print(table.concat(rows, "\n") .. "\n") end
  elseif result == nil then
    shell.print "null\n"
  elseif type(result) ~= "table" or next(result) ~= nil or aws_show.is_list(result) then
    shell.print(assert(core().encode(result, { pretty = true })) .. "\n")
  end
  return 0
end

-- help ---------------------------------------------------------------------------------------------

local function column(shell, list)
  for _, line in ipairs(list) do shell.print("  " .. line .. "\n") end
end

local function help_service(shell, of)
  local service = require "passo.aws.service"
  shell.print(("%s (%s, %s %s)\n\nOperations:\n"):format(of.name, of.id, of.facts.protocol, of.facts.api_version))
  local list = {}
  for i, name in ipairs(of.model:operations()) do list[i] = service.kebab(name) end
  column(shell, list)
  list = {}
  for i, name in ipairs(of.model:waiters()) do list[i] = service.kebab(name) end
  if #list > 0 then
    shell.print "\nWaiters (passo aws SERVICE wait NAME):\n"
    column(shell, list)
  end
  return 0
end

local function help_operation(shell, of, op)
  local service = require "passo.aws.service"
  shell.print(("passo aws %s %s\n\nMembers (* is required):\n"):format(of.name, service.kebab(op.name)))
  local list, width = op.bound:members "input", 0
  for _, member in ipairs(list) do width = math.max(width, #service.kebab(member.name)) end
  for _, member in ipairs(list) do
    local kind = member.of and ("list of %s"):format(member.of) or member.kind
    shell.print(("  %s --%s  %s\n"):format(member.required and "*" or " ",
      text.pad(service.kebab(member.name), width), kind))
  end
  if #list == 0 then shell.print "  none\n" end
  if op.facts.streaming_output then shell.print "\nThe reply is a stream: give a file to write it to.\n" end
  return 0
end

--- Prints the page about a service or an operation, or the services; the exit code.
function aws_show.help(shell, words)
  if not words[1] then
    local list = require("passo.aws.models").list()
    shell.print(("%d services:\n"):format(#list))
    column(shell, list)
    return 0
  end
  local of, message = require("passo.cli.aws_words").service(words[1])
  if not of then
    shell.complain(message)
    return 2
  elseif not words[2] then
    return help_service(shell, of)
  end
  local op, why = of:operation(words[2])
  if not op then
    shell.complain(why)
    return 2
  end
  return help_operation(shell, of, op)
end

return aws_show
