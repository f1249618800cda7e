-- cli/files.lua: what commands read: files, JSON, patterns of file names, handlers.
local files = {}

--- The whole of a file ("-" is standard input), or nil and words.
function files.read(path, stdin)
  if path == "-" then
    return stdin:read "*a"
  end
  local file, message = io.open(path, "rb")
  if not file then
    return nil, message
  end
  -- Lua opens directories; reading one fails.
  local content, why = file:read "*a"
  file:close()
  if not content then
    return nil, ("%s: %s"):format(path, why or "cannot be read")
  end
  return content
end

--- Writes a file whole, or returns nil and words.
function files.write(path, content)
  local file, message = io.open(path, "wb")
  if not file then
    return nil, message
  end
  local written, why = file:write(content)
  local closed, late = file:close()
  if not written or not closed then
    return nil, ("%s: %s"):format(path, why or late or "could not be written")
  end
  return true
end

function files.exists(path)
  local file = io.open(path, "rb")
  if file then
    file:close()
  end
  return file ~= nil
end

-- "name:line:column: words" of what core says about a text.
local function misread(name, message, failure)
  local place = type(failure) == "table" and failure.line and (":%d:%d"):format(failure.line, failure.column) or ""
  return ("%s%s: %s"):format(name, place, message)
end

--- JSON text as a passo.value, which keeps numbers and the order of keys as written; or nil and words.
function files.json(content, name)
  local value, message, failure = require("passo").core.value(content)
  if value == nil then
    return nil, misread(name, message, failure)
  end
  return value
end

--- JSON or YAML text as Lua tables, or nil and words.
function files.decode(content, name)
  local core = require("passo").core
  local value, message, failure = core[content:find "^%s*[{%[]" and "decode" or "decode_yaml"](content)
  if value == nil then
    return nil, misread(name, message, failure)
  end
  return value
end

-- A pattern for the shell: everything but the wildcards is quoted, so that a name is never a command.
local function shell_words(pattern)
  return (pattern:gsub("[^%w*?%[%]/._-]", "\\%0"))
end

local function quoted(path)
  return "'" .. path:gsub("'", "'\\''") .. "'"
end

local function lines_of(command)
  local pipe = io.popen("{ " .. command .. "; } 2>/dev/null")
  local found = {}
  if pipe then
    for line in pipe:lines() do
      found[#found + 1] = line
    end
    pipe:close()
  end
  return found
end

local IN_FOLDERS = "find -H %s -type f \\( -name '*.asl.json' -o -name '*.asl.yaml' -o -name '*.asl.yml' "
  .. "-o -name '*.asl' \\) | sort"

--- File names for an operand: itself; what a pattern with * ? [ ] matches; of a folder the definitions below it.
function files.expand(operand)
  if operand == "-" then
    return { operand }
  elseif files.exists(operand .. "/.") then
    return lines_of(IN_FOLDERS:format(quoted(operand:sub(1, 1) == "-" and "./" .. operand or operand)))
  elseif not files.exists(operand) and operand:find "[*?%[]" then
    local found = {}
    for _, path in ipairs(lines_of("for f in " .. shell_words(operand) .. "; do printf '%s\\n' \"$f\"; done")) do
      if files.exists(path) then
        found[#found + 1] = path
      end
    end
    return found
  end
  return { operand }
end

--- The table that a handlers file returns; modules beside the file can be required by it.
function files.handlers(path)
  local chunk, message = loadfile(path)
  if not chunk then
    return nil, message
  end
  local folder = path:match "^(.*)/[^/]*$" or "."
  package.path = folder .. "/?.lua;" .. package.path
  local good, result = pcall(chunk)
  if not good then
    return nil, tostring(result)
  elseif type(result) ~= "table" then
    return nil, ("%s: a handlers file returns a table of functions, this one returned a %s"):format(path, type(result))
  end
  return result
end

return files
