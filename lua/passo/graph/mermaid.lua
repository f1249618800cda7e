-- graph/mermaid.lua: a graph as a Mermaid flowchart, which GitHub and GitLab draw inside Markdown.
--
-- Identifiers are ours (s1, s2, ...); what users wrote stands only inside quoted labels, where everything but
-- letters, digits and harmless signs is an entity code of Mermaid's: no quote, bracket, markup or directive remains.
local text = require "passo.text"

local function escape(s)
  return (text.printable(s):gsub("[^%w \128-\255_.,/$*+()-]", function(c)
    return ("#%d;"):format(c:byte())
  end))
end

local SHAPES = {
  Choice = { '{{"', '"}}' }, Succeed = { '(["', '"])' }, Fail = { '(["', '"])' }, Wait = { '("', '")' }, Pass =
    { '("', '")' },
  Missing = { '>"', '"]' },
}
local BOX = { '["', '"]' }

local STYLES = {
  { "succeeded", "fill:#e3f5e9,stroke:#2b8a4b,stroke-width:2px" }, { "caught",
    "fill:#fff0d6,stroke:#c77700,stroke-width:2px" },
  { "failed", "fill:#fde3e0,stroke:#c9372c,stroke-width:2px" }, { "aborted",
    "fill:#e7e9ed,stroke:#6b7280,stroke-width:2px" },
  { "running", "fill:#dfeaff,stroke:#2f6fde,stroke-width:2px" },
}

local function caption(node)
  local words = escape(text.clip(node.kind .. (node.detail and ": " .. node.detail or ""), 60))
  return escape(node.name) .. "<br/><small>" .. words .. "</small>"
end

local function write_scope(out, scope, indent, links)
  for _, node in ipairs(scope.nodes) do
    if #node.scopes > 0 then
      out[#out + 1] = ('%ssubgraph %s["%s"]'):format(indent, node.id, caption(node))
      for i, inner in ipairs(node.scopes) do
        local many = #node.scopes > 1
        if many then
          out[#out + 1] = ('%s  subgraph %sb%d["branch %d"]'):format(indent, node.id, i, i)
        end
        write_scope(out, inner, indent .. (many and "    " or "  "), links)
        if many then
          out[#out + 1] = indent .. "  end"
        end
      end
      out[#out + 1] = indent .. "end"
    else
      local shape = SHAPES[node.kind] or BOX
      out[#out + 1] = indent .. node.id .. shape[1] .. caption(node) .. shape[2]
    end
  end
  for _, edge in ipairs(scope.edges) do
    local arrow = edge.kind == "catch" and "-.->" or "-->"
    local label = edge.label and ('|"%s"|'):format(escape(text.clip(edge.label, 60))) or ""
    out[#out + 1] = ("%s%s %s%s %s"):format(indent, edge.from.id, arrow, label, edge.to.id)
    links[#links + 1] = edge
  end
end

local function write_marks(out, graph, links)
  for _, style in ipairs(STYLES) do
    local ids = {}
    for _, node in ipairs(graph.nodes) do
      if node.mark and node.mark.status == style[1] then
        ids[#ids + 1] = node.id
      end
    end
    if #ids > 0 then
      out[#out + 1] = ("  classDef %s %s"):format(style[1], style[2])
      out[#out + 1] = ("  class %s %s"):format(table.concat(ids, ","), style[1])
    end
  end
  for i, edge in ipairs(links) do
    if edge.taken then
      out[#out + 1] = ("  linkStyle %d stroke:%s,stroke-width:3px"):format(i - 1, edge.kind == "catch"
        and "#c77700" or "#2b8a4b")
    end
  end
end

return function(graph)
  local out, links = { "flowchart TD" }, {}
  local top = graph.top
  if top.start then
    out[#out + 1] = "  start((start))"
    out[#out + 1] = "  start --> " .. top.start.id
    links[1] = { taken = top.entered, kind = "next" }
  end
  write_scope(out, top, "  ", links)
  local ends = false
  for _, node in ipairs(top.nodes) do
    if node.ends then
      if not ends then
        out[#out + 1], ends = "  finish((end))", true
      end
      out[#out + 1] = "  " .. node.id .. " --> finish"
      links[#links + 1] = { kind = "next", taken = node.mark ~= nil and node.mark.status == "succeeded" }
    end
  end
  if graph.marked then
    write_marks(out, graph, links)
  end
  return table.concat(out, "\n") .. "\n"
end
