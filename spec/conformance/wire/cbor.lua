--- CBOR as Lua values, for comparing what the product wrote; on its own, so that it shares no mistake with it.
local core = require "passo.core"

local cbor = {}

local BREAK = {}

local function big_endian(text, at, count)
  local n = 0
  for i = at, at + count - 1 do n = n * 256 + text:byte(i) end
  return n
end

-- A binary float of `exponent_bits` and `mantissa_bits`, given as an integer's high and low parts.
local function float(sign, exponent, mantissa, bias, scale)
  local value
  if exponent == 2 * bias + 1 then value = mantissa == 0 and math.huge or 0 / 0
  elseif exponent == 0 then value = mantissa / scale * 2.0 ^ (1 - bias)
  else value = (1 + mantissa / scale) * 2.0 ^ (exponent - bias) end
  if value ~= value then return "NaN" end
  if value == math.huge then return sign == 1 and "-Infinity" or "Infinity" end
  return sign == 1 and -value or value
end

local function read_float(text, at, size)
  local first, second = text:byte(at, at + 1)
  local sign = first >= 128 and 1 or 0
  if size == 2 then return float(sign, math.floor(first % 128 / 4), first % 4 * 256 + second, 15, 2 ^ 10) end
  if size == 4 then
    return float(sign, first % 128 * 2 + math.floor(second / 128), second % 128 * 65536 + big_endian(text, at + 2, 2),
      127, 2 ^ 23)
  end
  return float(sign, first % 128 * 16 + math.floor(second / 16), second % 16 * 2 ^ 48 + big_endian(text, at + 2, 6),
    1023, 2 ^ 52)
end

local read

local function read_container(text, at, count, is_map)
  local out = setmetatable({}, not is_map and core.array_mt or nil)
  while count ~= 0 do
    local key, value
    key, at = read(text, at)
    if key == BREAK then break end
    if is_map then
      value, at = read(text, at)
      out[key] = value
    else
      out[#out + 1] = key
    end
    count = count and count - 1
  end
  return out, at
end

local function read_chunks(text, at)
  local out = {}
  while true do
    local chunk
    chunk, at = read(text, at)
    if chunk == BREAK then return table.concat(out), at end
    out[#out + 1] = chunk
  end
end

local SIMPLE = { [20] = false, [21] = true, [22] = core.null, [23] = core.null, [31] = BREAK }

function read(text, at)
  local initial = text:byte(at) or error("CBOR is cut off")
  local major, info = math.floor(initial / 32), initial % 32
  at = at + 1
  if major == 7 then
    if SIMPLE[info] ~= nil then return SIMPLE[info], at end
    local size = 2 ^ (info - 24)
    return read_float(text, at, size), at + size
  end
  local n = info
  if info == 31 then n = nil
  elseif info >= 24 then
    local size = math.floor(2 ^ (info - 24))
    n, at = big_endian(text, at, size), at + size
  end
  if major == 0 then return n, at end
  if major == 1 then return -1 - n, at end
  if major == 2 or major == 3 then
    if not n then return read_chunks(text, at) end
    return text:sub(at, at + n - 1), at + n
  end
  if major == 6 then
    local value
    value, at = read(text, at)
    return setmetatable({ tag = n, value = value }, nil), at
  end
  return read_container(text, at, n, major == 5)
end

--- The value of one data item.
function cbor.decode(text)
  local value, at = read(text, 1)
  if at ~= #text + 1 then error("something behind the CBOR item") end
  return value
end

return cbor
