-- args.lua: command lines: declared options in, a table of values out; mistakes are answered with words.
local text = require "passo.text"

local args = {}

local function option_with(options, key, value)
  for _, option in ipairs(options) do
    if option[key] == value then
      return option
    end
  end
end

local function unknown(options, written)
  local names = {}
  for _, option in ipairs(options) do
    names[#names + 1] = "--" .. option.name
  end
  local near = text.nearest(written, names)
  return ("unknown option %s%s"):format(text.printable(written), near and (", did you mean %s?"):format(near) or "")
end

local function check_value(option, value)
  if option.choices then
    for _, choice in ipairs(option.choices) do
      if choice == value then
        return value
      end
    end
    local near = text.nearest(value, option.choices)
    return nil, ("--%s is one of %s, not %q%s"):format(option.name, table.concat(option.choices, ", "),
      text.printable(value),
      near and (", did you mean %s?"):format(near) or "")
  elseif option.number then
    local number = tonumber(value)
    if not number then
      return nil, ("--%s needs a number, not %q"):format(option.name, text.printable(value))
    end
    return number
  end
  return value
end

--- Reads the words of a command line.
--
-- words    list of strings
-- options  list of {name = "input", short = "i", value = "TEXT" (nil: a flag), many = true (a list is made),
--          choices = {...}, number = true}
-- Returns {option name with _ for - = value, [1..n] = the other words}, or nil and what is wrong.
-- "--" ends the options; "-" alone is an operand.
function args.parse(words, options)
  local result = {}
  local function store(option, value)
    local key = option.name:gsub("-", "_")
    if option.many then
      result[key] = result[key] or {}
      table.insert(result[key], value)
    else
      result[key] = value
    end
  end
  local i = 1
  while i <= #words do
    local word = words[i]
    if word == "--" then
      for j = i + 1, #words do
        result[#result + 1] = words[j]
      end
      break
    elseif word:sub(1, 1) ~= "-" or word == "-" then
      result[#result + 1] = word
    else
      local long, attached = word:match "^%-%-([^=]+)=?(.*)$"
      local option
      if long then
        option = option_with(options, "name", long)
        attached = word:find("=", 1, true) and attached or nil
      else
        option = option_with(options, "short", word:sub(2, 2))
        attached = #word > 2 and word:sub(3) or nil
      end
      if not option then
        return nil, unknown(options, long and "--" .. long or word)
      end
      if not option.value then
        if attached then
          return nil, ("--%s takes no value"):format(option.name)
        end
        store(option, true)
      else
        local value = attached
        if value == nil then
          i = i + 1
          value = words[i]
        end
        if value == nil then
          return nil, ("%s needs a value: %s"):format(long and "--" .. long or "-" .. option.short, option.value)
        end
        local checked, message = check_value(option, value)
        if checked == nil then
          return nil, message
        end
        store(option, checked)
      end
    end
    i = i + 1
  end
  return result
end

--- The options' part of a help page.
function args.help(options)
  local lines, width = {}, 0
  for _, option in ipairs(options) do
    local left = (option.short and "-" .. option.short .. ", " or "    ") .. "--" .. option.name
      .. (option.value and " " .. option.value or "")
    lines[#lines + 1] = { left, option.help }
    width = math.max(width, #left)
  end
  for i, line in ipairs(lines) do
    lines[i] = "  " .. text.pad(line[1], width) .. "  " .. line[2]:gsub("\n", "\n" .. (" "):rep(width + 4))
  end
  return table.concat(lines, "\n")
end

return args
