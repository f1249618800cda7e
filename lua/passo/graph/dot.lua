-- graph/dot.lua: a graph in Graphviz's language.
--
-- In a quoted string of DOT a backslash starts an escape (\N is the node's name) and & an HTML entity; both
-- are doubled or spelt out, so that labels show exactly what was written. HTML labels are not used at all.
local text = require "passo.text"

local function escape(s)
  return (text.printable(s):gsub("\\", "\\\\"):gsub("&", "&amp;"):gsub('"', '\\"'))
end

local SHAPES = { Choice = "hexagon", Succeed = "oval", Fail = "octagon", Wait = "box", Missing = "note" }

local MARKS = {
  succeeded = { "#2b8a4b", "#e3f5e9" }, caught = { "#c77700", "#fff0d6" }, failed = { "#c9372c", "#fde3e0" },
  aborted = { "#6b7280", "#e7e9ed" }, running = { "#2f6fde", "#dfeaff" },
}

local function label(node)
  return escape(node.name) .. "\\n" .. escape(text.clip(node.kind .. (node.detail and ": " .. node.detail or ""), 60))
end

local function colours(node)
  local mark = node.mark and MARKS[node.mark.status]
  return mark and ('color="%s" fillcolor="%s" penwidth=2'):format(mark[1], mark[2])
    or 'color="#52606d" fillcolor="#ffffff"'
end

-- A cluster cannot end an edge: edges go to the first state inside it, and are cut at its border.
local function anchor(node)
  local scope = node.scopes[1]
  local inner = scope and (scope.start or scope.nodes[1])
  return inner and anchor(inner) or node.id
end

local function edge_line(edge)
  local attributes = {}
  local function add(format, ...)
    attributes[#attributes + 1] = format:format(...)
  end
  if edge.label then
    add('label="%s"', escape(text.clip(edge.label, 60)))
  end
  if edge.kind == "catch" then
    add "style=dashed"
  end
  if edge.taken then
    add('color="%s" penwidth=2.5', edge.kind == "catch" and "#c77700" or "#2b8a4b")
  elseif edge.kind == "catch" then
    add 'color="#c9372c"'
  end
  if #edge.from.scopes > 0 then
    add("ltail=cluster_%s", edge.from.id)
  end
  if #edge.to.scopes > 0 then
    add("lhead=cluster_%s", edge.to.id)
  end
  return ("%s -> %s [%s]"):format(anchor(edge.from), anchor(edge.to), table.concat(attributes, " "))
end

local function write_scope(out, scope, indent)
  for _, node in ipairs(scope.nodes) do
    if #node.scopes > 0 then
      out[#out + 1] = ('%ssubgraph cluster_%s { label="%s" style="rounded,filled" %s'):format(indent, node.id,
        label(node), colours(node))
      local empty = true
      for i, inner in ipairs(node.scopes) do
        out[#out + 1] = ('%s  subgraph cluster_%sb%d { label="" style=dashed'):format(indent, node.id, i)
        write_scope(out, inner, indent .. "    ")
        out[#out + 1] = indent .. "  }"
        empty = empty and #inner.nodes == 0
      end
      if empty then
        out[#out + 1] = ('%s  %s [label="" shape=point]'):format(indent, node.id)
      end
      out[#out + 1] = indent .. "}"
    else
      out[#out + 1] = ('%s%s [label="%s" shape=%s %s]'):format(indent, node.id, label(node), SHAPES[node.kind]
        or "box", colours(node))
    end
  end
  for _, edge in ipairs(scope.edges) do
    out[#out + 1] = indent .. edge_line(edge)
  end
end

return function(graph)
  local out = { "digraph machine {", "  compound=true", '  graph [fontname="Helvetica" fontsize=12]',
    '  node [style="rounded,filled" fontname="Helvetica" fontsize=12]',
    '  edge [fontname="Helvetica" fontsize=10]' }
  local top = graph.top
  if top.start then
    out[#out + 1] = '  start [shape=circle label="" width=0.2 style=filled fillcolor="#3e4c59"]'
    out[#out + 1] = "  start -> " .. anchor(top.start) .. (#top.start.scopes > 0 and " [lhead=cluster_"
      .. top.start.id .. "]" or "")
  end
  write_scope(out, top, "  ")
  local ends = {}
  for _, node in ipairs(top.nodes) do
    if node.ends then
      ends[#ends + 1] = "  " .. anchor(node) .. " -> finish" .. (#node.scopes > 0 and " [ltail=cluster_"
        .. node.id .. "]" or "")
    end
  end
  if #ends > 0 then
    out[#out + 1] = '  finish [shape=doublecircle label="" width=0.15 style=filled fillcolor="#3e4c59"]'
    out[#out + 1] = table.concat(ends, "\n")
  end
  out[#out + 1] = "}"
  return table.concat(out, "\n") .. "\n"
end
