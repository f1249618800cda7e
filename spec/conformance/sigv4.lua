--- Signatures, stage by stage: canonical request, string to sign, signature, the request that leaves.
local aws = require "passo.aws.core"
local core = require "passo.core"

local sigv4 = {}

-- What a signer refuses by rules that others do not share.
local NOT_OURS = {
  ["fail-date-header"] = "X-Amz-Date in the request: replaced here, and wanted by other published cases",
}

local function is_asymmetric(case)
  return (case.algorithm or ""):find("ECDSA", 1, true) or case.public_key ~= nil
end

function sigv4.skip(case)
  return NOT_OURS[case.name]
end

local function milliseconds(text)
  return assert(core.parse_time(text), "not a time: " .. text)
end

local EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

--- The request of a case, its options and its keys.
local function prepare(case)
  local host, headers = nil, {}
  for _, line in ipairs(case.request.headers) do
    local name, value = line[1], line[2]
    if name:lower() == "host" then
      host = value
    else
      local lower
      for known in pairs(headers) do
        if known:lower() == name:lower() then lower = known end
      end
      headers[lower or name] = headers[lower or name] or {}
      table.insert(headers[lower or name], value)
    end
  end
  local context = case.context
  local request = assert(aws.request(case.request.method, "https://" .. host .. case.request.target, headers,
    case.request.body))
  local options = {
    raw_path = context.double_encode == false,
    keep_dots = context.normalize == false,
    hash_header = context.sign_body and context.add_content_sha256 ~= false,
    asymmetric = is_asymmetric(case),
    late_token = context.omit_session_token or nil,
    unsigned_headers = case.skip_headers,
  }
  if context.payload_hash == "UNSIGNED-PAYLOAD" then
    options.unsigned_payload = true
  elseif context.payload_hash or not context.sign_body then
    options.payload_hash = context.payload_hash or EMPTY_HASH
  end
  local given = context.credentials
  return request, options, aws.keys(given.access_key_id, given.secret_access_key, given.token)
end

local function words(stage, want, got)
  return ("%s\n     wanted %s\n     got    %s"):format(stage, tostring(want), tostring(got))
end

--- {line = count} of the request that a suite says leaves; the order of headers is free.
local function lines_of_raw(raw)
  local lines = {}
  local head = raw:gsub("\r", ""):match("^(.-)\n\n") or raw
  for line in (head:gsub("\n%s+", " ") .. "\n"):gmatch("([^\n]*)\n") do
    local name, value = line:match("^([^:%s]+):%s*(.*)$")
    if name then
      line = name:lower() .. ":" .. value
    else
      local method, target = line:match("^(%S+) (.-) HTTP/1.1$")
      if method then
        local path, query = target:match("^([^?]*)%??(.*)$")
        local parameters = {}
        for parameter in query:gmatch("[^&]+") do parameters[#parameters + 1] = parameter end
        table.sort(parameters)
        line = method .. " " .. path .. " " .. table.concat(parameters, "&")
      end
    end
    if line ~= "" then lines[line] = (lines[line] or 0) + 1 end
  end
  return lines
end

local function difference_of_requests(request, case, raw)
  local method, url, headers = request:parts()
  local host, target = url:match("^https://([^/]*)(.*)$")
  local mine = lines_of_raw(method .. " " .. target .. " HTTP/1.1\nHost:" .. host .. "\n" .. headers .. "\n")
  local theirs = lines_of_raw(raw)
  for line, count in pairs(theirs) do
    if mine[line] ~= count then return words("signed request of " .. case.name, line, "no such line") end
  end
  for line in pairs(mine) do
    if not theirs[line] then return words("signed request of " .. case.name, "no such line", line) end
  end
end

-- ECDSA gives another signature each time: what stands before it is compared.
local function asymmetric_stages(want, trace)
  for _, stage in ipairs { "canonical_request", "string_to_sign" } do
    if want[stage] and want[stage] ~= trace[stage] then return words(stage, want[stage], trace[stage]) end
  end
  local head = want.authorization and want.authorization:match "^.*Signature="
  if head and trace.authorization:sub(1, #head) ~= head then
    return words("authorization", want.authorization, trace.authorization)
  end
end

local function stages(case, want, trace, request)
  if is_asymmetric(case) then return asymmetric_stages(want, trace) end
  for _, stage in ipairs { "canonical_request", "string_to_sign", "signature", "authorization" } do
    if want[stage] and want[stage] ~= trace[stage] then return words(stage, want[stage], trace[stage]) end
  end
  if want.signed_request then return difference_of_requests(request, case, want.signed_request) end
end

function sigv4.diff(case)
  local context = case.context
  local now_ms = milliseconds(context.timestamp)
  for _, mode in ipairs { "header", "query" } do
    local want = case.expect[mode]
    if want then
      local request, options, keys = prepare(case)
      if mode == "query" then
        options.seconds = context.expiration_in_seconds
        options.hash_header = nil
      end
      local trace, message = request:trace(keys, context.region, context.service, now_ms, options)
      if not trace then return mode .. ": " .. message end
      local difference = stages(case, want, trace, request)
      if difference then return mode .. ": " .. difference end
      keys:close()
    end
  end
  if case.expect.error then
    local request, options, keys = prepare(case)
    if request:sign(keys, context.region, context.service, now_ms, options) then
      return "wanted a refusal: " .. tostring(case.expect.error)
    end
  end
end

return sigv4
