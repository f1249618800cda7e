-- terminal.lua: what the standard streams are connected to, and the few colours used there.
--
-- Colours follow https://no-color.org: NO_COLOR set to anything but "" turns them off; CLICOLOR_FORCE=1 turns
-- them on where no terminal is seen. Plain Lua cannot ask isatty(3): `test -t` can, for one short process.
local terminal = {}

local CODES = { bold = "1", dim = "2", red = "31", green = "32", yellow = "33", blue = "34", magenta = "35",
  cyan = "36" }

local function run_ok(command)
  local first = os.execute(command)
  return first == true or first == 0
end

local known = {}

--- Whether file descriptor 0, 1 or 2 is a terminal.
function terminal.is_terminal(descriptor)
  if known[descriptor] == nil then
    known[descriptor] = run_ok(("test -t %d"):format(descriptor))
  end
  return known[descriptor]
end

--- Whether colours should go to that descriptor; `wish` is "always", "never" or nil.
function terminal.wants_colour(descriptor, wish)
  if wish == "always" or wish == "never" then
    return wish == "always"
  end
  local no = os.getenv "NO_COLOR"
  if no and no ~= "" then
    return false
  end
  if (os.getenv "CLICOLOR_FORCE" or "0") ~= "0" then
    return true
  end
  return os.getenv "TERM" ~= "dumb" and terminal.is_terminal(descriptor)
end

--- A function (style, text) -> text, which adds nothing when `colours` is false.
function terminal.painter(colours)
  if not colours then
    return function(_, s)
      return s
    end
  end
  return function(style, s)
    local code = CODES[style]
    return code and s ~= "" and "\27[" .. code .. "m" .. s .. "\27[0m" or s
  end
end

--- Columns of the terminal on standard output; nil where there is none (a pipe has no width).
function terminal.width()
  local columns = tonumber(os.getenv "COLUMNS")
  if columns and columns >= 20 then
    return columns
  end
  if not terminal.is_terminal(1) then
    return nil
  end
  local pipe = io.popen "stty size </dev/tty 2>/dev/null"
  local size = pipe and pipe:read "*l" or ""
  if pipe then
    pipe:close()
  end
  columns = tonumber(size:match "%d+ (%d+)")
  return columns and columns >= 20 and columns or 80
end

return terminal
