--- The documents of the memory store: small texts by kind and key, in lists ordered by (sort, key).
local documents = {}

-- Absent before numbers before texts.
local RANK = { ["nil"] = 0, number = 1, string = 2 }

local function before(a_sort, a_key, b_sort, b_key)
  local a_rank, b_rank = RANK[type(a_sort)], RANK[type(b_sort)]
  if a_rank ~= b_rank then return a_rank < b_rank end
  if a_sort ~= b_sort then return a_sort < b_sort end
  return a_key < b_key
end

-- The first position whose document does not come before (sort, key).
local function position(list, sort, key)
  local low, high = 1, #list + 1
  while low < high do
    local middle = (low + high - (low + high) % 2) / 2
    local document = list[middle]
    if before(document.sort, document.key, sort, key) then low = middle + 1 else high = middle end
  end
  return low
end

local function list_for(kind, parent)
  if not parent then return kind.all end
  local list = kind.children[parent]
  if not list then
    list = {}
    kind.children[parent] = list
  end
  return list
end

local function unlist(list, document)
  table.remove(list, position(list, document.sort, document.key))
end

local function take_out(kind, document)
  kind.by_key[document.key] = nil
  unlist(kind.all, document)
  if document.parent then
    local list = list_for(kind, document.parent)
    unlist(list, document)
    if #list == 0 then kind.children[document.parent] = nil end
  end
end

local function put_in(kind, document)
  kind.by_key[document.key] = document
  table.insert(kind.all, position(kind.all, document.sort, document.key), document)
  if document.parent then
    local list = list_for(kind, document.parent)
    table.insert(list, position(list, document.sort, document.key), document)
  end
end

local function kind_of(self, name)
  local kind = self.kinds[name]
  if not kind then
    kind = { by_key = {}, all = {}, children = {} }
    self.kinds[name] = kind
  end
  return kind
end

local function copy(document)
  return {
    key = document.key, body = document.body, revision = document.revision,
    parent = document.parent, sort = document.sort,
  }
end

-- A cursor names the last document answered: the list may change before and after it.
local function cursor_of(document)
  local sort = document.sort
  local text = sort == nil and "" or type(sort) == "number" and ("%.17g"):format(sort) or sort
  return ("%d:%d:%s%s"):format(RANK[type(sort)], #text, text, document.key)
end

local function read_cursor(cursor)
  local rank, length, rest = cursor:match "^([012]):(%d+):(.*)$"
  if not rank then return nil end
  length = tonumber(length)
  local text, key = rest:sub(1, length), rest:sub(length + 1)
  if rank == "0" then return true, nil, key end
  if rank == "1" then return true, tonumber(text), key end
  return true, text, key
end

local function starts(text, prefix)
  return not prefix or text:sub(1, #prefix) == prefix
end

local function conflict(index, message, code)
  return nil, message, { code = code, index = index }
end

-- Whether all expectations hold, each against what the writes before it leave.
local function check(self, writes)
  local revisions = {}
  for i, write in ipairs(writes) do
    local name = write.kind .. "\0" .. write.key
    local held = self.kinds[write.kind] and self.kinds[write.kind].by_key[write.key]
    local revision = revisions[name] or (held and held.revision) or 0
    local expect = write.expect
    if expect and expect ~= revision then
      if expect == 0 then
        return conflict(i, ("%s %s exists already"):format(write.kind, write.key), "EEXISTS")
      end
      return conflict(i, ("%s %s was changed meanwhile"):format(write.kind, write.key), "ECONFLICT")
    end
    revisions[name] = write.body and -1 or 0
  end
  return true
end

--- Adds the functions to a store's class.
function documents.install(Store)
  function Store:get(kind, key)
    local held = self.kinds[kind] and self.kinds[kind].by_key[key]
    return held and copy(held)
  end

  function Store:write(writes)
    local ok, message, failure = check(self, writes)
    if not ok then return nil, message, failure end
    local out = {}
    for i, write in ipairs(writes) do
      local kind = kind_of(self, write.kind)
      local held = kind.by_key[write.key]
      if held then take_out(kind, held) end
      out[i] = 0
      if write.body then
        self.revision = self.revision + 1
        out[i] = self.revision
        put_in(kind, {
          key = write.key, body = write.body, revision = self.revision, parent = write.parent, sort = write.sort,
        })
      end
    end
    return out
  end

  function Store:list_documents(kind_name, options)
    options = options or {}
    local kind = self.kinds[kind_name]
    local list = kind and (options.parent and kind.children[options.parent] or not options.parent and kind.all) or {}
    local reverse, limit = options.reverse, options.limit or math.huge
    local first = reverse and #list or 1
    if options.after then
      local ok, sort, key = read_cursor(options.after)
      if not ok then return nil, "the cursor is none of this store's", { code = "EINPUT" } end
      first = position(list, sort, key)
      local at = list[first]
      if reverse then
        first = first - 1
      elseif at and at.key == key and at.sort == sort then
        first = first + 1
      end
    end
    local out = {}
    for i = first, reverse and 1 or #list, reverse and -1 or 1 do
      local document = list[i]
      if starts(document.key, options.prefix) then
        if #out == limit then return out, cursor_of(out[limit]) end
        out[#out + 1] = copy(document)
      end
    end
    return out
  end
end

return documents
