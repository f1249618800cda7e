-- graph/place.lua: coordinates. Across: each point near its neighbours, none overlapping, by repeated least
-- squares per layer. Down: a layer is as high as its highest box. Routes: way points and ports.
local place = {}

local GAP_X, GAP_WAY, GAP_Y = 34, 14, 15
-- Sweeps that look one way, and sweeps that look both ways: these straighten long chains, slowly.
local ONE_WAY, BOTH_WAYS = 24, 60

local function gap(a, b)
  local between = (a.way and b.way) and GAP_WAY or (a.way or b.way) and (GAP_X + GAP_WAY) / 2 or GAP_X
  return a.w / 2 + b.w / 2 + between
end

-- Moves the points of one layer as near to their wishes as the gaps allow (pool adjacent violators: blocks of
-- points that would overlap move as one, to the weighted mean of their wishes).
local function settle(layer)
  local blocks, offset = {}, 0
  for i, point in ipairs(layer) do
    if i > 1 then
      offset = offset + gap(layer[i - 1], point)
    end
    point.offset = offset
    local block = { sum = (point.wish - offset) * point.pull, weight = point.pull, first = i }
    while #blocks > 0 and blocks[#blocks].sum / blocks[#blocks].weight >= block.sum / block.weight do
      local left = table.remove(blocks)
      block = { sum = left.sum + block.sum, weight = left.weight + block.weight, first = left.first }
    end
    blocks[#blocks + 1] = block
  end
  for b, block in ipairs(blocks) do
    local base = block.sum / block.weight
    for i = block.first, (blocks[b + 1] and blocks[b + 1].first or #layer + 1) - 1 do
      layer[i].cx = base + layer[i].offset
    end
  end
end

local function pull_to(layer, sides)
  for _, point in ipairs(layer) do
    local sum, weight = 0, 0
    for _, side in ipairs(sides) do
      for _, link in ipairs(point[side]) do
        sum, weight = sum + link.point.cx * link.weight, weight + link.weight
      end
    end
    point.wish = weight > 0 and sum / weight or point.cx
    point.pull = math.max(weight, 0.01)
  end
  settle(layer)
end

--- Fills in cx (the middle) and x of every point; returns the whole width.
function place.across(layers, last)
  for rank = 0, last do
    local x = 0
    for i, point in ipairs(layers[rank]) do
      x = i == 1 and point.w / 2 or x + gap(layers[rank][i - 1], point)
      point.cx = x
    end
  end
  for sweep = 1, ONE_WAY + BOTH_WAYS do
    local ending = sweep > ONE_WAY
    for i = 0, last do
      local rank = sweep % 2 == 1 and i or last - i
      pull_to(layers[rank], ending and { "above", "below" } or { sweep % 2 == 1 and "above" or "below" })
    end
  end
  local left, right = math.huge, -math.huge
  for rank = 0, last do
    for _, point in ipairs(layers[rank]) do
      left, right = math.min(left, point.cx - point.w / 2), math.max(right, point.cx + point.w / 2)
    end
  end
  for rank = 0, last do
    for _, point in ipairs(layers[rank]) do
      point.cx = math.floor(point.cx - left + 0.5)
      point.x = point.cx - point.w / 2
    end
  end
  return math.ceil(right - left)
end

--- Fills in y (top) of boxes, and top and bottom of their layers on way points; returns the whole height.
function place.down(layers, last)
  local y = 0
  for rank = 0, last do
    local high = 0
    for _, point in ipairs(layers[rank]) do
      high = math.max(high, point.h)
    end
    for _, point in ipairs(layers[rank]) do
      point.top, point.bottom = y, y + high
      point.y = point.way and y + (high - point.h) / 2 or y
    end
    y = y + high + (rank < last and GAP_Y or 0)
  end
  return y
end

-- Where an edge touches its boxes: the middle for the main way, further out for the others.
local function set_ports(edges)
  local leaving = {}
  for _, edge in ipairs(edges) do
    local list = leaving[edge.from] or {}
    leaving[edge.from] = list
    list[#list + 1] = edge
  end
  for box, list in pairs(leaving) do
    local sides = { up = {}, down = {} }
    for _, edge in ipairs(list) do
      table.insert(sides[edge.reversed and "up" or "down"], edge)
    end
    for side, fan in pairs(sides) do
      table.sort(fan, function(a, b)
        if a.points[2].cx ~= b.points[2].cx then
          return a.points[2].cx < b.points[2].cx
        end
        return a.number < b.number
      end)
      local main = 1
      for i, edge in ipairs(fan) do
        if edge.weight > fan[main].weight then
          main = i
        end
      end
      local step = math.min(22, box.w * 0.8 / math.max(1, #fan))
      for i, edge in ipairs(fan) do
        local alone = side == "up" and #fan == 1
        local shift = fan[main].weight > 1 and i - main or i - (#fan + 1) / 2
        local bend = edge.points[2].cx > box.cx and 1 or -1
        edge.leave_x = box.cx + (alone and bend * box.w / 4 or shift * step)
        edge.leave_x = math.max(box.cx - box.w * 0.42, math.min(box.cx + box.w * 0.42, edge.leave_x))
      end
    end
  end
end

--- Fills in route and the label's place of every edge.
function place.route(edges)
  for i, edge in ipairs(edges) do
    edge.number = i
  end
  set_ports(edges)
  for _, edge in ipairs(edges) do
    local up = edge.reversed
    local from, to = edge.points[1], edge.points[#edge.points]
    local route = { { x = edge.leave_x, y = up and from.y or from.y + from.h } }
    if not up and from.y + from.h < from.bottom then
      route[1].to_y = from.bottom
    end
    for p = 2, #edge.points - 1 do
      local way = edge.points[p]
      route[#route + 1] = { x = way.cx, y = up and way.bottom or way.top, to_y = up and way.top or way.bottom }
    end
    if edge.joins then
      route[#route + 1] = { x = to.cx, y = up and to.bottom or to.top }
    else
      local bend = up and (edge.points[#edge.points - 1].cx > to.cx and to.w / 4 or -to.w / 4) or 0
      route[#route + 1] = { x = to.cx + bend, y = up and to.bottom or to.y, to_y = up and to.y + to.h or nil }
    end
    edge.route = route
    if edge.label_at then
      edge.label_x, edge.label_y = edge.label_at.cx, edge.label_at.y + edge.label_at.h / 2
    end
  end
end

return place
