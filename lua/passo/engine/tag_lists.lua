--- Tags: lists of {key, value} as the API has them, one document a resource.
local core = require "passo.core"
local errors = require "passo.engine.errors"

local tag_lists = {}

--- Adds what the model says about tags to a check.
function tag_lists.constrain(check, list)
  if list ~= nil and (type(list) ~= "table" or (next(list) ~= nil and #list == 0)) then
    error("tags must be a list of {key = ..., value = ...}", 0)
  end
  for i, tag in ipairs(list or {}) do
    if type(tag) ~= "table" then error("tags must be a list of {key = ..., value = ...}", 0) end
    local at = ("tags.%d.member."):format(i)
    check:length(at .. "key", tag.key, 0, 128):length(at .. "value", tag.value, 0, 256)
  end
  return check
end

--- What `write` takes for a resource's tags; without a list it deletes them.
function tag_lists.entry(arn, list, expect)
  if not list then return { kind = "tags", key = arn } end
  return { kind = "tags", key = arn, body = core.encode(tag_lists.merge({}, list)), expect = expect }
end

--- A resource's tags and the number of their document (0: none yet); nil, message, failure.
function tag_lists.read(engine, arn)
  local document, message, failure = engine.store:get("tags", arn)
  if document then return core.decode(document.body), document.revision end
  if failure then return nil, message, failure end
  return core.array {}, 0
end

--- The list with others put in: a key's last value counts, where the key came first.
function tag_lists.merge(list, more)
  local out, places = core.array {}, {}
  for _, tags in ipairs { list, more } do
    for _, tag in ipairs(tags) do
      local place = places[tag.key] or #out + 1
      places[tag.key] = place
      out[place] = { key = tag.key, value = tag.value or "" }
    end
  end
  return out
end

--- true, or nil, message, failure (TooManyTags).
function tag_lists.check(list, most, arn)
  if #list <= most then return true end
  return errors.fail("TooManyTags", ("Too many tags: at most %d are allowed, %d were given"):format(most, #list),
    { resourceName = arn })
end

return tag_lists
