-- cli.lua: the command `passo`: which subcommand, its options, its help; what it answers to the shell.
--
-- Exit codes: 0 fine; 1 the workflow did not succeed, or `check` found errors; 2 the command could not be
-- understood or its files not be used. Standard output carries results only, everything else goes to the other.
local args = require "passo.args"
local terminal = require "passo.terminal"
local text = require "passo.text"

local cli = {}

local COMMANDS = { "run", "check", "history", "graph", "query", "migrate", "aws", "engine", "version", "help" }

-- Options that every command takes.
local COMMON = {
  { name = "color", value = "WHEN", choices = { "auto", "always", "never" },
    help = "auto (default), always or never; NO_COLOR is honoured" },
  { name = "help", short = "h", help = "this page" },
}

local function command_named(name)
  for _, known in ipairs(COMMANDS) do
    if known == name then
      return require("passo.cli." .. name)
    end
  end
end

local function unknown_command(name)
  local near = text.nearest(name, COMMANDS)
  return ("unknown command %q%s"):format(text.printable(name), near and (", did you mean %s?"):format(near) or "")
end

local function options_of(command)
  local options = {}
  for _, option in ipairs(command.options) do
    options[#options + 1] = option
  end
  for _, option in ipairs(COMMON) do
    options[#options + 1] = option
  end
  return options
end

local OVERVIEW = [[
passo runs AWS Step Functions workflows: definitions in the Amazon States Language, Lua functions as tasks.

Usage: passo COMMAND [OPTIONS]

%s

`passo help COMMAND` explains a command, with examples. A first try:

  passo run hello.asl.json -i '{"name": "Ana"}' --history

Exit codes: 0 fine, 1 the workflow failed or a check found errors, 2 the command could not be carried out.
]]

local PAGE = [[
passo %s: %s

Usage: passo %s
%s
Options:
%s

Examples:
%s]]

--- The page `passo help` shows.
function cli.overview()
  local lines = {}
  for i, name in ipairs(COMMANDS) do
    lines[i] = ("  %-9s %s"):format(name, require("passo.cli." .. name).summary)
  end
  return OVERVIEW:format(table.concat(lines, "\n"))
end

--- The page about one command, or nil.
function cli.page(name)
  local command = command_named(name)
  if not command then
    return nil, unknown_command(name)
  end
  local about = command.about ~= "" and "\n" .. command.about or ""
  return PAGE:format(name, command.summary, command.usage, about, args.help(options_of(command)),
    (command.examples:gsub("([^\n]+)", "  %1")))
end

-- What a command works with besides its options: streams, painters, and one way to complain.
local function surroundings(streams, options)
  local wish = options.color
  local shell = { stdin = streams.stdin, options = options }
  function shell.print(s)
    streams.stdout:write(s)
  end
  function shell.note(s)
    streams.stderr:write(s)
  end
  function shell.complain(s)
    streams.stderr:write(terminal.painter(terminal.wants_colour(2, wish))("red", "passo: ") .. s .. "\n")
  end
  shell.paint = terminal.painter(terminal.wants_colour(1, wish))
  shell.paint_note = terminal.painter(terminal.wants_colour(2, wish))
  return shell
end

--- Carries out a command line and returns the exit code.
--
-- words    the arguments, without the program's name
-- streams  {stdin, stdout, stderr}; those of the process when absent
function cli.main(words, streams)
  streams = streams or { stdin = io.stdin, stdout = io.stdout, stderr = io.stderr }
  local shell = surroundings(streams, {})
  local name = words[1]
  if not name or name == "--help" or name == "-h" then
    local write = name and shell.print or shell.note
    write(cli.overview())
    return name and 0 or 2
  elseif name == "--version" or name == "-V" then
    name = "version"
  end
  local command = command_named(name)
  if not command then
    shell.complain(unknown_command(name) .. "; `passo help` lists them")
    return 2
  end
  local rest = {}
  for i = 2, #words do
    rest[i - 1] = words[i]
  end
  -- Some commands have options that are not known beforehand.
  local options, message = (command.parse or args.parse)(rest, options_of(command))
  if not options then
    shell.complain(("%s; see `passo help %s`"):format(message, name))
    return 2
  elseif options.help then
    shell.print(cli.page(name))
    return 0
  end
  return command.run(surroundings(streams, options), options)
end

return cli
