-- cli/aws_add.lua: `passo aws add-service`: botocore's model of a service becomes one of ours.
local files = require "passo.cli.files"

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

return function(shell, options)
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
