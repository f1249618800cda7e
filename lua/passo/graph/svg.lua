-- graph/svg.lua: a graph as a stand-alone SVG: no script, no font of its own, no reference to elsewhere.
--
-- What users wrote reaches the file through `escape` only.
local metrics = require "passo.graph.metrics"
local size = require "passo.graph.size"
local text = require "passo.text"

local unpack = table.unpack or unpack

local PAD = size.PAD
local BAR = 7

-- kind = {bar, tint}
local KINDS = {
  Task = { "#2f6fde", "#eef4ff" }, Pass = { "#7a8594", "#f4f5f7" }, Choice = { "#b7791f", "#fff8e8" },
  Wait = { "#7c5cd6", "#f4f0ff" }, Succeed = { "#2b8a4b", "#ecf8f0" }, Fail = { "#c9372c", "#fdeeec" },
  Parallel = { "#0f8390", "#f3fafa" }, Map = { "#0f8390", "#f3fafa" }, Missing = { "#c9372c", "#ffffff" },
}
local OTHER = { "#7a8594", "#f4f5f7" }

-- status = {line, tint, word}
local MARKS = {
  succeeded = { "#2b8a4b", "#e3f5e9", "succeeded" }, caught = { "#c77700", "#fff0d6", "failed, caught" },
  failed = { "#c9372c", "#fde3e0", "failed" }, aborted = { "#6b7280", "#e7e9ed", "cut off" },
  running = { "#2f6fde", "#dfeaff", "running" },
}

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local function escape(s)
  return (text.printable(s):gsub("[&<>\"']", ENTITIES))
end

-- Coordinates with at most one decimal, the same on every Lua.
local function coordinate(v)
  local rounded = math.floor(v * 10 + 0.5)
  return rounded % 10 == 0 and ("%d"):format(rounded / 10) or ("%.1f"):format(rounded / 10)
end

-- Adds a line to `out`; every %s takes a string or a coordinate.
local function put(out, format, ...)
  local values = { ... }
  for i, value in ipairs(values) do
    values[i] = type(value) == "number" and coordinate(value) or value
  end
  out[#out + 1] = format:format(unpack(values))
end

-- Classes of an edge: what STYLE below says about it.
local function edge_class(edge, marked)
  return (edge.kind == "catch" and "e catch" or "e") .. (marked and (edge.taken and " taken" or " idle") or "")
end

local function arrow_of(edge)
  if edge.kind == "catch" then
    return edge.taken and "ac" or "ae"
  end
  return edge.taken and "at" or "an"
end

-- Straight down through the layers, in a curve from one layer to the next.
local function path_data(route, dx, dy)
  local d = {}
  put(d, "M%s %s", route[1].x + dx, route[1].y + dy)
  local drawn_to, at = route[1].y, route[1].to_y or route[1].y
  for i = 2, #route do
    local from_x, point = route[i - 1].x, route[i]
    if math.abs(from_x - point.x) >= 0.5 then
      local middle = (at + point.y) / 2 + dy
      if at ~= drawn_to then
        put(d, "V%s", at + dy)
      end
      put(d, "C%s %s %s %s %s %s", from_x + dx, middle, point.x + dx, middle, point.x + dx, point.y + dy)
      drawn_to = point.y
    end
    at = point.to_y or point.y
  end
  if at ~= drawn_to then
    put(d, "V%s", at + dy)
  end
  return table.concat(d)
end

local function draw_edge(out, edge, dx, dy, marked)
  local words = edge.from.name .. " → " .. edge.to.name .. (edge.label and ": " .. edge.label or "")
  local head = edge.joins and "" or (' marker-end="url(#%s)"'):format(arrow_of(edge))
  put(out, '<path class="%s"%s d="%s"><title>%s</title></path>', edge_class(edge, marked), head,
    path_data(edge.route, dx, dy), escape(words))
end

local function draw_label(out, edge, dx, dy, marked)
  if not edge.words or not edge.label_x then
    return
  end
  local x, y, w = edge.label_x + dx, edge.label_y + dy, edge.label_w
  local class = (edge.kind == "catch" and "label catch" or "label") .. (marked and not edge.taken and " idle" or "")
  put(out, '<g class="%s"><title>%s</title>', class, escape(edge.label))
  put(out, '<rect x="%s" y="%s" width="%s" height="15" rx="3"/>', x - w / 2, y - 7.5, w)
  put(out, '<text x="%s" y="%s">%s</text></g>', x, y + 3.7, escape(edge.words))
end

-- An edge from a state to itself stands at its right side.
local function draw_loop(out, node, right, middle, marked)
  local edge, far = node.loop, right + 34
  put(out, '<path class="%s" marker-end="url(#%s)" d="M%s %sC%s %s %s %s %s %s"/>', edge_class(edge, marked),
    arrow_of(edge), right, middle + 8, far, middle + 16, far, middle - 16, right, middle - 8)
  if edge.words then
    put(out, '<text class="side" x="%s" y="%s">%s</text>', right + 30, middle + 4, escape(edge.words))
  end
end

local function draw_hexagon(out, x, y, w, h, line, tint)
  local right, bottom, middle = x + w, y + h, y + h / 2
  put(out, '<path class="box" fill="%s" stroke="%s" d="M%s %sH%sL%s %sL%s %sH%sL%s %sZ"/>', tint, line, x + 12, y,
    right - 12, right, middle, right - 12, bottom, x + 12, x, middle)
end

local function draw_box(out, x, y, w, h, round, line, tint, more)
  put(out, '<rect class="box" fill="%s" stroke="%s" x="%s" y="%s" width="%s" height="%s" rx="%s"%s/>', tint, line, x, y,
    w, h, round, more or "")
end

local function draw_shape(out, node, x, y, line, tint)
  local w, h, kind = node.shape_w, node.h, node.kind
  if kind == "Choice" then
    draw_hexagon(out, x, y, w, h, line, tint)
  elseif kind == "Succeed" or kind == "Fail" then
    draw_box(out, x, y, w, h, 20, line, tint)
  elseif kind == "Missing" then
    draw_box(out, x, y, w, h, 7, line, tint, ' stroke-dasharray="4 3"')
  else
    if kind == "Map" then
      draw_box(out, x + 5, y + 5, w, h, 7, line, tint)
    end
    draw_box(out, x, y, w, h, 7, line, tint)
    if #node.scopes == 0 then
      local bar = (KINDS[kind] or OTHER)[1]
      put(out, '<path fill="%s" d="M%s %sh-2a5 5 0 0 1-5-5v%sa5 5 0 0 1 5-5h2z"/>', bar, x + BAR, y + h, 10 - h)
    end
  end
end

local function draw_words(out, node, x, y)
  put(out, '<text class="kind" x="%s" y="%s">%s</text>', x, y + 17, escape(node.caption))
  for i, line in ipairs(node.lines) do
    put(out, '<text class="name" x="%s" y="%s">%s</text>', x, y + 17 + 17 * i, escape(line))
  end
end

-- How often a state was entered, at its upper right corner.
local function draw_badge(out, times, x, y, colour)
  local words = "×" .. times
  local w = metrics.width(words, 10.5) + 10
  put(out, '<rect fill="%s" x="%s" y="%s" width="%s" height="15" rx="7.5"/>', colour, x - w + 5, y - 7, w)
  put(out, '<text class="badge" x="%s" y="%s">%s</text>', x - w / 2 + 5, y + 4, words)
end

local draw_scope

local function draw_branches(out, node, x, y, marked)
  if #node.scopes == 0 then
    return
  end
  local left = x + (node.shape_w - node.inner_w) / 2
  local top, h = y + node.head, node.h - node.head - PAD
  for _, scope in ipairs(node.scopes) do
    local w = scope.w + 2 * PAD
    put(out, '<rect class="branch" x="%s" y="%s" width="%s" height="%s" rx="6"/>', left, top, w, h)
    draw_scope(out, scope, left + PAD, top + PAD, marked)
    left = left + w + PAD
  end
end

local function tooltip(node, mark)
  local words = { node.name .. " (" .. node.kind .. (node.detail and ", " .. node.detail or "") .. ")" }
  words[#words + 1] = node.comment
  if mark then
    local times = node.mark.times
    words[#words + 1] = ("%s, entered %d time%s"):format(mark[3], times, times == 1 and "" or "s")
  end
  return table.concat(words, " — ")
end

-- Start and End.
local function draw_dot(out, node, x, y, mark)
  local start = node.kind == "Start"
  local style = mark and (' style="%s:%s"'):format(start and "fill" or "stroke", mark[1]) or ""
  put(out, '<g id="%s"><title>%s</title><circle class="%s" cx="%s" cy="%s" r="%s"%s/></g>', node.id, node.kind,
    start and "start" or "stop", x + 12, y + 12, start and 9 or 8, style)
end

local function draw_node(out, node, dx, dy, marked)
  local x, y = node.x + dx, node.y + dy
  local mark = node.mark and MARKS[node.mark.status]
  if node.kind == "Start" or node.kind == "End" then
    draw_dot(out, node, x, y, mark)
    return
  end
  x = x + (node.w - node.shape_w) / 2
  local colours = mark or KINDS[node.kind] or OTHER
  local class = "state " .. (mark and node.mark.status or marked and "idle" or "plain")
  put(out, '<g class="%s" id="%s"><title>%s</title>', class, node.id, escape(tooltip(node, mark)))
  draw_shape(out, node, x, y, colours[1], colours[2])
  draw_words(out, node, x + node.shape_w / 2, y)
  if mark and node.mark.times > 1 then
    draw_badge(out, node.mark.times, x + node.shape_w, y, mark[1])
  end
  draw_branches(out, node, x, y, marked)
  if node.loop then
    draw_loop(out, node, x + node.shape_w, y + node.h / 2, marked)
  end
  out[#out + 1] = "</g>"
end

function draw_scope(out, scope, dx, dy, marked)
  for _, node in ipairs(scope.nodes) do
    draw_node(out, node, dx, dy, marked)
  end
  -- What was taken lies on top.
  for _, taken in ipairs { false, true } do
    for _, edge in ipairs(scope.laid) do
      if (edge.taken or false) == taken then
        draw_edge(out, edge, dx, dy, marked)
      end
    end
  end
  for _, edge in ipairs(scope.laid) do
    draw_label(out, edge, dx, dy, marked)
  end
end

local STYLE = [[
text{font-family:"Segoe UI",Helvetica,Arial,"Noto Sans",sans-serif;text-anchor:middle;fill:#1f2933}
.name{font-size:13.5px;font-weight:600}.kind{font-size:10.5px;fill:#52606d}
.box{stroke-width:1.2}.branch{fill:#fff;stroke:#9fb3b8;stroke-dasharray:4 3}
.e{fill:none;stroke:#66727f;stroke-width:1.3}.catch.e{stroke:#c9372c;stroke-dasharray:5 3}
.e.idle{stroke:#c3cad2}.catch.e.idle{stroke:#ecc2be}.e.taken{stroke:#2b8a4b;stroke-width:2.6}
.catch.e.taken{stroke:#c77700;stroke-width:2.6}
.label rect{fill:#fff;fill-opacity:.86}.label text,.side{font-size:10.5px;fill:#3e4c59}.label.catch text{fill:#a8271d}
.side{text-anchor:start}.label.idle text{fill:#9aa5b1}
.state.idle>.box{stroke-opacity:.45;fill-opacity:.4}.state.idle>text{fill:#9aa5b1}.state.idle>path{opacity:.45}
.succeeded>.box,.caught>.box,.failed>.box,.running>.box,.aborted>.box{stroke-width:2.2}
.start{fill:#3e4c59}.stop{fill:#fff;stroke:#3e4c59;stroke-width:4.5}
.badge{font-size:10.5px;font-weight:600;fill:#fff}.legend{font-size:11px;text-anchor:start}]]

local function arrow(out, id, colour)
  put(out, '<marker id="%s" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" '
    .. 'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 .6L8 4L0 7.4z" fill="%s"/></marker>', id, colour)
end

local LEGEND = { "succeeded", "caught", "failed", "aborted", "running" }

-- Only the statuses that occur; returns its width.
local function draw_legend(out, graph, y)
  local used, x = {}, PAD
  for _, node in ipairs(graph.nodes) do
    if node.mark then
      used[node.mark.status] = true
    end
  end
  for _, status in ipairs(LEGEND) do
    if used[status] then
      local mark = MARKS[status]
      put(out, '<rect x="%s" y="%s" width="14" height="10" rx="2" fill="%s" stroke="%s"/>', x, y, mark[2], mark[1])
      put(out, '<text class="legend" x="%s" y="%s">%s</text>', x + 20, y + 9, mark[3])
      x = x + 20 + metrics.width(mark[3], 11) + 18
    end
  end
  return x
end

--- The graph (graph/model.lua, marked or not by graph/path.lua) as SVG text.
return function(graph)
  local scope = size.with_ends(graph.top)
  size.measure(scope)
  local body = {}
  draw_scope(body, scope, PAD, PAD, graph.marked)
  local height, legend_w = scope.h + 2 * PAD + 8, 0
  if graph.marked then
    legend_w = draw_legend(body, graph, height)
    height = height + 24
  end
  local width = math.max(scope.w + 2 * PAD + 8, legend_w)
  local out = {}
  put(out, '<svg xmlns="http://www.w3.org/2000/svg" role="img" width="%s" height="%s" viewBox="0 0 %s %s">',
    width, height, width, height)
  put(out, "<title>%s</title>", escape(graph.comment or "State machine"))
  out[#out + 1] = "<style>" .. STYLE .. "</style>"
  out[#out + 1] = "<defs>"
  arrow(out, "an", "#66727f")
  arrow(out, "ae", "#c9372c")
  arrow(out, "at", "#2b8a4b")
  arrow(out, "ac", "#c77700")
  out[#out + 1] = "</defs>"
  put(out, '<rect width="%s" height="%s" fill="#fff"/>', width, height)
  for _, line in ipairs(body) do
    out[#out + 1] = line
  end
  out[#out + 1] = "</svg>"
  return table.concat(out, "\n") .. "\n"
end
