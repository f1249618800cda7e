-- cli/check.lua: `passo check`: every finding in definitions, for people or for programs.
local definition = require "passo.cli.definition"
local files = require "passo.cli.files"
local findings = require "passo.cli.findings"
local repair = require "passo.cli.repair"

local check = {
  summary = "find mistakes in definitions without running them",
  usage = "check FILE... [OPTIONS]",
  about = [[
FILE may be a definition in JSON or YAML, a quoted pattern, a folder (its *.asl.json, *.asl.yaml, *.asl.yml and *.asl
files), or - for standard input. All findings are shown at once, with the codes and texts of AWS where it has them.
Exit code: 0 without errors (warnings are no errors), 1 with errors, 2 when a file could not be read.
]],
  examples = [[
passo check checkout.asl.yaml
passo check 'workflows/*.asl.*' --warnings
passo check checkout.asl.json --json
passo check checkout.asl.json --fix
]],
  options = {
    { name = "json", help = "a list of findings as JSON" },
    { name = "fix", help = "write into the file what has one clear remedy" },
    { name = "type", value = "TYPE", choices = { "STANDARD", "EXPRESS" },
      help = "the machine's type: STANDARD (default) or EXPRESS" },
    { name = "warnings", short = "w", help = "also what is allowed, but hardly meant" },
    { name = "profile", value = "NAME", choices = { "aws-standard", "aws-express", "unlimited" },
      help = "unlimited: resources that AWS does not know are warnings" },
    { name = "set", value = "NAME=VALUE", many = true, help = "replaces ${NAME} in the definition; may be repeated" },
  },
}

local FIELDS = { "path", "line", "column", "severity", "code", "message", "location", "hint", "fix" }

local function as_value(finding, path)
  local fields = {}
  for _, key in ipairs(FIELDS) do
    local value = finding[key]
    if key == "path" then
      value = path
    end
    if value ~= nil then
      fields[#fields + 1] = { key, value }
    end
  end
  return require("passo").object(fields)
end

local function paths_of(shell, options)
  local paths = {}
  for _, operand in ipairs(options) do
    local found = files.expand(operand)
    if #found == 0 then
      local words = files.exists(operand) and "no definition (*.asl.json, *.asl.yaml, *.asl.yml, *.asl) in folder %q"
        or "no file matches %q"
      shell.complain(words:format(operand))
      return nil
    end
    for _, path in ipairs(found) do
      paths[#paths + 1] = path
    end
  end
  return paths
end

local function plural(count, word)
  return ("%d %s%s"):format(count, word, count == 1 and "" or "s")
end

-- The same wishes for a text in hand, which passo.check might take for a file's name.
local function as_text(how)
  local copy = { text = true }
  for key, value in pairs(how) do copy[key] = value end
  return copy
end

-- One repair may bring to light what it hid: again, until nothing changes, but not for ever.
local function repair_all(path, content, found, how)
  local passo, total = require "passo", 0
  for _ = 1, 10 do
    local count, better, why = repair.apply(path, content, found)
    if count == 0 then
      return total, content, why
    end
    total, content = total + count, better
    found = passo.check(content, as_text(how))
  end
  return total, content
end

-- One file: its findings, its text, and how many fixes were written; nil when it cannot be read or written.
local function examine(shell, path, options, how)
  local passo = require "passo"
  local content, message = files.read(path, shell.stdin)
  if not content then
    shell.complain(message)
    return nil
  end
  local found = passo.check(path == "-" and content or path, path == "-" and as_text(how) or how)
  if not options.fix or path == "-" then
    return found, content, 0
  end
  local count, better, left = repair_all(path, content, found, how)
  if left then
    shell.note(("%s: %s\n"):format(path, left))
  end
  if count == 0 then
    return found, content, 0
  end
  local written, why = files.write(path, better)
  if not written then
    shell.complain(why)
    return nil
  end
  return passo.check(path, how), better, count
end

local function summary(files_count, errors, warnings, fixes)
  local words = ("%s checked: %s, %s"):format(plural(files_count, "file"), plural(errors, "error"),
    plural(warnings, "warning"))
  return words .. (fixes and ("; %d %s written"):format(fixes, fixes == 1 and "fix" or "fixes") or "") .. "\n"
end

function check.run(shell, options)
  local set, message = definition.substitutions(options.set)
  if message or #options == 0 then
    shell.complain(message or "check needs a definition: passo check FILE")
    return 2
  end
  local paths = paths_of(shell, options)
  if not paths then
    return 2
  end
  local how = { type = options.type, warnings = options.warnings == true, profile = options.profile, set = set }
  local unusable, errors, warnings, fixes, all = false, 0, 0, 0, {}
  for _, path in ipairs(paths) do
    local found, content, fixed = examine(shell, path, options, how)
    unusable = unusable or not found
    fixes = fixes + (fixed or 0)
    for _, finding in ipairs(found or {}) do
      local warning = finding.severity == "WARNING"
      errors, warnings = errors + (warning and 0 or 1), warnings + (warning and 1 or 0)
      all[#all + 1] = as_value(finding, path)
    end
    if not options.json and found then
      shell.print(findings.text(found, path, content, shell.paint))
    end
  end
  if options.json then
    local passo = require "passo"
    shell.print(passo.core.encode(passo.array(all), { pretty = true }) .. "\n")
  else
    shell.note(summary(#paths, errors, warnings, options.fix and fixes))
  end
  return unusable and 2 or errors > 0 and 1 or 0
end

return check
