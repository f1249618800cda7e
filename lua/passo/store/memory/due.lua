--- The due index of the memory store: sleeping executions by the moment they must be ticked.
---
--- One heap a revision, so that a worker without a revision's handlers passes over all its sleepers at once.
--- An entry whose execution has been rescheduled stays where it is and is known to be stale by `at`.
local Due = {}
Due.__index = Due

local COMPACT = 64 -- so many stale entries are not worth the work

function Due.new()
  return setmetatable({
    heaps = {}, -- revision -> { n =, live =, at = {ms...}, id = {...} }
    at = {},    -- execution -> when it is due
  }, Due)
end

local function before(heap, i, at, id)
  local other = heap.at[i]
  return other > at or (other == at and heap.id[i] > id)
end

local function push(heap, at, id)
  local ats, ids = heap.at, heap.id
  local i = heap.n + 1
  heap.n = i
  while i > 1 do
    local parent = (i - i % 2) / 2
    if not before(heap, parent, at, id) then break end
    ats[i], ids[i] = ats[parent], ids[parent]
    i = parent
  end
  ats[i], ids[i] = at, id
end

local function pop(heap)
  local ats, ids, n = heap.at, heap.id, heap.n
  local at, id = ats[n], ids[n]
  ats[n], ids[n] = nil, nil
  n = n - 1
  heap.n = n
  if n == 0 then return end
  local i = 1
  while 2 * i <= n do
    local child = 2 * i
    if child < n and before(heap, child, ats[child + 1], ids[child + 1]) then child = child + 1 end
    if before(heap, child, at, id) then break end
    ats[i], ids[i] = ats[child], ids[child]
    i = child
  end
  ats[i], ids[i] = at, id
end

-- Leaves only what is due when it says so, once.
local function compact(self, heap)
  local ats, ids, kept = heap.at, heap.id, {}
  heap.at, heap.id, heap.n = {}, {}, 0
  for i = 1, #ats do
    local id = ids[i]
    if self.at[id] == ats[i] and not kept[id] then
      kept[id] = true
      push(heap, ats[i], id)
    end
  end
end

-- The first entry that holds: at, id; nil when the heap is empty.
local function top(self, heap)
  while heap.n > 0 do
    local at, id = heap.at[1], heap.id[1]
    if self.at[id] == at then return at, id end
    pop(heap)
  end
end

--- The execution is due at `at`. True when nothing of its revision was due earlier.
function Due:set(id, revision, at)
  local heap = self.heaps[revision]
  if not heap then
    heap = { n = 0, live = 0, at = {}, id = {} }
    self.heaps[revision] = heap
  end
  if not self.at[id] then heap.live = heap.live + 1 end
  self.at[id] = at
  push(heap, at, id)
  if heap.n > 2 * heap.live + COMPACT then compact(self, heap) end
  return heap.at[1] == at
end

--- It is not due any more, whether or not it was.
function Due:clear(id, revision)
  if not self.at[id] then return end
  self.at[id] = nil
  local heap = self.heaps[revision]
  heap.live = heap.live - 1
  if heap.live == 0 then self.heaps[revision] = nil end
end

--- The earliest of those whose revision is not refused: at, id; nil when there is none.
---@param refused table<string, boolean> a set
function Due:first(refused)
  local best_at, best_id
  for revision, heap in pairs(self.heaps) do
    if not refused[revision] then
      local at, id = top(self, heap)
      if at and (not best_at or at < best_at or (at == best_at and id < best_id)) then
        best_at, best_id = at, id
      end
    end
  end
  return best_at, best_id
end

return Due
