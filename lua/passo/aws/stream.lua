--- Bodies in pieces: what a call sends from a function or a file, and what it gives to a sink.
local stream = {}

local function refuse(message)
  return nil, message, { code = "EINPUT", message = message }
end

-- bodies that are sent -----------------------------------------------------------------------------

local Body = {}
Body.__index = Body

--- What the transport is given for an attempt.
function Body:open()
  if self.kind == "file" then
    self.file:seek("set", self.from)
    return self.file
  elseif self.kind == "path" then
    return self.source
  end
  return function()
    self.begun = true
    return self.source()
  end
end

--- Whether another attempt can send the same bytes.
function Body:rewind()
  return self.kind ~= "function" or not self.begun
end

local function length_of_file(file)
  local from = file:seek "cur"
  local size = from and file:seek "end"
  if not size then return nil end
  file:seek("set", from)
  return size - from, from
end

local function length_of_path(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local length = file:seek "end"
  file:close()
  return length, ("%s: not a file"):format(path)
end

-- The body that `given` means; nil without message: it is none in pieces.
local function new_body(given, known)
  local kind = io.type(given)
  if kind == "closed file" then
    return nil, "the file is closed"
  elseif kind then
    local length, from = length_of_file(given)
    if not length then
      return setmetatable({ kind = "function", source = function() return given:read(65536) end, length = known }, Body)
    end
    return setmetatable({ kind = "file", file = given, from = from, length = known or length }, Body)
  elseif type(given) == "function" then
    return setmetatable({ kind = "function", source = given, length = known }, Body)
  elseif type(given) == "table" and type(given.path) == "string" and next(given, next(given)) == nil then
    local length, message = length_of_path(given.path)
    if not length then return nil, message end
    return setmetatable({ kind = "path", source = given, length = known or length }, Body)
  end
end

-- Services that take no body without its digest get it whole.
local function gather(body)
  local pieces = {}
  local opened = body:open()
  if type(opened) == "table" then opened = assert(io.open(opened.path, "rb")) end
  local read = type(opened) == "function" and opened or function() return opened:read(65536) end
  for piece in read do pieces[#pieces + 1] = piece end
  if body.kind == "path" then opened:close() end
  return table.concat(pieces)
end

local function without(params, name)
  local out = {}
  for key, value in pairs(params) do out[key] = value end
  out[name] = nil
  return out
end

local function prepare_body(call)
  local name, params, options = call.op.facts.streaming_input, call.params, call.options
  if not name or type(params) ~= "table" or params[name] == nil or type(params[name]) == "string" then return true end
  local length = options and options.length or params.ContentLength or params.contentLength
  local body, message = new_body(params[name], length)
  if message then return refuse(("%s: %s"):format(name, message)) end
  if not body then return true end
  local is_s3 = call.op.service.id == "S3"
  if not is_s3 and not call.op.facts.unsigned_body then
    call.params = without(params, name)
    call.params[name] = gather(body)
    return true
  elseif not body.length then
    return refuse(("%s: how many bytes the function will give is needed: ContentLength, or the call's option length")
      :format(name))
  end
  call.params = without(params, name)
  if is_s3 and call.params.ContentLength == nil then call.params.ContentLength = body.length end
  call.body = body
  call.write_options = call.write_options or {}
  call.write_options.streamed = true
  return true
end

-- bodies that are read -----------------------------------------------------------------------------

-- A sink that has had something cannot be begun again.
local function new_sink(given)
  local sink = { touched = false }
  function sink.write(piece)
    sink.touched = true
    if type(given) == "function" then return given(piece) end
    return given:write(piece)
  end
  return sink
end

--- Looks for what comes or goes in pieces. True; nil, message, failure.
function stream.prepare(call)
  local options = call.options
  local given = options and options.sink
  if given then
    if not call.op.facts.streaming_output then
      return refuse "sink: the operation's reply does not come in pieces"
    elseif type(given) == "string" or (type(given) ~= "function" and not given.write) then
      return refuse "sink: a function or an open file is expected"
    end
    call.sink, call.read_options = new_sink(given), { streamed = true }
  end
  return prepare_body(call)
end

return stream
