-- graph/svg.lua: a graph as a stand-alone SVG: no script, no font of its own, no reference to elsewhere.
--
-- What users wrote reaches the file through `escape` only.
local metrics = require "passo.graph.metrics"
local size = require "passo.graph.size"
local text = require "passo.text"

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

local function put(out, format, ...)
  out[#out + 1] = format:format(...)
end

-- Coordinates with at most one decimal, the same on every Lua.
local function n(v)
  local rounded = math.floor(v * 10 + 0.5)
  return rounded % 10 == 0 and ("%d"):format(rounded / 10) or ("%.1f"):format(rounded / 10)
end

local function draw_edge(out, edge, dx, dy, marked)
  local d = {}
  for i, point in ipairs(edge.route) do
    local x, y = point.x + dx, point.y + dy
    if i == 1 then
      put(d, "M%s %s", n(x), n(y))
    else
      local before = edge.route[i - 1]
      local from_x, from_y = before.x + dx, (before.to_y or before.y) + dy
      if math.abs(from_x - x) < 0.5 then
        put(d, "V%s", n(y))
      else
        local middle = (from_y + y) / 2
        put(d, "C%s %s %s %s %s %s", n(from_x), n(middle), n(x), n(middle), n(x), n(y))
      end
    end
    if point.to_y and point.to_y ~= point.y then
      put(d, "V%s", n(point.to_y + dy))
    end
  end
  local class = (edge.kind == "catch" and "e catch" or "e") .. (marked and (edge.taken and " taken" or " idle") or "")
  local head = edge.taken and (edge.kind == "catch" and "ac" or "at") or (edge.kind == "catch" and "ae" or "an")
  put(out, '<path class="%s" marker-end="url(#%s)" d="%s"><title>%s</title></path>', class, head, table.concat(d),
    escape(edge.from.name .. " → " .. edge.to.name .. (edge.label and "\n" .. edge.label or "")))
end

local function draw_label(out, edge, dx, dy, marked)
  if not edge.words or not edge.label_x then
    return
  end
  local x, y = edge.label_x + dx, edge.label_y + dy
  put(out, '<g class="label%s%s"><title>%s</title><rect x="%s" y="%s" width="%s" height="15" rx="3"/>'
    .. '<text x="%s" y="%s">%s</text></g>', edge.kind == "catch" and " catch" or "", marked and not edge.taken
      and " idle" or "",
    escape(edge.label), n(x - edge.label_w / 2), n(y - 7.5), n(edge.label_w), n(x), n(y + 3.7), escape(edge.words))
end

local function draw_loop(out, node, x, y, marked)
  local edge = node.loop
  local right, middle = x + (node.w + node.shape_w) / 2, y + node.h / 2
  local class = (edge.kind == "catch" and "e catch" or "e") .. (marked and (edge.taken and " taken" or " idle") or "")
  put(out, '<path class="%s" marker-end="url(#%s)" d="M%s %sC%s %s %s %s %s %s"/>', class, edge.taken and "at" or "an",
    n(right), n(middle + 8), n(right + 34), n(middle + 16), n(right + 34), n(middle - 16), n(right), n(middle - 8))
  if edge.label then
    put(out, '<text class="side" x="%s" y="%s">%s</text>', n(right + 30), n(middle + 4), escape(edge.words))
  end
end

local function draw_words(out, node, x, y)
  put(out, '<text class="kind" x="%s" y="%s">%s</text>', n(x), n(y + 17), escape(node.caption))
  for i, line in ipairs(node.lines) do
    put(out, '<text class="name" x="%s" y="%s">%s</text>', n(x), n(y + 17 + 17 * i), escape(line))
  end
end

local draw_scope

local function draw_cluster(out, node, x, y, marked)
  local at = x + (node.shape_w - node.inner_w) / 2
  local high = node.h - node.head - PAD
  for _, scope in ipairs(node.scopes) do
    local wide = scope.w + 2 * PAD
    put(out, '<rect class="branch" x="%s" y="%s" width="%s" height="%s" rx="6"/>', n(at), n(y + node.head), n(wide),
      n(high))
    draw_scope(out, scope, at + PAD, y + node.head + PAD, marked)
    at = at + wide + PAD
  end
end

local function draw_shape(out, node, x, y, w, h, line, tint)
  if node.kind == "Choice" then
    put(out, '<path class="box" fill="%s" stroke="%s" d="M%s %sH%sL%s %sL%s %sH%sL%s %sZ"/>', tint, line, n(x + 12),
      n(y),
      n(x + w - 12), n(x + w), n(y + h / 2), n(x + w - 12), n(y + h), n(x + 12), n(x), n(y + h / 2))
    return
  end
  if node.kind == "Map" then
    put(out, '<rect class="box" fill="%s" stroke="%s" x="%s" y="%s" width="%s" height="%s" rx="7"/>', tint, line,
      n(x + 5), n(y + 5),
      n(w), n(h), 7)
  end
  local round = (node.kind == "Succeed" or node.kind == "Fail") and 20 or 7
  put(out, '<rect class="box" fill="%s" stroke="%s" x="%s" y="%s" width="%s" height="%s" rx="%d"%s/>', tint, line,
    n(x), n(y), n(w),
    n(h), round, node.kind == "Missing" and ' stroke-dasharray="4 3"' or "")
  if round == 7 and node.kind ~= "Missing" and #node.scopes == 0 then
    put(out, '<path fill="%s" d="M%s %sh-2a5 5 0 0 1-5-5v%sa5 5 0 0 1 5-5h2z"/>', (KINDS[node.kind] or OTHER)[1],
      n(x + BAR), n(y + h),
      n(-(h - 10)))
  end
end

local function draw_node(out, node, dx, dy, marked)
  local x, y = node.x + dx + (node.w - (node.shape_w or node.w)) / 2, node.y + dy
  local mark = node.mark and MARKS[node.mark.status]
  put(out, '<g class="state%s" id="%s">', marked and not node.mark and " idle" or "", node.id)
  if node.kind == "Start" or node.kind == "End" then
    put(out, '<title>%s</title><circle class="%s" cx="%s" cy="%s" r="%d"%s/>', node.kind, node.kind == "Start"
      and "start" or "stop",
      n(x + 12), n(y + 12), node.kind == "Start" and 9 or 8, mark
        and (' style="%s:%s"'):format(node.kind == "Start" and "fill" or "stroke", mark[1]) or "")
    out[#out + 1] = "</g>"
    return
  end
  local w, h = node.shape_w, node.h
  local colours = KINDS[node.kind] or OTHER
  local times = node.mark and node.mark.times
  local words = { node.name .. " (" .. node.kind .. (node.detail and ", " .. node.detail or "") .. ")", node.comment,
    node.mark and ("%s, entered %d time%s"):format(mark[3], times, times == 1 and "" or "s") }
  local title = {}
  for i = 1, 3 do
    title[#title + 1] = words[i]
  end
  put(out, "<title>%s</title>", escape(table.concat(title, " — ")))
  if mark then
    out[#out] = out[#out] .. ('<g class="%s">'):format(node.mark.status)
  end
  draw_shape(out, node, x, y, w, h, mark and mark[1] or colours[1], mark and mark[2] or colours[2])
  draw_words(out, node, x + w / 2, y)
  if times and times > 1 then
    local badge = "×" .. times
    local wide = metrics.width(badge, 10.5) + 10
    put(out, '<rect fill="%s" x="%s" y="%s" width="%s" height="15" rx="7.5"/><text class="badge" x="%s" y="%s">%s</text>', mark[1],
      n(x + w - wide + 5), n(y - 7), n(wide), n(x + w - wide / 2 + 5), n(y + 4), badge)
  end
  if #node.scopes > 0 then
    draw_cluster(out, node, x, y, marked)
  end
  if mark then
    out[#out + 1] = "</g>"
  end
  if node.loop then
    draw_loop(out, node, node.x + dx, y, marked)
  end
  out[#out + 1] = "</g>"
end

function draw_scope(out, scope, dx, dy, marked)
  for _, node in ipairs(scope.nodes) do
    draw_node(out, node, dx, dy, marked)
  end
  for pass = 1, 2 do
    for _, edge in ipairs(scope.laid) do
      if (pass == 2) == (edge.taken or false) then
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
  put(out, '<marker id="%s" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" '
    .. 'orient="auto"><path d="M0 .6L8 4L0 7.4z" fill="%s"/></marker>', id, colour)
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
      put(out, '<rect x="%s" y="%s" width="14" height="10" rx="2" fill="%s" stroke="%s"/><text class="legend" x="%s" y="%s">%s</text>',
        n(x), n(y), mark[2], mark[1], n(x + 20), n(y + 9), mark[3])
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
    n(width), n(height),
    n(width), n(height))
  put(out, "<title>%s</title>", escape(graph.comment or "State machine"))
  out[#out + 1] = "<style>" .. STYLE .. "</style>"
  out[#out + 1] = "<defs>"
  arrow(out, "an", "#66727f")
  arrow(out, "ae", "#c9372c")
  arrow(out, "at", "#2b8a4b")
  arrow(out, "ac", "#c77700")
  out[#out + 1] = "</defs>"
  put(out, '<rect width="%s" height="%s" fill="#fff"/>', n(width), n(height))
  for _, line in ipairs(body) do
    out[#out + 1] = line
  end
  out[#out + 1] = "</svg>"
  return table.concat(out, "\n") .. "\n"
end
