-- graph/outline.lua: a graph as indented text for terminals and mails: one line a state, its ways out below it.
local text = require "passo.text"

local SIGNS = { succeeded = "✓", caught = "!", failed = "✗", aborted = "-", running = "…" }
local STYLES = { succeeded = "green", caught = "yellow", failed = "red", aborted = "dim", running = "blue" }

local function write_scope(out, scope, indent, graph, paint)
  for _, node in ipairs(scope.nodes) do
    local mark = node.mark
    local sign = graph.marked and (mark and SIGNS[mark.status] or " ") .. " " or ""
    local times = mark and mark.times > 1 and (" (%d times)"):format(mark.times) or ""
    local name = paint(mark and STYLES[mark.status] or (graph.marked and "dim" or "bold"), text.printable(node.name))
    out[#out + 1] = ("%s%s%s%s  %s"):format(indent, sign, name, times,
      paint("dim", text.printable(node.kind .. (node.detail and ", " .. node.detail or ""))))
    for i, inner in ipairs(node.scopes) do
      if #node.scopes > 1 then
        out[#out + 1] = ("%s    branch %d"):format(indent, i)
      end
      write_scope(out, inner, indent .. (#node.scopes > 1 and "      " or "    "), graph, paint)
    end
    for _, edge in ipairs(scope.edges) do
      if edge.from == node then
        local words = edge.kind == "catch" and "on " .. edge.label .. " " or edge.label
          and (edge.kind == "default" and "otherwise "
          or "when " .. edge.label .. " ") or ""
        local line = ("%s-> %s"):format(words, text.printable(edge.to.name)
          .. (edge.to.kind == "Missing" and " (missing)" or ""))
        out[#out + 1] = indent .. "    " .. paint(edge.taken and "green" or "dim", line)
      end
    end
    if node.ends and node.kind ~= "Succeed" then
      out[#out + 1] = indent .. "    " .. paint("dim", "-> end")
    end
  end
end

--- Text lines of the graph; paint is a terminal.painter.
return function(graph, paint)
  local out = {}
  write_scope(out, graph.top, "", graph, paint or function(_, s) return s end)
  return table.concat(out, "\n") .. "\n"
end
