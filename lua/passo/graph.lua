-- graph.lua: drawings of a definition: Mermaid, DOT, SVG, or plain text; with a history, the way that was taken.
local model = require "passo.graph.model"
local path = require "passo.graph.path"

local graph = {}

graph.formats = { "svg", "mermaid", "dot", "text" }

local WRITERS = { svg = "passo.graph.svg", mermaid = "passo.graph.mermaid", dot = "passo.graph.dot",
  text = "passo.graph.outline" }

--- Draws a definition.
--
-- definition  a Lua table, as machine:definition():lua() gives it; what is wrong in it is shown or left out
-- format      "svg", "mermaid", "dot" or "text"
-- options     {history = list of events (run:history()), paint = terminal.painter for "text"}
function graph.draw(definition, format, options)
  local writer = WRITERS[format]
  if not writer then
    error(("graph: the format is one of %s, not %s"):format(table.concat(graph.formats, ", "), tostring(format)), 2)
  end
  local drawn = model.new(definition)
  local history = options and options.history
  if history then
    path.mark(drawn, history)
  end
  return require(writer)(drawn, options and options.paint)
end

--- The same of a machine; what machine:graph does.
function graph.render(machine, format, history)
  return graph.draw(machine:definition():lua(), format or "mermaid", { history = history })
end

return graph
