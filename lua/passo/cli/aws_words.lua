-- cli/aws_words.lua: the words of `passo aws`: members of operations as options, and their values by the model.
local args = require "passo.args"
local files = require "passo.cli.files"
local text = require "passo.text"

local words_of = {}

-- The AWS CLI's own names of services that botocore calls otherwise.
local AS_THE_CLI = { s3api = "s3", configservice = "config", deploy = "codedeploy" }

--- The service of that name; nil, message, failure.
---@param name string
---@return passo.aws.Service?
function words_of.service(name)
  return require("passo.aws.service").get(AS_THE_CLI[name] or name)
end

-- "list-objects-v2", "ListObjectsV2" -> the same key
local function key_of(name)
  return (name:gsub("[-_]", ""):lower())
end

--- Parts the command's own options from the members: {options..., members = {{name, values, flag}}}, or nil and words.
---
--- A member takes the words up to the next option; which of them are its values its kind tells later.
function words_of.parse(words, declared)
  local own, members, i = {}, {}, 1
  local known = {}
  for _, option in ipairs(declared) do
    -- What only one command has is a member's name in all others: create-topic --name.
    if not option.only or option.only == words[1] then known["--" .. option.name] = option end
  end
  while i <= #words do
    local word = words[i]
    local name, attached = word:match "^(%-%-[^=]+)=?(.*)$"
    local option = name and known[name]
    if not name or option or word == "--" then
      own[#own + 1] = word
      if option and option.value and not word:find("=", 1, true) then
        i = i + 1
        own[#own + 1] = words[i]
      end
    else
      local member = { name = name:sub(3), values = {} }
      if word:find("=", 1, true) then
        member.values[1] = attached
      else
        while words[i + 1] and (words[i + 1]:sub(1, 2) ~= "--" or words[i + 1] == "--") do
          i = i + 1
          member.values[#member.values + 1] = words[i]
        end
      end
      members[#members + 1] = member
    end
    i = i + 1
  end
  local options, message = args.parse(own, declared)
  if not options then return nil, message end
  options.members = members
  return options
end

local function contents(word)
  local kind, path = word:match "^(fileb?)://(.+)$"
  if not kind then return word end
  return files.read(path)
end

local NUMBERS = { integer = true, long = true, float = true, double = true }
local JSON = { structure = true, map = true, document = true }

local READ = {}

function READ.json(word)
  local core = require("passo").core
  local value, message = core.decode(word)
  if value ~= nil then return value end
  local shorthand = word:find "^[%w_]+=" and ", for Key=value,... is not read" or ""
  return nil, ("JSON was expected%s: %s"):format(shorthand, message)
end

function READ.number(word)
  local number = tonumber(word)
  if number and not word:find "^%s*0[xX]" then return number end
  return nil, ("a number was expected, not %q"):format(text.printable(word))
end

function READ.boolean(word)
  if word == "true" then return true elseif word == "false" then return false end
  return nil, ("true or false was expected, not %q"):format(text.printable(word))
end

local function read_scalar(kind, word)
  local content, message = contents(word)
  if not content then return nil, message end
  if NUMBERS[kind] then return READ.number(content) end
  if kind == "boolean" then return READ.boolean(content) end
  if JSON[kind] or kind == "list" then return READ.json(content) end
  return content
end

local function read_list(member, values)
  local core = require("passo").core
  if #values == 1 and (values[1]:find "^%s*%[" or values[1]:find "^file://") then
    return read_scalar("list", values[1])
  end
  local list = core.array {}
  for i, word in ipairs(values) do
    local value, message = read_scalar(member.of, word)
    if value == nil then return nil, message end
    list[i] = value
  end
  return list
end

-- The value of a member, and how many of the words it took.
local function read(op, member, values)
  if member.kind == "list" then
    local list, message = read_list(member, values)
    return list, list and #values or message
  elseif #values == 0 then
    if member.kind == "boolean" then return true, 0 end
    return nil, "a value is needed"
  elseif member.kind == "boolean" and values[1] ~= "true" and values[1] ~= "false" then
    return true, 0
  elseif op.facts.streaming_input == member.name then
    return { path = (values[1]:gsub("^fileb?://", "")) }, 1
  end
  local value, message = read_scalar(member.kind, values[1])
  return value, value ~= nil and 1 or message
end

-- The member an option names; "--no-NAME" is the false of a boolean.
local function member_named(list, name)
  local wanted = key_of(name)
  local no = name:match "^no%-(.+)$"
  for _, member in ipairs(list) do
    if key_of(member.name) == wanted then return member end
    if no and member.kind == "boolean" and key_of(member.name) == key_of(no) then return member, true end
  end
end

local function unknown(op, list, name)
  local service = require "passo.aws.service"
  local names = {}
  for i, member in ipairs(list) do names[i] = service.kebab(member.name) end
  local near = text.nearest(name, names)
  return ("%s has no member --%s%s"):format(service.kebab(op.name), text.printable(name),
    near and (", did you mean --%s?"):format(near) or "")
end

--- The parameters that the members and --cli-input-json make; words that are left over join the operands.
---@return table? params nil, message
function words_of.params(op, options)
  local params = {}
  if options.cli_input_json then
    local value, message = read_scalar("structure", options.cli_input_json)
    if type(value) ~= "table" then return nil, "--cli-input-json: " .. tostring(message or "an object was expected") end
    params = value
  end
  local list = op.bound:members "input"
  for _, given in ipairs(options.members) do
    local member, negated = member_named(list, given.name)
    if not member then return nil, unknown(op, list, given.name) end
    if negated then
      params[member.name] = false
      given.taken = 0
    else
      local value, taken = read(op, member, given.values)
      if value == nil then return nil, ("--%s: %s"):format(given.name, taken) end
      params[member.name] = value
      given.taken = taken
    end
    for i = given.taken + 1, #given.values do options[#options + 1] = given.values[i] end
  end
  return params
end

return words_of
