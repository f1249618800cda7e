-- cli/definition.lua: a definition named on a command line: loaded, or all its findings shown.
local files = require "passo.cli.files"
local findings = require "passo.cli.findings"

local definition = {}

--- --set NAME=VALUE as a table; nil and words when one is not of that form.
function definition.substitutions(list)
  local set = {}
  for _, pair in ipairs(list or {}) do
    local name, value = pair:match "^([%w_.-]+)=(.*)$"
    if not name then
      return nil, ("--set takes NAME=VALUE, not %q"):format(pair)
    end
    set[name] = value
  end
  return next(set) and set or nil
end

--- The machine in a file, or nil after having told what is wrong with it.
function definition.load(shell, path, options)
  local passo = require "passo"
  local set, message = definition.substitutions(options.set)
  if message then
    shell.complain(message)
    return nil
  end
  local content, unreadable = files.read(path, shell.stdin)
  if not content then
    shell.complain(unreadable)
    return nil
  end
  local machine, failed, failure
  if path == "-" then
    machine, failed, failure = passo.parse(content, { set = set })
  else
    machine, failed, failure = passo.load(path, { set = set, machine = options.machine })
  end
  if machine then
    return machine
  end
  -- Without a finding, nothing is wrong with the machine that is meant: others of the file may have theirs.
  local found = (failure.finding or failure.line)
    and passo.check(path == "-" and content or path, { set = set, type = options.type, text = path == "-" })
  local errors = type(found) == "table" and findings.only_errors(found) or {}
  if #errors == 0 then
    shell.complain(tostring(failed):find(path, 1, true) and failed or ("%s: %s"):format(path, failed))
  else
    shell.note(findings.text(errors, path, content, shell.paint_note))
  end
  return nil
end

--- A definition as Lua tables, right or wrong; or nil after having told why it cannot even be read.
function definition.decode(shell, path)
  local content, message = files.read(path, shell.stdin)
  local value
  if content then
    value, message = files.decode(content, path == "-" and "standard input" or path)
  end
  if type(value) ~= "table" then
    shell.complain(message or ("%s: a definition is an object"):format(path))
    return nil
  end
  return value
end

return definition
