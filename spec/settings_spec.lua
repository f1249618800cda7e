require "helper"
local settings = require "passo.aws.settings"

-- A home of its own for each spec: files by their name, and the environment that leads to them.
local folders = {}
local function home(files, env)
  local folder = os.tmpname()
  os.remove(folder)
  require("passo.core").make_folders(folder .. "/.aws/")
  folders[#folders + 1] = folder
  for name, text in pairs(files or {}) do
    local file = assert(io.open(folder .. "/.aws/" .. name, "wb"))
    file:write(text)
    file:close()
  end
  local all = { HOME = folder }
  for key, value in pairs(env or {}) do all[key] = value end
  return all, folder
end

local function load(files, env, options)
  local all = { env = home(files, env) }
  for key, value in pairs(options or {}) do all[key] = value end
  return settings.load(all)
end

describe("passo.aws.settings", function()
  teardown(function()
    for _, folder in ipairs(folders) do os.execute("rm -r '" .. folder .. "'") end
  end)

  it("knows nothing where there is nothing", function()
    local s = assert(load())
    assert.equal("default", s.profile)
    assert.is_nil(s.region)
    assert.is_nil(s.attempts)
    assert.is_nil(s:endpoint "S3")
    assert.equal("regional", s.sts_regional_endpoints)
  end)

  it("does without a home", function()
    local s = assert(settings.load { env = { AWS_REGION = "eu-west-1" } })
    assert.equal("eu-west-1", s.region)
    assert.matches("HOME is not set", s:why_no_files())
  end)

  it("takes the region from the option, then the environment, then the profile", function()
    local files = { config = "[default]\nregion = eu-central-1\n" }
    assert.equal("eu-central-1", load(files).region)
    assert.equal("eu-west-3", load(files, { AWS_DEFAULT_REGION = "eu-west-3" }).region)
    assert.equal("eu-west-2", load(files, { AWS_DEFAULT_REGION = "eu-west-3", AWS_REGION = "eu-west-2" }).region)
    assert.equal("sa-east-1", load(files, { AWS_REGION = "eu-west-2" }, { region = "sa-east-1" }).region)
    assert.equal("eu-central-1", load(files, { AWS_REGION = "" }).region)
  end)

  it("chooses the profile by option or environment", function()
    local files = { config = "[profile a]\nregion = ra\n[profile b]\nregion = rb\n[profile \"c d\"]\nregion = rc\n" }
    assert.equal("ra", load(files, { AWS_PROFILE = "a" }).region)
    assert.equal("rb", load(files, { AWS_PROFILE = "a", AWS_DEFAULT_PROFILE = "b" }).region)
    assert.equal("rc", load(files, { AWS_PROFILE = "a" }, { profile = "c d" }).region)
  end)

  it("says where a profile was looked for", function()
    local s, message, failure = load({ config = "[default]\n" }, { AWS_PROFILE = "staging" })
    assert.is_nil(s)
    assert.matches('profile "staging" is neither in .*/%.aws/config nor in .*/%.aws/credentials', message)
    assert.equal("EPROFILE", failure.code)
  end)

  it("puts the credentials file over the config file", function()
    local s = load { config = "[default]\nregion = a\noutput = json\n", credentials = "[default]\nregion = b\n" }
    assert.equal("b", s.region)
    assert.equal("json", s.values.output)
  end)

  it("reads files from other places", function()
    local env, folder = home { other = "[default]\nregion = elsewhere\n" }
    env.AWS_CONFIG_FILE = "~/.aws/other"
    assert.equal("elsewhere", settings.load { env = env }.region)
    env.PLACE, env.AWS_CONFIG_FILE = folder .. "/.aws", "$PLACE/other"
    assert.equal("elsewhere", settings.load { env = env }.region)
  end)

  it("remembers a file that cannot be read", function()
    local s = assert(settings.load { env = { HOME = "/nowhere", AWS_CONFIG_FILE = "/" } })
    assert.matches("^/: ", s.problems[1])
  end)

  it("names file and line of what is ill-formed", function()
    local s, message = load { config = "[default]\nregion = a\nnonsense\n" }
    assert.is_nil(s)
    assert.matches("/%.aws/config:%d+: ", message)
  end)

  it("reads numbers, switches and choices", function()
    local files = { config = table.concat({ "[default]", "max_attempts = 5", "retry_mode = Adaptive",
      "use_fips_endpoint = TRUE", "use_dualstack_endpoint = false", "ca_bundle = /ca.pem",
      "sts_regional_endpoints = legacy" }, "\n") .. "\n" }
    local s = assert(load(files))
    assert.same({ 5, "adaptive", true, false, "/ca.pem", "legacy" },
      { s.attempts, s.retry_mode, s.fips, s.dual_stack, s.ca_bundle, s.sts_regional_endpoints })
    s = assert(load(files, { AWS_MAX_ATTEMPTS = "2", AWS_RETRY_MODE = "standard", AWS_USE_FIPS_ENDPOINT = "false",
      AWS_USE_DUALSTACK_ENDPOINT = "true", AWS_CA_BUNDLE = "/env.pem", AWS_STS_REGIONAL_ENDPOINTS = "regional" }))
    assert.same({ 2, "standard", false, true, "/env.pem", "regional" },
      { s.attempts, s.retry_mode, s.fips, s.dual_stack, s.ca_bundle, s.sts_regional_endpoints })
  end)

  it("refuses what is no number or no choice", function()
    local _, message = load(nil, { AWS_MAX_ATTEMPTS = "many" })
    assert.matches("AWS_MAX_ATTEMPTS.*whole number", message)
    _, message = load(nil, { AWS_MAX_ATTEMPTS = "0" })
    assert.matches("whole number from 1", message)
    _, message = load(nil, { AWS_RETRY_MODE = "eager" })
    assert.matches('AWS_RETRY_MODE.*standard, legacy, adaptive.*"eager"', message)
  end)

  it("reads the s3 block", function()
    local s = assert(load { config = "[default]\ns3 =\n  addressing_style = path\n  use_accelerate_endpoint = true\n" })
    assert.equal("path", s.s3.addressing_style)
    assert.is_true(s.s3.use_accelerate_endpoint)
    local _, message = load { config = "[default]\ns3 =\n  addressing_style = sideways\n" }
    assert.matches("addressing_style", message)
  end)

  it("finds endpoints in the CLI's order", function()
    local files = { config = table.concat({ "[default]", "endpoint_url = http://profile", "services = local",
      "[services local]", "api_gateway =", "  endpoint_url = http://services", "" }, "\n") }
    assert.equal("http://services", load(files):endpoint "API Gateway")
    assert.equal("http://profile", load(files):endpoint "S3")
    local env = { AWS_ENDPOINT_URL = "http://all" }
    assert.equal("http://all", load(files, env):endpoint "API Gateway")
    env.AWS_ENDPOINT_URL_API_GATEWAY = "http://one"
    assert.equal("http://one", load(files, env):endpoint "API Gateway")
    assert.equal("http://all", load(files, env):endpoint "S3")
    env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "true"
    assert.is_nil(load(files, env):endpoint "S3")
  end)

  it("misses the services section that a profile names", function()
    local url, message = load({ config = "[default]\nservices = gone\n" }):endpoint "S3"
    assert.is_nil(url)
    assert.matches("%[services gone%]", message)
  end)

  it("knows how to reach the metadata service", function()
    local metadata = load():metadata()
    assert.same({ endpoint = "http://169.254.169.254", timeout_ms = 1000, attempts = 1, disabled = false,
      v1_allowed = false }, metadata)
    metadata = load({ config = "[default]\nec2_metadata_v1_disabled = false\n" }, {
      AWS_METADATA_SERVICE_TIMEOUT = "3", AWS_METADATA_SERVICE_NUM_ATTEMPTS = "2", AWS_EC2_METADATA_DISABLED = "True",
      AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "IPv6" }):metadata()
    assert.same({ endpoint = "http://[fd00:ec2::254]", timeout_ms = 3000, attempts = 2, disabled = true,
      v1_allowed = true }, metadata)
    local none, message = load(nil, { AWS_EC2_METADATA_SERVICE_ENDPOINT = "metadata" }):metadata()
    assert.is_nil(none)
    assert.matches("a URL was expected", message)
  end)
end)
