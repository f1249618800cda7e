--- What a Distributed Map reads from S3 (ItemReader) and writes there (ResultWriter).
local core = require "passo.core"

local items = {}

local MAX_MANIFEST = 64 * 1024 * 1024

local function plain(value)
  if value == nil or value == core.null then return nil end
  return value
end

-- The members of ItemReader's Parameters that the operation knows.
local function location_of(parameters)
  return { Bucket = parameters.Bucket, Key = parameters.Key, VersionId = plain(parameters.VersionId),
    ExpectedBucketOwner = plain(parameters.ExpectedBucketOwner) }
end

-- The rows of one file, read as it arrives: nothing but the rows is kept.
local function read_file(s3, location, config, max_items)
  local reader, message = core.item_reader(config, max_items, location.Key)
  if not reader then return nil, message end
  local enough = false
  local ok, why = s3:call("GetObject", location, { sink = function(chunk)
    enough = not reader:feed(chunk)
    return not enough
  end })
  if not ok and not enough then return nil, why end
  return reader:finish()
end

local function read_text(s3, location)
  local got, message = s3:call("GetObject", location, { max_body = MAX_MANIFEST })
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

local function read_files(s3, files, config, max_items)
  local rows = core.rows(max_items)
  for _, location in ipairs(files) do
    local left = max_items and max_items > 0 and max_items - rows:count() or nil
    local read, message = read_file(s3, location, config, left)
    if not read then return nil, message end
    if not rows:add(read) then break end
  end
  return rows:take()
end

local function read_manifest(s3, location, config, max_items)
  local text, message = read_text(s3, location)
  if not text then return nil, message end
  local manifest, why = core.read_manifest(text, config)
  if not manifest then return nil, why end
  return read_files(s3, manifest.files:lua(), manifest.config, max_items)
end

-- Calls take(contents) for each page until it wants no more.
local function list(s3, parameters, take)
  local request = { Bucket = parameters.Bucket, Prefix = plain(parameters.Prefix),
    Delimiter = plain(parameters.Delimiter), ExpectedBucketOwner = plain(parameters.ExpectedBucketOwner) }
  repeat
    local page, message = s3:call("ListObjectsV2", request)
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
local function load_and_flatten(s3, parameters, config, max_items)
  local files = {}
  local ok, message = list(s3, parameters, function(contents)
    for _, entry in ipairs(contents) do
      if not entry.Key:find "/$" then files[#files + 1] = { Bucket = parameters.Bucket, Key = entry.Key } end
    end
    return true
  end)
  if not ok then return nil, message end
  return read_files(s3, files, of_each_file(config), max_items)
end

--- The rows that an ItemReader asks for.
---@param s3 passo.aws.Client
---@param resource string the reader's resource: ...:s3:getObject or ...:s3:listObjectsV2
---@param parameters table Bucket and Key, or Bucket and Prefix
---@param config? table ReaderConfig
---@param max_items? integer
---@return passo.Value? rows nil, cause
function items.read(s3, resource, parameters, config, max_items)
  config = config or {}
  if resource:find "listObjects" then
    if config.Transformation == "LOAD_AND_FLATTEN" then return load_and_flatten(s3, parameters, config, max_items) end
    return list_rows(s3, parameters, max_items)
  end
  if config.InputType == "MANIFEST" or config.ManifestType then
    return read_manifest(s3, location_of(parameters), config, max_items)
  end
  return read_file(s3, location_of(parameters), config, max_items)
end

--- Writes one of a ResultWriter's files.
---@param s3 passo.aws.Client
---@param file {Bucket: string, Key: string, Body: string}
---@return boolean? written nil, cause
function items.write(s3, file)
  local put, message = s3:call("PutObject", { Bucket = file.Bucket, Key = file.Key, Body = file.Body,
    ContentType = "application/json" })
  if not put then return nil, message end
  return true
end

return items
