--- Base 64, for reading the bytes of a case.
local base64 = {}

local DIGITS = {}
for i = 1, 64 do
  DIGITS[("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):byte(i)] = i - 1
end

--- What is outside the alphabet is passed over.
function base64.decode(text)
  local out, bits, held = {}, 0, 0
  for i = 1, #text do
    local digit = DIGITS[text:byte(i)]
    if digit then
      held, bits = held * 64 + digit, bits + 6
      if bits >= 8 then
        bits = bits - 8
        local byte = math.floor(held / 2 ^ bits)
        held = held - byte * 2 ^ bits
        out[#out + 1] = string.char(byte)
      end
    end
  end
  return table.concat(out)
end

return base64
