--- Which proxy a request goes through: the one it names, or the one the environment names.
local proxy = {}

-- As everybody has them; HTTP_PROXY in capitals is a header of CGI's, not a setting.
local NAMES = { http = { "http_proxy", "all_proxy", "ALL_PROXY" },
  https = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" } }

local environment

local function read_environment()
  environment = { none = os.getenv "no_proxy" or os.getenv "NO_PROXY" }
  for scheme, names in pairs(NAMES) do
    for _, name in ipairs(names) do
      local value = os.getenv(name)
      if value and value ~= "" and not environment[scheme] then
        environment[scheme], environment.any = value, true
      end
    end
  end
end

--- The proxy (nil: none) and the hosts that do without it.
function proxy.choose(url, options)
  local named = options and options.proxy
  if named then return named, options.no_proxy end
  -- A filter looks at addresses: through a proxy that nobody has named for it, it would see the proxy's only.
  if named == false or (options and options.filter) then return nil end
  if not environment then read_environment() end
  if not environment.any then return nil end
  return environment[(url:match "^%a+" or ""):lower()], options and options.no_proxy or environment.none
end

return proxy
