-- graph/layout.lua: places boxes in layers and routes the edges between them (Sugiyama's method).
--
-- Generic: knows boxes and edges, nothing of states. The steps: break cycles, give every box a rank, put
-- way points where an edge crosses a rank, order each rank to have few crossings, choose x, then y.
-- Ranks are doubled, so that every edge crosses at least one rank in which its label has a place of its own.
-- Edges of one group with the same end share their way points: twenty catchers to one state are one trunk.
local order_layers = require "passo.graph.order"
local place = require "passo.graph.place"

local layout = {}

-- Way points in all: a definition of thousands of states, each with ways far off, is drawn with some edges
-- straight across rather than not at all.
local MAX_WAYS = 60000
-- How much harder long edges pull to run straight.
local STRAIGHT = 10

-- Depth first from the roots, without recursion (a chain may be thousands long): marks edges that close a
-- cycle as reversed and returns the boxes in topological order of the others.
local function break_cycles(boxes)
  local state, post = {}, {}
  for _, root in ipairs(boxes) do
    if not state[root] then
      local stack = { { box = root, at = 1 } }
      state[root] = "open"
      while #stack > 0 do
        local top = stack[#stack]
        local edge = top.box.out[top.at]
        if not edge then
          state[top.box] = "done"
          post[#post + 1] = top.box
          stack[#stack] = nil
        else
          top.at = top.at + 1
          if state[edge.to] == "open" then
            edge.reversed = true
          elseif not state[edge.to] then
            state[edge.to] = "open"
            stack[#stack + 1] = { box = edge.to, at = 1 }
          end
        end
      end
    end
  end
  local order = {}
  for i = #post, 1, -1 do
    order[#order + 1] = post[i]
  end
  return order
end

local function assign_ranks(order, edges)
  local down = {}
  for _, box in ipairs(order) do
    box.rank = 0
    down[box] = {}
  end
  for _, edge in ipairs(edges) do
    local from, to = edge.from, edge.to
    if edge.reversed then
      from, to = to, from
    end
    table.insert(down[from], to)
  end
  -- Reversed edges may contradict the depth-first order only between ancestor and descendant, where they agree.
  for _, box in ipairs(order) do
    for _, to in ipairs(down[box]) do
      to.rank = math.max(to.rank, box.rank + 2)
    end
  end
end

local function link(upper, lower, weight)
  upper.below[#upper.below + 1] = { point = lower, weight = weight }
  lower.above[#lower.above + 1] = { point = upper, weight = weight }
end

-- Way points: edge.points runs from the box the edge leaves to the one it enters, upwards when it is reversed.
local function make_layers(order, edges)
  local layers, last = {}, 0
  for _, box in ipairs(order) do
    last = math.max(last, box.rank)
  end
  for rank = 0, last do
    layers[rank] = {}
  end
  local function put(point, rank)
    point.rank, point.above, point.below = rank, {}, {}
    layers[rank][#layers[rank] + 1] = point
    return point
  end
  for _, box in ipairs(order) do
    put(box, box.rank)
  end
  local trunks, spent = {}, 0
  for _, edge in ipairs(edges) do
    local step = edge.reversed and -1 or 1
    local first, stop = edge.from.rank + step, edge.to.rank - step
    local shared = trunks[edge.to] or {}
    trunks[edge.to] = shared
    local chain, last_point = { edge.from }, edge.to
    for rank = first, stop, step do
      local key = rank .. edge.group
      local own = rank == first and (edge.label_w > 0 or first ~= stop)
      if not own and shared[key] then
        last_point, edge.joins = shared[key], true
        break
      elseif not own and spent > MAX_WAYS then
        break
      end
      local point = put({ way = true, w = 2, h = 0 }, rank)
      spent = spent + 1
      if own then
        point.w, point.h = math.max(2, edge.label_w), edge.label_h
        edge.label_at = edge.label_w > 0 and point or nil
      else
        shared[key] = point
      end
      chain[#chain + 1] = point
    end
    chain[#chain + 1] = last_point
    for i = 2, #chain do
      local near, far = chain[i - 1], chain[i]
      -- A link over several ranks (beyond MAX_WAYS) would spoil the count of crossings.
      if math.abs(near.rank - far.rank) == 1 then
        local weight = edge.weight * (near.way and far.way and STRAIGHT or 1)
        link(step > 0 and near or far, step > 0 and far or near, weight)
      end
    end
    edge.points = chain
  end
  return layers, last
end


--- Lays out boxes and edges.
--
-- boxes  list of {w, h}; x, y (top left corner) are filled in. The first one is where reading starts.
-- edges  list of {from, to, weight, group, label_w, label_h}; from and to are different boxes. Filled in:
--        route = {{x, y, to_y = straight until there, or nil}, ...} from `from` to `to`, or, when `joins` is set,
--        to where another edge of its group goes on to the same end; label_x, label_y (centre).
-- Returns the width and height of it all.
function layout.run(boxes, edges)
  for _, box in ipairs(boxes) do
    box.out, box.weight = {}, 1
  end
  for _, edge in ipairs(edges) do
    table.insert(edge.from.out, edge)
  end
  local order = break_cycles(boxes)
  assign_ranks(order, edges)
  local layers, last = make_layers(order, edges)
  order_layers(layers, last)
  local width = place.across(layers, last)
  local height = place.down(layers, last)
  place.route(edges)
  return width, height
end

return layout
