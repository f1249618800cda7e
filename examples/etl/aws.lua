-- aws.lua: a good night and a bad one of nightly.asl.json, on AWS Glue and SNS. provision.lua makes what it needs.
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path

local aws = require "passo.aws"
local history = require "passo.history"
local passo = require "passo"
local provision = require "provision"

-- On AWS a crawl takes a minute or two; a stand-in's is over as soon as somebody looks at it.
local STAND_IN = os.getenv "AWS_ENDPOINT_URL" ~= nil
local POLL_SECONDS = STAND_IN and 1 or 30

local machine = assert(passo.load(here .. "/nightly.asl.json"))
local glue = assert(aws.client "glue")

local function night(title, changes)
  local input = provision.input()
  input.poll_seconds = POLL_SECONDS
  for name, value in pairs(changes) do input[name] = value end
  local execution = assert(machine:start(input, { aws = STAND_IN and { poll = { first_s = 0.1 } } or true }))
  while execution:status() == "RUNNING" do
    assert(execution:advance(0.5))
    -- moto's crawls go on only when they are listed.
    if STAND_IN then glue:list_crawls { CrawlerName = input.crawler } end
  end
  local result = assert(execution:finish())
  print(("%s: %s after %s"):format(title, result.status, history.span(history.duration(execution:history()))))
  if result.error then print(("  %s: %s"):format(result.error, result.cause)) end
  return result
end

local good = night("A good night", {})
assert(good.status == "SUCCEEDED", good.cause)
print("  the job run " .. good.output.job_run.Id .. " " .. good.output.job_run.JobRunState)

local bad = night("A bad night, without its crawler", { crawler = "passo-example-none" })
assert(bad.error == "Glue.EntityNotFoundException", bad.error)
