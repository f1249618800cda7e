--- TagResource, UntagResource, ListTagsForResource: of state machines and activities.
local constraints = require "passo.engine.constraints"
local core = require "passo.core"
local documents = require "passo.engine.documents"
local errors = require "passo.engine.errors"
local limits = require "passo.engine.limits"
local names = require "passo.engine.names"
local tag_lists = require "passo.engine.tag_lists"

-- Whether there is such a thing that can have tags: true, or nil, message, failure.
local function check_resource(engine, request)
  local arn = request.resourceArn
  local ok, message, failure = constraints.new():required("resourceArn", arn):length("resourceArn", arn, 1, 256):done()
  if not ok then return nil, message, failure end
  local parsed
  parsed, message, failure = names.parse(arn, "stateMachine", "activity")
  if not parsed then return nil, message, failure end
  if parsed.qualifier or parsed.label then return errors.no_resource(arn) end
  local document
  document, message, failure = engine.store:get(parsed.type == "activity" and "activity" or "machine", arn)
  if document then return true end
  if failure then return nil, message, failure end
  return errors.no_resource(arn)
end

local function change(engine, request, list_of)
  local ok, message, failure = check_resource(engine, request)
  if not ok then return nil, message, failure end
  return documents.change(engine, function()
    local list, at, reason = tag_lists.read(engine, request.resourceArn)
    if not list then return nil, nil, at, reason end
    local changed = list_of(list)
    local good, words, why = tag_lists.check(changed, limits.of(engine).tags, request.resourceArn)
    if not good then return nil, nil, words, why end
    return { tag_lists.entry(request.resourceArn, changed, at) }, {}
  end)
end

return function(Engine)
  --- TagResource.
  function Engine:tag_resource(request)
    constraints.table("engine:tag_resource", request)
    local check = constraints.new():required("tags", request.tags)
    local ok, message, failure = tag_lists.constrain(check, request.tags):done()
    if not ok then return nil, message, failure end
    return change(self, request, function(list) return tag_lists.merge(list, request.tags) end)
  end

  --- UntagResource.
  function Engine:untag_resource(request)
    constraints.table("engine:untag_resource", request)
    if request.tagKeys ~= nil then constraints.table("engine:untag_resource: tagKeys", request.tagKeys) end
    local ok, message, failure = constraints.new():required("tagKeys", request.tagKeys):done()
    if not ok then return nil, message, failure end
    local gone = {}
    for _, key in ipairs(request.tagKeys) do gone[key] = true end
    return change(self, request, function(list)
      local kept = core.array {}
      for _, tag in ipairs(list) do
        if not gone[tag.key] then kept[#kept + 1] = tag end
      end
      return kept
    end)
  end

  --- ListTagsForResource.
  function Engine:list_tags_for_resource(first)
    local request = constraints.request("engine:list_tags_for_resource", "resourceArn", first)
    local ok, message, failure = check_resource(self, request)
    if not ok then return nil, message, failure end
    local list
    list, message, failure = tag_lists.read(self, request.resourceArn)
    if not list then return nil, message, failure end
    return { tags = list }
  end
end
