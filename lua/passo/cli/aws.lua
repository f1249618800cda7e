-- cli/aws.lua: `passo aws`: one call of any AWS service, for trying things.
local files = require "passo.cli.files"
local text = require "passo.text"
local words_of = require "passo.cli.aws_words"

local command = {
  summary = "call an AWS service",
  usage = "aws SERVICE OPERATION [--member VALUE]... [OUTFILE]",
  about = [[
Operations and members are written as the AWS CLI writes them. Lists, maps and structures are JSON; a list of texts may
be written as words, one after the other. file://PATH is the text of a file, fileb://PATH its bytes. All pages of a
listing are shown as one, unless --no-paginate is given. A reply that is a stream is written to OUTFILE.

  passo aws help                       the services
  passo aws help SERVICE               its operations
  passo aws help SERVICE OPERATION     the members of an operation
  passo aws SERVICE wait NAME ...      waits until something holds
  passo aws add-service FILE           takes a service model of botocore's (service-2.json) into the first folder
                                       of PASSO_MODELS, or into --to FOLDER
]],
  examples = [[
passo aws s3 list-objects-v2 --bucket noaa-ghcn-pds --prefix csv/ --max-items 5 --no-sign-request
passo aws dynamodb get-item --table-name books --key '{"isbn": {"S": "0262033844"}}'
passo aws s3 get-object --bucket b --key report.csv report.csv
passo aws s3 get-object --bucket b --key report.csv --presign 3600
passo aws sqs list-queues --query 'QueueUrls[0]' --output text
]],
  options = {
    { name = "region", value = "REGION", help = "instead of AWS_REGION's and the profile's" },
    { name = "profile", value = "NAME", help = "instead of AWS_PROFILE" },
    { name = "endpoint-url", value = "URL", help = "where to call, instead of AWS" },
    { name = "output", value = "FORMAT", choices = { "json", "text" }, help = "json (default) or text" },
    { name = "query", value = "EXPRESSION", help = "what to show of the result (JMESPath)" },
    { name = "cli-input-json", value = "JSON", help = "all parameters, as JSON or file://PATH" },
    { name = "no-sign-request", help = "call without credentials" },
    { name = "no-paginate", help = "show one page of a listing" },
    { name = "max-items", value = "N", number = true, help = "stop a listing after so many" },
    { name = "no-verify-ssl", help = "take any certificate" },
    { name = "ca-bundle", value = "FILE", help = "certificates to trust" },
    { name = "cli-read-timeout", value = "SECONDS", number = true, help = "for one attempt" },
    { name = "presign", value = "SECONDS", number = true, help = "print a URL that does it, instead of doing it" },
    { name = "to", value = "FOLDER", help = "of add-service: where the model goes" },
    { name = "name", value = "NAME", help = "of add-service: what the service is called" },
  },
}

-- results ------------------------------------------------------------------------------------------

local function core()
  return require("passo").core
end

-- Bytes that are no text are shown in base 64.
local function printable(v)
  if type(v) == "string" and not core().encode(v) then return require("passo.aws.core").base64(v) end
  if type(v) ~= "table" then return v end
  local out = setmetatable({}, getmetatable(v))
  for key, item in pairs(v) do out[key] = printable(item) end
  return out
end

local function is_list(v)
  return type(v) == "table" and (getmetatable(v) == core().array_mt or v[1] ~= nil)
end

local function scalar(v)
  if v == nil or v == core().null then return "None" end
  return type(v) == "string" and v or core().encode(v)
end

-- Rows of a result: a list's items, a structure's members in their order, one line each, cut by tabs.
local function add_rows(v, rows)
  if type(v) ~= "table" then
    rows[#rows + 1] = scalar(v)
    return
  end
  local flat, deep, keys = {}, {}, {}
  if not is_list(v) then
    for key in pairs(v) do keys[#keys + 1] = key end
    table.sort(keys)
  end
  for i = 1, math.max(#v, #keys) do
    local item = v[keys[i] or i]
    if type(item) == "table" then deep[#deep + 1] = item else flat[#flat + 1] = scalar(item) end
  end
  if #flat > 0 then rows[#rows + 1] = table.concat(flat, "\t") end
  for _, item in ipairs(deep) do add_rows(item, rows) end
end

local function show(shell, options, result)
  if options.query then
    local find, message = require("passo.aws.jmespath").compile(options.query)
    if not find then
      shell.complain("--query: " .. message)
      return 2
    end
    result, message = find(result)
    if message then
      shell.complain("--query: " .. message)
      return 2
    end
  end
  result = printable(result)
  if options.output == "text" then
    local rows = {}
    add_rows(result, rows)
    if #rows > 0 then shell.print(table.concat(rows, "\n") .. "\n") end
  elseif result == nil then
    shell.print "null\n"
  elseif type(result) ~= "table" or next(result) ~= nil or is_list(result) then
    shell.print(assert(core().encode(result, { pretty = true })) .. "\n")
  end
  return 0
end

-- help ---------------------------------------------------------------------------------------------

local function column(shell, list)
  for _, line in ipairs(list) do shell.print("  " .. line .. "\n") end
end

local function help_service(shell, of)
  local service = require "passo.aws.service"
  shell.print(("%s (%s, %s %s)\n\nOperations:\n"):format(of.name, of.id, of.facts.protocol, of.facts.api_version))
  local list = {}
  for i, name in ipairs(of.model:operations()) do list[i] = service.kebab(name) end
  column(shell, list)
  list = {}
  for i, name in ipairs(of.model:waiters()) do list[i] = service.kebab(name) end
  if #list > 0 then
    shell.print "\nWaiters (passo aws SERVICE wait NAME):\n"
    column(shell, list)
  end
  return 0
end

local function help_operation(shell, of, op)
  local service = require "passo.aws.service"
  shell.print(("passo aws %s %s\n\nMembers (* is required):\n"):format(of.name, service.kebab(op.name)))
  local list, width = op.bound:members "input", 0
  for _, member in ipairs(list) do width = math.max(width, #service.kebab(member.name)) end
  for _, member in ipairs(list) do
    local kind = member.of and ("list of %s"):format(member.of) or member.kind
    shell.print(("  %s --%s  %s\n"):format(member.required and "*" or " ",
      text.pad(service.kebab(member.name), width), kind))
  end
  if #list == 0 then shell.print "  none\n" end
  if op.facts.streaming_output then shell.print "\nThe reply is a stream: give a file to write it to.\n" end
  return 0
end

local function help(shell, words)
  if not words[1] then
    local list = require("passo.aws.models").list()
    shell.print(("%d services:\n"):format(#list))
    column(shell, list)
    return 0
  end
  local of, message = require("passo.aws.service").get(words[1])
  if not of then
    shell.complain(message)
    return 2
  elseif not words[2] then
    return help_service(shell, of)
  end
  local op, why = of:operation(words[2])
  if not op then
    shell.complain(why)
    return 2
  end
  return help_operation(shell, of, op)
end

-- adding a service ---------------------------------------------------------------------------------

-- botocore ships its models packed.
local function unpacked(path)
  local pipe = io.popen("gzip -dc < '" .. path:gsub("'", "'\\''") .. "' 2>&1")
  local content = pipe:read "*a"
  pipe:close()
  return content
end

local function read_json(path)
  if not files.exists(path) and files.exists(path .. ".gz") then path = path .. ".gz" end
  local content, message
  if path:find "%.gz$" then content = unpacked(path) else content, message = files.read(path) end
  if not content then return nil, message end
  return files.decode(content, path)
end

local function add_service(shell, options)
  local path = options[2]
  if not path or options[3] then
    shell.complain "add-service wants one file: a service-2.json of botocore's, packed or not"
    return 2
  end
  local model, message = read_json(path)
  if not model then
    shell.complain(message)
    return 2
  end
  local folder = path:match "^(.*)/[^/]*$" or "."
  local to = options.to or (os.getenv "PASSO_MODELS" or ""):match "^[^:]+"
  if not to then
    shell.complain "where to? Give --to FOLDER, or name a folder in PASSO_MODELS, where services are looked for"
    return 2
  end
  local pages, waiters = read_json(folder .. "/paginators-1.json"), read_json(folder .. "/waiters-2.json")
  local done, compiled = pcall(require("passo.aws.compile").compile, model, pages and pages.pagination,
    waiters and waiters.waiters)
  if not done then
    shell.complain(("%s: %s"):format(path, type(model.metadata) ~= "table" and "not a service model of botocore's"
      or tostring(compiled)))
    return 2
  end
  local name = options.name or path:match "([^/]+)/[%d-]+/[^/]+$" or model.metadata.endpointPrefix
  if not tostring(name):find "^[%w_-]+$" then
    shell.complain "what is it called? Give --name NAME"
    return 2
  end
  local target = ("%s/%s.json"):format(to, name)
  local written
  written, message = files.write(target, compiled)
  if not written then
    shell.complain(message)
    return 2
  end
  shell.print(target .. "\n")
  return 0
end

-- calls --------------------------------------------------------------------------------------------

local function refused(shell, message, failure)
  shell.complain(message)
  return type(failure) == "table" and failure.status and 1 or failure and failure.code ~= "EINPUT" and 1 or 2
end

local function new_client(options, name)
  return require("passo.aws").client(name, {
    region = options.region, profile = options.profile, endpoint = options.endpoint_url,
    credentials = options.no_sign_request and "anonymous" or nil, ca_bundle = options.ca_bundle,
    verify = not options.no_verify_ssl and nil or false,
    timeout_ms = options.cli_read_timeout and options.cli_read_timeout * 1000 or nil,
  })
end

local function list_of(v)
  return type(v) == "table" and v or { v }
end

-- All pages as one result: their lists are joined, what tells of further pages is left out.
local function whole(client, op, params, options)
  local how = client.service:pages_of(op)
  local pages = client:pages(op.name, params)
  local jmespath = require "passo.aws.jmespath"
  local result, count, finds = nil, 0, {}
  for i, expression in ipairs(list_of(how.result_key)) do finds[i] = assert(jmespath.compile(expression)) end
  while true do
    local page, message, failure = pages:next()
    if page == nil then
      if failure then return nil, message, failure end
      break
    end
    for i, find in ipairs(finds) do
      local list = find(page)
      if i == 1 then count = count + (is_list(list) and #list or 0) end
      local joined = result and find(result)
      if is_list(joined) and is_list(list) then
        for _, item in ipairs(list) do joined[#joined + 1] = item end
      elseif result and joined == nil and list ~= nil and how.result_key == list_of(how.result_key)[i] then
        result[how.result_key] = list
      elseif result and joined == nil and list ~= nil then
        result[list_of(how.result_key)[i]] = list
      end
    end
    result = result or page
    if options.max_items and count >= options.max_items then break end
  end
  local first = finds[1] and result and finds[1](result)
  for i = is_list(first) and options.max_items and #first or 0, (options.max_items or 0) + 1, -1 do first[i] = nil end
  for _, token in ipairs(list_of(how.output_token)) do result[token] = nil end
  return result
end

local function call(client, op, params, options)
  local outfile = options[3]
  if op.facts.streaming_output then
    if not outfile then
      return nil, "the reply is a stream: name the file that it goes to, or - for standard output", { code = "EINPUT" }
    end
    if outfile == "-" then return client:call(op.name, params, { sink = io.stdout }) end
    local file, message = io.open(outfile, "wb")
    if not file then return nil, message, { code = "EINPUT" } end
    local result, why, failure = client:call(op.name, params, { sink = file })
    file:close()
    if result == nil then os.remove(outfile) end
    return result, why, failure
  elseif outfile then
    return nil, ("%s: one word too many: members are written --member VALUE"):format(text.printable(outfile)),
      { code = "EINPUT" }
  elseif not options.no_paginate and client.service:pages_of(op) then
    return whole(client, op, params, options)
  end
  return client:call(op.name, params)
end

-- The operation that the words name; for `wait NAME`, that of the waiter, and its name.
local function operation_of(of, options)
  if options[2] ~= "wait" then return of:operation(options[2]) end
  if not options[3] then return nil, "wait for what? `passo aws help " .. of.name .. "` lists the waiters" end
  local waiter, message = of:waiter(options[3])
  if not waiter then return nil, message end
  return of:operation(waiter.operation), options[3]
end

local function act(shell, options)
  local of, message, failure = require("passo.aws.service").get(options[1])
  if not of then return refused(shell, message, failure) end
  if not options[2] then
    shell.complain(("which operation? `passo aws help %s` lists them"):format(of.name))
    return 2
  end
  local op, waiter = operation_of(of, options)
  if not op then
    shell.complain(waiter)
    return 2
  end
  local params
  params, message = words_of.params(op, options)
  if not params then
    shell.complain(message)
    return 2
  end
  local client
  client, message, failure = new_client(options, of.name)
  if not client then return refused(shell, message, failure) end
  local result
  if options.presign then
    local url, headers, method = client:presign(op.name, params, options.presign)
    if not url then return refused(shell, headers, method) end
    shell.print(url .. "\n")
    for name, value in pairs(headers) do shell.note(("send along: %s: %s\n"):format(name, value)) end
    return 0
  elseif waiter then
    result, message, failure = client:wait_until(waiter, params)
    return result ~= nil and 0 or refused(shell, message, failure)
  end
  result, message, failure = call(client, op, params, options)
  if result == nil then return refused(shell, message, failure) end
  return show(shell, options, result)
end

--- Members of operations are options too, which only their model knows.
function command.parse(words, declared)
  return words_of.parse(words, declared)
end

function command.run(shell, options)
  if not options[1] then
    shell.complain "aws needs a service and an operation: passo aws s3 list-buckets; `passo aws help` lists the services"
    return 2
  elseif options[1] == "help" then
    return help(shell, { options[2], options[3] })
  elseif options[#options] == "help" then
    return help(shell, { options[1], options[3] and options[2] or nil })
  elseif options[1] == "add-service" then
    return add_service(shell, options)
  end
  return act(shell, options)
end

return command
