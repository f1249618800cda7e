--- The stand-ins themselves: the witness must see what is wrong, else it proves nothing.
local servers = require "aws.servers"

describe("aws.servers", function()
  local s
  setup(function() s = servers.start { "moto", "proxy" } end)
  teardown(function() s:stop() end)

  it("lets through what botocore signed", function()
    assert(s:boto("s3", "create_bucket", { Bucket = "witness" }, { at = "proxy" }))
    assert(s:boto("s3", "put_object", { Bucket = "witness", Key = "a b/ü+=*%//..x", Body = "hi" }, { at = "proxy" }))
    assert.equal("hi", assert(s:boto("s3", "get_object", { Bucket = "witness", Key = "a b/ü+=*%//..x" })).Body)
    for _, seen in ipairs(s:verdicts()) do assert.is_true(seen.ok, seen.message) end
  end)

  it("refuses a wrong secret, and a key nobody has", function()
    local _, message, code = s:boto("sqs", "list_queues", {}, { at = "proxy", secret = "wrong" })
    assert.equal("SignatureDoesNotMatch", code)
    assert.matches("botocore signs this canonical request otherwise", message, 1, true)
    _, _, code = s:boto("sqs", "list_queues", {}, { at = "proxy", key_id = "AKIDNOBODY" })
    assert.equal("InvalidAccessKeyId", code)
  end)

  it("refuses a clock that is twenty minutes off, and keys that expired", function()
    assert(s:ask { ["do"] = "skew", seconds = 1200 })
    local _, _, code = s:boto("sqs", "list_queues", {}, { at = "proxy" })
    assert.equal("RequestTimeTooSkewed", code)
    assert(s:ask { ["do"] = "skew", seconds = 0 })
    assert(s:ask { ["do"] = "key", key_id = "AKIDSHORT", secret = "s" })
    assert(s:boto("sqs", "list_queues", {}, { at = "proxy", key_id = "AKIDSHORT", secret = "s" }))
    assert(s:ask { ["do"] = "expire", key_id = "AKIDSHORT" })
    _, _, code = s:boto("sqs", "list_queues", {}, { at = "proxy", key_id = "AKIDSHORT", secret = "s" })
    assert.equal("ExpiredToken", code)
  end)

  it("ends everything with the spec", function()
    local other = servers.start { "moto" }
    local folder = other.folder
    other:stop()
    assert.is_nil(io.open(folder .. "/ask"))
  end)
end)
