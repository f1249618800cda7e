--- What a Distributed Map reads from S3 (ItemReader) and writes there (ResultWriter).
---
--- A file is read as it comes, and only its rows are kept; files of a manifest or a listing are read some at a time.
local ahead = require "passo.aws.ahead"
local core = require "passo.core"

local items = {}

local MAX_MANIFEST = 64 * 1024 * 1024
local FILES_AT_ONCE, UPLOADS_AT_ONCE = 8, 4
-- A download that breaks off is begun again, this often in all.
local DOWNLOADS = 3
local BROKEN = { ERESET = true, ETIMEOUT = true }

local function plain(value)
  if value == nil or value == core.null then return nil end
  return value
end

-- The members of ItemReader's Parameters that the operation knows.
local function location_of(parameters)
  return { Bucket = parameters.Bucket, Key = parameters.Key, VersionId = plain(parameters.VersionId),
    ExpectedBucketOwner = plain(parameters.ExpectedBucketOwner) }
end

-- S3's refusal in the words of the SDK that AWS uses.
local function cause_of(message, failure)
  if not failure then return message end
  if not failure.status then
    return failure.code == "EINPUT" and message or "Unable to execute HTTP request: " .. tostring(failure.message)
  end
  local words = failure.message and failure.message ~= "" and failure.message or failure.code
  return ("%s (Service: S3, Status Code: %d, Request ID: %s)"):format(words, failure.status,
    failure.request_id and failure.request_id ~= "" and failure.request_id or "null")
end

-- result; nil, cause, whether it broke off
local function call(s3, operation, parameters, options)
  local result, message, failure = s3:call(operation, parameters, options)
  if result == nil then return nil, cause_of(message, failure), failure and BROKEN[failure.code] end
  return result
end

-- rows; nil, cause, whether it broke off
local function download(s3, location, config, max_items)
  local reader, message = core.item_reader(config, max_items, location.Key)
  if not reader then return nil, message end
  local enough = false
  local ok, why, broke = call(s3, "GetObject", location, { sink = function(chunk)
    enough = not reader:feed(chunk)
    return not enough
  end })
  if not ok and not enough then
    reader:close()
    return nil, why, broke
  end
  return reader:finish()
end

local function read_file(s3, location, config, max_items)
  local rows, message, broke
  for _ = 1, DOWNLOADS do
    rows, message, broke = download(s3, location, config, max_items)
    if rows ~= nil or not broke then break end
  end
  return rows, message
end

local function read_text(s3, location)
  local got, message = call(s3, "GetObject", location, { max_body = MAX_MANIFEST })
  if not got then return nil, message end
  return got.Body
end

-- A configuration without what only the first file is asked.
local function of_each_file(config)
  local copy = {}
  for name, value in pairs(config) do copy[name] = value end
  copy.Transformation, copy.ManifestType = nil, nil
  return copy
end

local function read_files(s3, files, config, max_items, job)
  local rows = core.rows(max_items)
  local ok, message = ahead.each(job.run.host, files, FILES_AT_ONCE, function(location)
    local left = max_items and max_items > 0 and max_items - rows:count() or nil
    return read_file(s3, location, config, left)
  end, function(read) return rows:add(read) end, job)
  if not ok then return nil, message end
  return rows:take()
end

local function read_manifest(s3, location, config, max_items, job)
  local text, message = read_text(s3, location)
  if not text then return nil, message end
  local manifest, why = core.read_manifest(text, config)
  if not manifest then return nil, why end
  return read_files(s3, manifest.files:lua(), manifest.config, max_items, job)
end

-- Calls take(contents) for each page until it wants no more.
local function list(s3, parameters, take)
  local request = { Bucket = parameters.Bucket, Prefix = plain(parameters.Prefix),
    Delimiter = plain(parameters.Delimiter), ExpectedBucketOwner = plain(parameters.ExpectedBucketOwner) }
  repeat
    local page, message = call(s3, "ListObjectsV2", request)
    if not page then return nil, message end
    if page.Contents and not take(page.Contents) then return true end
    request.ContinuationToken = page.NextContinuationToken
  until not page.IsTruncated
  return true
end

local function list_rows(s3, parameters, max_items)
  local rows = core.rows(max_items)
  local ok, message = list(s3, parameters, function(contents) return rows:list(contents) end)
  if not ok then return nil, message end
  return rows:take()
end

-- LOAD_AND_FLATTEN: what stands in the objects listed, one row after the other. Folders' own empty objects hold none.
local function load_and_flatten(s3, parameters, config, max_items, job)
  local files = {}
  local ok, message = list(s3, parameters, function(contents)
    for _, entry in ipairs(contents) do
      if not entry.Key:find "/$" then files[#files + 1] = { Bucket = parameters.Bucket, Key = entry.Key } end
    end
    return true
  end)
  if not ok then return nil, message end
  return read_files(s3, files, of_each_file(config), max_items, job)
end

--- The rows that an ItemReader asks for.
---@param s3 passo.aws.Client
---@param resource string the reader's resource: ...:s3:getObject or ...:s3:listObjectsV2
---@param parameters table Bucket and Key, or Bucket and Prefix
---@param config? table ReaderConfig
---@param max_items? integer
---@param job table the READ command, with its run
---@return passo.Value? rows nil, cause
function items.read(s3, resource, parameters, config, max_items, job)
  config = config or {}
  if resource:find "listObjects" then
    if config.Transformation == "LOAD_AND_FLATTEN" then
      return load_and_flatten(s3, parameters, config, max_items, job)
    end
    return list_rows(s3, parameters, max_items)
  end
  if config.InputType == "MANIFEST" or config.ManifestType then
    return read_manifest(s3, location_of(parameters), config, max_items, job)
  end
  return read_file(s3, location_of(parameters), config, max_items)
end

local function upload(s3, bucket, file)
  local put, message = call(s3, "PutObject", { Bucket = bucket, Key = file.key, Body = file.body,
    ContentType = "application/json" })
  if not put then return nil, message end
  return true
end

--- Writes a ResultWriter's files, the last one (the manifest) when all the others are there.
---@param s3 passo.aws.Client
---@param bucket string
---@param files {key: string, body: string}[]
---@param job table the WRITE command, with its run
---@return boolean? written nil, cause
function items.write(s3, bucket, files, job)
  local results = {}
  for i = 1, #files - 1 do results[i] = files[i] end
  local ok, message = ahead.each(job.run.host, results, UPLOADS_AT_ONCE, function(file)
    return upload(s3, bucket, file)
  end, nil, job)
  if not ok then return nil, message end
  return upload(s3, bucket, files[#files])
end

return items
