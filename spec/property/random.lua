--- A small generator that gives the same sequence under every Lua: the minimal standard one.
local random = {}
random.__index = random

local MODULUS, FACTOR = 2147483647, 16807

function random.new(seed)
  local state = (seed * 7919 + 12345) % MODULUS
  local self = setmetatable({ state = state == 0 and 1 or state }, random)
  for _ = 1, 4 do self:below(2) end
  return self
end

--- An integer in 0 .. n-1.
function random:below(n)
  self.state = (self.state * FACTOR) % MODULUS
  return math.floor(self.state / MODULUS * n)
end

function random:between(low, high) return low + self:below(high - low + 1) end

--- True once in `n`.
function random:once_in(n) return self:below(n) == 0 end

function random:pick(list) return list[1 + self:below(#list)] end

return random
