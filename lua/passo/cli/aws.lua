-- cli/aws.lua: `passo aws`: one call of any AWS service, for trying things.
local show = require "passo.cli.aws_show"
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
    { name = "to", value = "FOLDER", only = "add-service", help = "of add-service: where the model goes" },
    { name = "name", value = "NAME", only = "add-service", help = "of add-service: what the service is called" },
  },
}

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

-- Adds a page's lists to the result's; how many of the first kind it had.
local function join(result, page, keys, finds)
  local count = 0
  for i, find in ipairs(finds) do
    local list, joined = find(page), find(result)
    if i == 1 and show.is_list(list) then count = #list end
    if page ~= result and show.is_list(joined) and show.is_list(list) then
      for _, item in ipairs(list) do joined[#joined + 1] = item end
    elseif joined == nil and list ~= nil then
      result[keys[i]] = list
    end
  end
  return count
end

-- All pages as one result: their lists are joined, what tells of further pages is left out.
local function whole(client, op, params, most)
  local how = client.service:pages_of(op)
  local keys, finds = list_of(how.result_key), {}
  for i, expression in ipairs(keys) do finds[i] = assert(require("passo.aws.jmespath").compile(expression)) end
  local pages, count = client:pages(op.name, params), 0
  local result, message, failure = pages:next()
  local page = result
  while page do
    count = count + join(result, page, keys, finds)
    if most and count >= most then break end
    page, message, failure = pages:next()
  end
  if failure then return nil, message, failure end
  local first = finds[1] and finds[1](result)
  if most and show.is_list(first) then
    for i = #first, most + 1, -1 do first[i] = nil end
  end
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
    return whole(client, op, params, options.max_items)
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
  local of, message, failure = words_of.service(options[1])
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
  return show.result(shell, options, result)
end

--- Members of operations are options too, which only their model knows.
function command.parse(words, declared)
  return words_of.parse(words, declared)
end

function command.run(shell, options)
  if not options[1] then
    shell.complain "aws needs a service and an operation: passo aws s3 list-buckets; `passo aws help` lists services"
    return 2
  elseif options[1] == "help" then
    return show.help(shell, { options[2], options[3] })
  elseif options[#options] == "help" then
    return show.help(shell, { options[1], options[3] and options[2] or nil })
  elseif options[1] == "add-service" then
    local other = options.members[1]
    if other then
      shell.complain(("add-service has no option --%s"):format(text.printable(other.name)))
      return 2
    end
    return require "passo.cli.aws_add"(shell, options)
  end
  return act(shell, options)
end

return command
