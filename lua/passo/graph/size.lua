-- graph/size.lua: how large each state's box is, and where it stands: what SVG drawing starts from.
--
-- Every branch of a Parallel and the processor of a Map is laid out by itself and then stands in the outer
-- layout as one box.
local layout = require "passo.graph.layout"
local metrics = require "passo.graph.metrics"
local text = require "passo.text"

local size = { PAD = 16 }

local PAD, HEAD = size.PAD, 40
local LABEL_COLUMNS = 40

local measure_scope

local function measure_node(node)
  if node.kind == "Start" or node.kind == "End" then
    node.w, node.h = 24, 24
    return
  end
  node.lines = text.wrap(text.printable(node.name), #node.scopes > 0 and 44 or 26, 3)
  node.caption = text.clip(text.printable(node.kind .. (node.detail and " · " .. node.detail or "")), 38)
  local width = metrics.width(node.caption, 10.5)
  for _, line in ipairs(node.lines) do
    width = math.max(width, metrics.width(line, 13.5, true))
  end
  node.w, node.h = math.max(110, math.ceil(width) + 34), 30 + 17 * #node.lines
  node.shape_w = node.w
  if #node.scopes > 0 then
    local inner_w, inner_h = 0, 0
    for i, scope in ipairs(node.scopes) do
      measure_scope(scope)
      inner_w, inner_h = inner_w + scope.w + 2 * PAD + (i > 1 and PAD or 0), math.max(inner_h, scope.h)
    end
    node.inner_w = inner_w
    node.head = HEAD - 17 + 17 * #node.lines
    node.w = math.max(node.w, inner_w + 2 * PAD)
    node.h = node.head + inner_h + 3 * PAD
    node.shape_w = node.w
  end
  if node.loop then
    local label = node.loop.words and metrics.width(node.loop.words, 10.5) or 0
    node.w = node.w + 2 * (34 + math.ceil(label))
  end
end

local WEIGHTS = { next = 12, choice = 2, default = 2, catch = 0.4, finish = 1, start = 12 }

function measure_scope(scope)
  local edges = {}
  for _, edge in ipairs(scope.edges) do
    edge.words = edge.label and text.clip(edge.label, LABEL_COLUMNS)
    if edge.from == edge.to then
      edge.from.loop = edge
    else
      edges[#edges + 1] = edge
    end
  end
  for _, node in ipairs(scope.nodes) do
    measure_node(node)
  end
  for _, edge in ipairs(edges) do
    edge.weight, edge.group = WEIGHTS[edge.kind], edge.kind .. (edge.taken and "!" or "")
    edge.label_w = edge.words and math.ceil(metrics.width(edge.words, 10.5)) + 10 or 0
    edge.label_h = edge.words and 15 or 0
  end
  scope.laid = edges
  scope.w, scope.h = layout.run(scope.nodes, edges)
end

--- A scope like `scope` with a Start and an End.
--
-- They stand in the outermost scope only; inside, the highest state is the first.
function size.with_ends(scope)
  local start = { id = "start", name = "Start", kind = "Start", scopes = {}, mark = scope.entered
    and { status = "succeeded" } }
  local finish = { id = "end", name = "End", kind = "End", scopes = {} }
  local edges, nodes = {}, {}
  if scope.start then
    nodes[1] = start
    edges[1] = { from = start, to = scope.start, kind = "start", taken = scope.entered }
  end
  for _, node in ipairs(scope.nodes) do
    nodes[#nodes + 1] = node
  end
  for _, edge in ipairs(scope.edges) do
    edges[#edges + 1] = edge
  end
  for _, node in ipairs(scope.nodes) do
    if node.ends then
      local leaves = true
      for _, edge in ipairs(scope.edges) do
        leaves = leaves and not (edge.from == node and edge.taken)
      end
      local taken = leaves and node.mark ~= nil and (node.mark.status == "succeeded")
      edges[#edges + 1] = { from = node, to = finish, kind = "finish", taken = taken }
      if taken then
        finish.mark = { status = "succeeded" }
      end
    end
  end
  if #edges > 0 and edges[#edges].to == finish then
    nodes[#nodes + 1] = finish
  end
  return { nodes = nodes, edges = edges, entered = scope.entered }
end

size.measure = measure_scope

return size
