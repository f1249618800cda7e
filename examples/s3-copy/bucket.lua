-- bucket.lua: folders that answer like S3 buckets, and the two functions of the workflow.
--
-- A bucket is a folder below `root`; every file holds lines "amount,currency". Sums of batches go to root/sums.
local passo = require "passo"

local bucket = {}

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read "*a"
  file:close()
  return content
end

local function write(path, content)
  local file = assert(io.open(path, "wb"))
  file:write(content)
  file:close()
end

local function keys_of(folder)
  local keys = {}
  local pipe = io.popen("ls -1 '" .. folder .. "'")
  for key in pipe:lines() do
    keys[#keys + 1] = key
  end
  pipe:close()
  table.sort(keys)
  return keys
end

--- Cents in one file's text.
function bucket.cents(content)
  local total = 0
  for whole, cents in content:gmatch "(%d+)%.(%d%d),BRL" do
    total = total + tonumber(whole) * 100 + tonumber(cents)
  end
  return total
end

function bucket.handlers(root)
  return {
    ["arn:aws:states:::aws-sdk:s3:listObjectsV2"] = function(input)
      local keys, contents = keys_of(root .. "/" .. input.Bucket), {}
      -- The token is the last key that was given: opaque to the workflow.
      local from = 1
      while input.ContinuationToken and keys[from] and keys[from] <= input.ContinuationToken do
        from = from + 1
      end
      local to = math.min(#keys, from + input.MaxKeys - 1)
      for i = from, to do
        contents[#contents + 1] = { Key = keys[i], Size = 1 }
      end
      local page = { KeyCount = #contents, IsTruncated = to < #keys, Contents = passo.array(contents) }
      if to < #keys then
        page.NextContinuationToken = keys[to]
      end
      return page
    end,
    ["arn:aws:states:::aws-sdk:s3:copyObject"] = function(input)
      write(root .. "/" .. input.Bucket .. "/" .. input.Key, read(root .. "/" .. input.CopySource))
      return { CopyObjectResult = { ETag = '"' .. input.Key .. '"' } }
    end,
    ["sum-batch"] = function(input)
      local cents = 0
      for _, key in ipairs(input.keys) do
        cents = cents + bucket.cents(read(root .. "/" .. input.target .. "/" .. key))
      end
      write(root .. "/sums/" .. input.first, ("%d %d\n"):format(#input.keys, cents))
      return { files = #input.keys, cents = cents }
    end,
    reduce = function()
      local files, cents = 0, 0
      for _, key in ipairs(keys_of(root .. "/sums")) do
        local batch_files, batch_cents = read(root .. "/sums/" .. key):match "(%d+) (%d+)"
        files, cents = files + tonumber(batch_files), cents + tonumber(batch_cents)
      end
      write(root .. "/total.json", ('{"files": %d, "cents": %d}\n'):format(files, cents))
      return { files = files, cents = cents }
    end,
  }
end

return bucket
