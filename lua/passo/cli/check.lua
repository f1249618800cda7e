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

local function as_value(passo, finding, path)
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
  return passo.object(fields)
end

local function paths_of(shell, options)
  local paths = {}
  for _, operand in ipairs(options) do
    local found = files.expand(operand)
    if #found == 0 then
      shell.complain(("no file matches %q"):format(operand))
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

function check.run(shell, options)
  local passo = require "passo"
  local set, message = definition.substitutions(options.set)
  local paths = not message and paths_of(shell, options)
  if message or not paths or #paths == 0 then
    if message or paths then
      shell.complain(message or "check needs a definition: passo check FILE")
    end
    return 2
  end
  local how = { type = options.type, warnings = options.warnings == true, profile = options.profile, set = set }
  local code, errors, warnings, fixed, all = 0, 0, 0, 0, {}
  for _, path in ipairs(paths) do
    local content, unreadable = files.read(path, shell.stdin)
    local found
    if content then
      found = passo.check(path == "-" and content or path, how)
      if options.fix and path ~= "-" then
        local count, better, why = repair.apply(path, content, found)
        if count > 0 then
          local written, late = files.write(path, better)
          if not written then
            shell.complain(late)
            return 2
          end
          fixed, content = fixed + count, better
          found = passo.check(path, how)
        elseif why then
          shell.complain(("%s: %s"):format(path, why))
        end
      end
    else
      shell.complain(unreadable)
      code = 2
    end
    for _, finding in ipairs(found or {}) do
      local warning = finding.severity == "WARNING"
      errors, warnings = errors + (warning and 0 or 1), warnings + (warning and 1 or 0)
      all[#all + 1] = as_value(passo, finding, path)
    end
    if not options.json and found and #found > 0 then
      shell.print(findings.text(found, path, content, shell.paint))
    end
  end
  if options.json then
    shell.print(passo.core.encode(passo.array(all), { pretty = true }) .. "\n")
  else
    shell.note(("%s checked: %s, %s%s\n"):format(plural(#paths, "file"), plural(errors, "error"), plural(warnings,
      "warning"),
      options.fix and ("; %s written"):format(plural(fixed, "fix"):gsub("fixs", "fixes")) or ""))
  end
  return code > 0 and code or errors > 0 and 1 or 0
end

return check
