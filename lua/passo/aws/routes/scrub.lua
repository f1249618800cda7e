--- Takes secrets out of what is to be kept: members with the names of secrets, known secrets wherever they stand, and
--- what signs or carries credentials inside other texts.
local core = require "passo.core"

local scrub = {}

scrub.MARK = "<scrubbed>"

-- Names in lower case and without what joins their words.
local NAMES = {}
for name in ([[authorization proxyauthorization cookie setcookie setcookie2 xamzsecuritytoken securitytoken
    xapikey apikey apikeyvalue secretaccesskey sessiontoken accesskeyid accesstoken refreshtoken idtoken
    authtoken authorizationtoken password passwd masteruserpassword secret clientsecret secretkey secretstring
    secretbinary secrethash privatekey keymaterial plaintext tasktoken credentials]]):gmatch "%S+" do
  NAMES[name] = true
end

-- Of presigned URLs, and of headers that stand in texts.
local PATTERNS = { "([Xx]%-[Aa]mz%-Signature=)[^&%s\"]+", "([Xx]%-[Aa]mz%-Security%-Token=)[^&%s\"]+",
  "([Xx]%-[Aa]mz%-Credential=)[^&%s\"]+", "(Bearer )[%w%-%._~%+/=]+", "(Basic )[%w%+/=]+" }

-- Shorter ones would take pieces out of ordinary words.
local SHORTEST = 6

local function plain_name(name)
  return (name:lower():gsub("[^%w]", ""))
end

-- All of `what` in `text` becomes `mark`.
local function replaced(text, what, mark)
  if #what < SHORTEST or not text:find(what, 1, true) then return text end
  local out, at = {}, 1
  while true do
    local from, to = text:find(what, at, true)
    if not from then break end
    out[#out + 1] = text:sub(at, from - 1)
    out[#out + 1] = mark
    at = to + 1
  end
  out[#out + 1] = text:sub(at)
  return table.concat(out)
end

local clean

-- Text that is JSON itself: a message's body, an input.
local function clean_json(self, text)
  local value = core.value(text)
  local tree = value and value:lua()
  if type(tree) ~= "table" then return text end
  clean(self, tree)
  return self.changed and core.encode(tree) or text
end

local function clean_text(self, text)
  local outer = self.changed
  self.changed = false
  if text:find "^%s*[%[{]" then text = clean_json(self, text) end
  local before = text
  for _, pair in ipairs(self.known) do text = replaced(text, pair[1], pair[2]) end
  for _, pattern in ipairs(PATTERNS) do text = text:gsub(pattern, "%1" .. scrub.MARK) end
  self.changed = outer or self.changed or text ~= before
  return text
end

function clean(self, tree)
  local decrypted = tree.Type == "SecureString" -- a parameter of Systems Manager
  for key, value in pairs(tree) do
    local is_secret = type(key) == "string" and (NAMES[plain_name(key)] or self.names[plain_name(key)]
      or (decrypted and key == "Value"))
    if is_secret and value ~= core.null then
      tree[key] = scrub.MARK
      self.changed = true
    elseif type(value) == "string" then
      tree[key] = clean_text(self, value)
    elseif type(value) == "table" then
      clean(self, value)
    end
  end
end

--- A copy without secrets, as JSON text with its numbers and the order of its members as they were.
---@param value any a passo.value, or Lua
---@param known {[1]: string, [2]: string}[] texts, and what stands for them
---@param names table<string, boolean> more names of secrets, from scrub.names
---@return string? json nil, message
function scrub.json(value, known, names)
  local given, message = core.value(value)
  if given == nil then return nil, message end
  local tree
  tree, message = core.value(given:json()):lua()
  if message then return nil, message end
  local self = { known = known, names = names, changed = false }
  if type(tree) == "table" then
    clean(self, tree)
  elseif type(tree) == "string" then
    tree = clean_text(self, tree)
  end
  return core.encode(tree)
end

--- One text without secrets.
function scrub.text(text, known, names)
  return clean_text({ known = known, names = names, changed = false }, text)
end

--- More names of secrets than everybody's.
---@param list? string[]
---@return table<string, boolean>
function scrub.names(list)
  local names = {}
  for _, name in ipairs(list or {}) do names[plain_name(name)] = true end
  return names
end

return scrub
