--- Buckets on this machine: `Bucket = "file:///folder"`, keys are paths below it.
local core = require "passo.core"

local files = {}

function files.is_local(bucket)
  return type(bucket) == "string" and bucket:sub(1, 7) == "file://"
end

-- The path of a key; nil, message where it would leave the folder.
local function path_of(bucket, key)
  if ("/" .. key .. "/"):find("/../", 1, true) then return nil, ("the key '%s' leaves its bucket"):format(key) end
  return (bucket:sub(8):gsub("/+$", "")) .. "/" .. key
end

--- The bytes of {Bucket, Key}.
function files.read(parameters)
  local path, message = path_of(parameters.Bucket, tostring(parameters.Key))
  if not path then return nil, message end
  local file, why = io.open(path, "rb")
  if not file then return nil, why end
  local text, broken = file:read "*a"
  file:close()
  if not text then return nil, ("%s: %s"):format(path, broken) end
  return text
end

--- The rows of {Bucket, Prefix}: {Etag, Key, LastModified, Size, StorageClass}, in the order of their keys.
function files.list(parameters)
  local folder = parameters.Bucket:sub(8):gsub("/+$", "")
  return core.list_files(folder == "" and "/" or folder, parameters.Prefix ~= core.null and parameters.Prefix or "")
end

--- Writes {Bucket, Key, Body}, making the folders on the way.
function files.write(parameters)
  local path, message = path_of(parameters.Bucket, parameters.Key)
  if not path then return nil, message end
  local ok, why = core.make_folders(path)
  if not ok then return nil, why end
  local file
  file, why = io.open(path, "wb")
  if not file then return nil, why end
  local written, broken = file:write(parameters.Body)
  local closed, late = file:close()
  if not written or not closed then return nil, ("%s: %s"):format(path, broken or late) end
  return true
end

return files
