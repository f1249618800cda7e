-- cli/graph.lua: `passo graph`: a drawing of a definition, with the way an execution took.
local definition = require "passo.cli.definition"
local files = require "passo.cli.files"
local graph = require "passo.graph"
local read_history = require("passo.cli.history").read
local terminal = require "passo.terminal"

local command = {
  summary = "draw a workflow as SVG, Mermaid, DOT or text",
  usage = "graph FILE [--format FORMAT] [--history FILE] [-o FILE]",
  about = [[
Without --format the name after -o decides (.svg, .mmd, .dot, .txt); otherwise it is text on a terminal, SVG elsewhere.
With --history the states that were entered, failed or were caught are marked, and the transitions taken are bold.
A definition with mistakes is drawn too; targets that do not exist are shown as missing.
]],
  examples = [[
passo graph checkout.asl.yaml > checkout.svg
passo graph checkout.asl.yaml --format mermaid
passo run checkout.asl.yaml --handlers handlers.lua --save-history run.json
passo graph checkout.asl.yaml --history run.json -o run.svg
]],
  options = {
    { name = "format", short = "f", value = "FORMAT", choices = graph.formats, help = "svg, mermaid, dot or text" },
    { name = "history", value = "FILE", help = "a history in JSON whose way is drawn" },
    { name = "output", short = "o", value = "FILE", help = "write there instead of to standard output" },
  },
}

local BY_SUFFIX = { svg = "svg", mmd = "mermaid", mermaid = "mermaid", dot = "dot", gv = "dot", txt = "text" }

local function choose_format(options)
  return options.format or options.output and BY_SUFFIX[options.output:match "%.(%w+)$" or ""]
    or (not options.output and terminal.is_terminal(1) and "text") or "svg"
end

function command.run(shell, options)
  if #options ~= 1 then
    shell.complain "graph needs one definition: passo graph FILE"
    return 2
  end
  local drawn = definition.decode(shell, options[1])
  if not drawn then
    return 2
  elseif type(drawn.States) ~= "table" then
    shell.complain(("%s: there are no States to draw: a definition has StartAt and States"):format(options[1]))
    return 2
  end
  local events, message
  if options.history then
    events, message = read_history(options.history, shell.stdin)
    if not events then
      shell.complain(message)
      return 2
    end
  end
  local drawing = graph.draw(drawn, choose_format(options), { history = events,
    paint = shell.paint })
  if options.output then
    local written, why = files.write(options.output, drawing)
    if not written then
      shell.complain(why)
      return 2
    end
  else
    shell.print(drawing)
  end
  return 0
end

return command
