--- peer.lua URL COUNT: passo; prints "name calls seconds cpu-seconds" for each workload.
--- peer.lua URL large: 1 GiB through a sink; prints "seconds rss-kilobytes".
local here = arg[0]:match "^(.*)/[^/]*$"
package.path = here .. "/../../?.lua;" .. package.path
require("locate")(here .. "/../../..")
local passo = require "passo"
local aws = require "passo.aws"
local clock = passo.core.clock

local url, count = arg[1], tonumber(arg[2])
local options = { region = "us-east-1", endpoint = url, path_style = true,
  credentials = { access_key_id = "AKIDBENCH", secret_access_key = "secret" } }
local db = assert(aws.client("dynamodb", options))
local s3 = assert(aws.client("s3", options))

if not count then
  local before, length = clock(), 0
  assert(s3:call("get_object", { Bucket = "bench", Key = "large" }, { sink = function(chunk)
    length = length + #chunk
  end }))
  assert(length == 1024 * 1024 * 1024, length)
  local took, peak = clock() - before, nil
  for line in io.lines "/proc/self/status" do peak = line:match "^VmHWM:%s+(%d+)" or peak end
  print(took, peak)
  return
end

local workloads = {
  { "GetItem", function()
    assert(assert(db:get_item { TableName = "bench", Key = { id = { S = "1" } } }).Item.id.S == "1")
  end },
  { "GetObject", function()
    assert(#assert(s3:get_object { Bucket = "bench", Key = "object" }).Body == 4096)
  end },
}
for _, workload in ipairs(workloads) do
  local name, call = workload[1], workload[2]
  for _ = 1, 300 do call() end
  local cpu, before = os.clock(), clock() -- os.clock counts all threads of the process
  for _ = 1, count do call() end
  print(name, count, clock() - before, os.clock() - cpu)
end
