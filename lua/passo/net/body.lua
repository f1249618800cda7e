--- Bodies that come in pieces: from a function, an open file, or a file by its name.
local body = {}

local PIECE = 65536

-- Length from where the file stands now to its end; nil for what cannot seek.
local function left_in(file)
  local at = file:seek "cur"
  local size = at and file:seek "end"
  if not size then return nil end
  file:seek("set", at)
  return size - at
end

local function pieces_of(file, closes)
  return function()
    local piece, message = file:read(PIECE)
    if not piece and closes then file:close() end
    return piece, message
  end
end

local function length_in(headers)
  local text = headers and ("\n" .. headers):match "\n[Cc][Oo][Nn][Tt][Ee][Nn][Tt]%-[Ll][Ee][Nn][Gg][Tt][Hh]:%s*(%d+)"
  return text and tonumber(text)
end

--- A function that gives the pieces, and their length when it is known; nil, message for a file that cannot be read.
---@param source function|file*|{path: string}
function body.open(source, headers, options)
  local length = options and options.length or length_in(headers)
  if type(source) == "function" then return source, length end
  if type(source) == "table" and source.path then
    local file, message = io.open(source.path, "rb")
    if not file then return nil, message end
    return pieces_of(file, true), length or left_in(file)
  end
  return pieces_of(source, false), length or left_in(source)
end

--- Gives the transfer what it wants now. True; false, message when the source failed or lied about its length.
function body.feed(transfer, state)
  repeat
    local piece, message = state.next()
    if piece == nil and message ~= nil then return false, "the body's source failed: " .. tostring(message) end
    if piece ~= nil and type(piece) ~= "string" then return false, "the body's source gave a " .. type(piece) end
    state.sent = state.sent + (piece and #piece or 0)
    local length = state.length
    if length and (state.sent > length or (not piece and state.sent < length)) then
      return false, ("the body has %s than the %d bytes it was to have"):format(piece and "more" or "fewer", length)
    end
    if not piece then
      state.over = true
      transfer:finish()
      return true
    end
  until piece ~= "" and not transfer:feed(piece)
  return true
end

return body
