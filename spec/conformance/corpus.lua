--- Finds case files and tells what kind of case each holds.
local core = require "passo.core"

local corpus = {}

local function read_file(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local text = file:read("*a")
  file:close()
  return text
end
corpus.read_file = read_file

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function is_case_file(path)
  return (path:find("%.json$") or path:find("%.jsonl$")) and not path:find("/datasets/")
end

--- Case files at or below `path`, sorted.
function corpus.files(path)
  local pipe = assert(io.popen("find -L " .. quote(path) .. " -type f 2>/dev/null"))
  local out = {}
  for line in pipe:lines() do
    if is_case_file(line) or line == path then out[#out + 1] = line end
  end
  pipe:close()
  table.sort(out)
  return out
end

-- What a case's own members say; the folder is only asked for those that cannot be read.
local function kind_of(case)
  if case.mocks and case.expect then return "asl" end
  if case.definitionText then return "validation" end
  if case.steps then return "api" end
  if case.selector then return "jsonpath" end
  if case.bytes_base64 then return "json" end
  if case.valid ~= nil and case.linters or case.source and case.query_language then return "asl_lint" end
  if case.source and case.valid ~= nil and case.format then return "asl_lint" end
  if case.expr ~= nil then return "jsonata" end
  if case.protocol then return "aws_protocols" end
  if case.expectMatch ~= nil or case.expectError or case.kind == "match" or case.kind == "validate" then
    return "event_patterns"
  end
  if case.request and case.expect and case.definition then return "test_state" end
  if case.algorithm or case.request and case.context then return "sigv4" end
  if case.StartAt and case.States then return "seeds" end
  return nil
end

local FOLDERS = { "asl_lint", "asl", "validation", "api", "jsonpath", "jsonata", "json", "aws_protocols",
  "event_patterns", "test_state", "sigv4", "seeds" }

local function kind_of_path(path)
  for _, folder in ipairs(FOLDERS) do
    if path:find("/" .. folder .. "/", 1, true) or path:find("^" .. folder .. "/") then return folder end
  end
  return "unknown"
end

local FAMILY = {}
function FAMILY.jsonpath(case) return case.suite end
function FAMILY.json(case) return case.expect end
function FAMILY.asl_lint(case) return case.source end
function FAMILY.aws_protocols(case) return case.protocol end
function FAMILY.jsonata(case) return case.group end
function FAMILY.event_patterns(case) return case.kind and "ruler" or nil end

local function family_of(kind, case)
  if type(case.family) == "string" then return case.family end
  local of = FAMILY[kind] and FAMILY[kind](case)
  return of and kind .. "." .. of or kind
end

local function name_of(kind, case, path, line)
  local base = path:match("[^/]*$")
  if kind == "json" or kind == "asl" or kind == "validation" then return case.name or base end
  if kind == "jsonata" then return ("%s/%s"):format(case.group, case.case) end
  if kind == "jsonpath" then return ("%s %s"):format(case.id or line, case.name or "") end
  if kind == "asl_lint" then return ("%s %s"):format(case.id or line, case.title or case.path or "") end
  if line then return ("%s:%d"):format(base, line) end
  return case.name or base
end

local function one(path, text, line)
  local case, message = core.decode(text)
  if type(case) ~= "table" then
    return { kind = kind_of_path(path), family = kind_of_path(path), text = text,
      name = line and ("%s:%d"):format(path, line) or path, broken = message or "not an object" }
  end
  local kind = kind_of(case) or kind_of_path(path)
  return { kind = kind, family = family_of(kind, case), name = name_of(kind, case, path, line), case = case,
    text = text, path = path }
end

--- Calls `visit(entry)` for every case in a file: {kind, family, name, case, text, path} or {..., broken}.
function corpus.each(path, visit)
  local text, message = read_file(path)
  if not text then
    visit { kind = kind_of_path(path), family = kind_of_path(path), name = path, broken = message }
    return
  end
  if not path:find("%.jsonl$") then
    visit(one(path, text))
    return
  end
  local line = 0
  for row in text:gmatch("[^\n]+") do
    line = line + 1
    if row:find("%S") then visit(one(path, row, line)) end
  end
end

return corpus
