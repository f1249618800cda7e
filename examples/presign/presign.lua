-- presign.lua: a file goes up to S3 and comes down again by curl, which has no credentials: the URLs are enough.
-- provision.lua makes the bucket.
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path

local aws = require "passo.aws"
local provision = require "provision"

local SECONDS = 60

local bucket = provision.bucket()
local s3 = assert(aws.client "s3")

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- curl's output, and the status it was answered with.
local function curl(arguments)
  local pipe = assert(io.popen("curl -s -w '\\n%{http_code}' " .. arguments))
  local text = pipe:read "*a"
  pipe:close()
  return text:match "^(.*)\n(%d+)$"
end

-- What must be sent along with a URL: a browser's fetch() sets the same headers.
local function flags(headers)
  local out = {}
  for name, value in pairs(headers or {}) do out[#out + 1] = "-H " .. quote(name .. ": " .. value) end
  table.sort(out)
  return table.concat(out, " ")
end

local file = os.tmpname()
local handle = assert(io.open(file, "wb"))
handle:write "date,amount\n2026-01-05,12.50\n"
handle:close()

local url, headers = s3:presign("put_object", { Bucket = bucket, Key = "uploads/report.csv", ContentType = "text/csv" },
  SECONDS)
assert(url, headers)
local _, status = curl(("-X PUT --data-binary @%s -H 'Content-Type: text/csv' %s %s"):format(quote(file),
  flags(headers), quote(url)))
os.remove(file)
print(("Upload by a URL that is good for %d seconds: HTTP %s"):format(SECONDS, status))
assert(status == "200", "the upload was refused")

local params = { Bucket = bucket, Key = "uploads/report.csv",
  ResponseContentDisposition = 'attachment; filename="report.csv"' }
url, headers = s3:presign("get_object", params, SECONDS)
assert(url, headers)
local text
text, status = curl(flags(headers) .. " " .. quote(url))
print(("Download: HTTP %s, %d bytes, %s"):format(status, #text, text:match "^[^\n]*"))
assert(status == "200" and text:find("12.50", 1, true), "the download failed")

-- One that is good for a second, used after two. moto, unlike S3, does not look at the time.
url = assert(s3:presign("get_object", params, 1))
os.execute "sleep 2"
_, status = curl(quote(url))
local expires = url:match "X%-Amz%-Expires=(%d+)"
print(("Too late, by a URL that was good for %s second: HTTP %s"):format(expires, status))
assert(status == "403" or os.getenv "AWS_ENDPOINT_URL", "the URL should have expired")
