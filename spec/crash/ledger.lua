--- What has happened outside, in the order it happened: kept in a file that is appended to by one write a line, so
--- that it outlives the process that dies in the midst of it; or in memory, for engines that die without their process.
local Ledger = {}
Ledger.__index = Ledger

--- A ledger in a file, which may have lines already; without a path, in memory.
function Ledger.open(path)
  local self = setmetatable({ lines = {} }, Ledger)
  if not path then return self end
  local file = io.open(path, "rb")
  if file then
    for line in file:lines() do self.lines[#self.lines + 1] = line end
    file:close()
  end
  self.file = assert(io.open(path, "ab"))
  self.file:setvbuf "full" -- a line leaves this process by one write
  return self
end

--- Notes a word and its arguments, which hold no line breaks and, but for the last one, no spaces.
function Ledger:note(...)
  local line = table.concat({ ... }, " ")
  self.lines[#self.lines + 1] = line
  if self.file then
    self.file:write(line, "\n")
    self.file:flush()
  end
end

--- Calls visit(arguments..., up to `count` of them) for every line of that word.
function Ledger:each(word, count, visit)
  local pattern = "^" .. word .. (" (%S+)"):rep(count - 1) .. " (.*)$"
  for _, line in ipairs(self.lines) do
    if line:sub(1, #word + 1) == word .. " " then visit(line:match(pattern)) end
  end
end

--- How often each of the first arguments of that word was noted.
function Ledger:counts(word)
  local counts = {}
  for _, line in ipairs(self.lines) do
    local what, first = line:match "^(%S+) (%S+)"
    if what == word then counts[first] = (counts[first] or 0) + 1 end
  end
  return counts
end

function Ledger:close()
  if self.file then self.file:close() end
end

return Ledger
