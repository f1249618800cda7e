-- graph/order.lua: the order of the points in each layer: sweeps by barycentre, the best of them kept.
local SWEEPS = 10

local function number_layer(layer)
  for i, point in ipairs(layer) do
    point.order = i
  end
end

local function lowest_bit(n)
  local bit = 1
  while n % (bit * 2) == 0 do
    bit = bit * 2
  end
  return bit
end

-- Crossings between a layer and the one below it: inversions, counted in a Fenwick tree.
local function crossings(layer, size_below)
  local ends = {}
  for _, point in ipairs(layer) do
    local mine = {}
    for i, link in ipairs(point.below) do
      mine[i] = link.point.order
    end
    table.sort(mine)
    for _, at in ipairs(mine) do
      ends[#ends + 1] = at
    end
  end
  local tree, total = {}, 0
  for i = 1, size_below do
    tree[i] = 0
  end
  for seen, at in ipairs(ends) do
    local i, not_right = at, 0
    while i > 0 do
      not_right = not_right + tree[i]
      i = i - lowest_bit(i)
    end
    total = total + seen - 1 - not_right
    i = at
    while i <= size_below do
      tree[i] = tree[i] + 1
      i = i + lowest_bit(i)
    end
  end
  return total
end

local function count(layers, last)
  local total = 0
  for rank = 0, last - 1 do
    total = total + crossings(layers[rank], #layers[rank + 1])
  end
  return total
end

local function barycentre(point, side)
  local sum, weight = 0, 0
  for _, link in ipairs(point[side]) do
    sum, weight = sum + link.point.order * link.weight, weight + link.weight
  end
  return weight > 0 and sum / weight or point.order
end

local function sort_layer(layer, side)
  for _, point in ipairs(layer) do
    point.key = barycentre(point, side)
  end
  table.sort(layer, function(a, b)
    if a.key ~= b.key then
      return a.key < b.key
    end
    return a.order < b.order
  end)
  number_layer(layer)
end

local function remember(layers, last)
  local copy = {}
  for rank = 0, last do
    copy[rank] = {}
    for i, point in ipairs(layers[rank]) do
      copy[rank][i] = point
    end
  end
  return copy
end

return function(layers, last)
  for rank = 0, last do
    number_layer(layers[rank])
  end
  local best, least = remember(layers, last), count(layers, last)
  for sweep = 1, SWEEPS do
    if least == 0 then
      break
    end
    if sweep % 2 == 1 then
      for rank = 1, last do
        sort_layer(layers[rank], "above")
      end
    else
      for rank = last - 1, 0, -1 do
        sort_layer(layers[rank], "below")
      end
    end
    local now = count(layers, last)
    if now < least then
      best, least = remember(layers, last), now
    end
  end
  for rank = 0, last do
    layers[rank] = best[rank]
    number_layer(layers[rank])
  end
end
