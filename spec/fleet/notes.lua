--- Files that several processes note lines in: a line is one write at the file's end, so that it outlives whoever is
--- killed right after it, and no two get mixed.
local notes = {}

local function words(line)
  local out = {}
  for word in line:gmatch "%S+" do out[#out + 1] = word end
  return out
end

--- note(word, ...) adds a line; words hold no spaces.
function notes.writer(path)
  local file = assert(io.open(path, "ab"))
  file:setvbuf "full"
  return function(...)
    local line = { ... }
    for i, word in ipairs(line) do line[i] = type(word) == "number" and ("%.0f"):format(word) or tostring(word) end
    file:write(table.concat(line, " "), "\n")
    file:flush()
  end
end

--- next() gives the words of the next line, nil when there is none yet.
function notes.reader(path)
  local file, rest = nil, ""
  return function()
    file = file or io.open(path, "rb")
    if not file then return nil end
    while true do
      local line, behind = rest:match "^([^\n]*)\n(.*)$"
      if line then
        rest = behind
        return words(line)
      end
      local more = file:read(4096)
      if not more then
        file:seek("cur", 0) -- a file that has ended may grow
        return nil
      end
      rest = rest .. more
    end
  end
end

--- Calls visit(words...) for every line.
function notes.each(path, visit)
  local file = io.open(path, "rb")
  if not file then return end
  for line in file:lines() do visit((table.unpack or unpack)(words(line))) end -- luacheck: ignore
  file:close()
end

return notes
