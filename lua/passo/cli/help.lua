-- cli/help.lua: `passo help [COMMAND]`.
local help = {
  summary = "explain a command",
  usage = "help [COMMAND]",
  about = "",
  examples = "passo help run\n",
  options = {},
}

function help.run(shell, options)
  -- Required here: passo.cli requires this module.
  local cli = require "passo.cli"
  if not options[1] then
    shell.print(cli.overview())
    return 0
  end
  local page, message = cli.page(options[1])
  if not page then
    shell.complain(message)
    return 2
  end
  shell.print(page)
  return 0
end

return help
