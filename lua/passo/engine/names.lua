--- Names and ARNs: which characters a name may have, how an ARN is made and taken apart.
local core = require "passo.core"
local errors = require "passo.engine.errors"

local names = {}

-- Characters that no name has, beside control characters and spaces.
local FORBIDDEN = '[%c <>{}%[%]?*"#%%\\^|~`$&,;:/\127]'

--- Whether a state machine, an execution or an activity may have the name: its length is the model's business.
function names.is_name(name)
  if name:find(FORBIDDEN) then return false end
  if not name:find "[\128-\255]" then return true end
  if not core.encode(name) then return false end -- no UTF-8
  if name:find "\194[\128-\159]" then return false end -- U+0080 to U+009F
  if name:find "\239\191[\190\191]" then return false end -- U+FFFE and U+FFFF
  -- White space beyond ASCII: U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000.
  return not (name:find "\194\160" or name:find "\225\154\128" or name:find "\226\128[\128-\138\168\169\175]"
    or name:find "\226\129\159" or name:find "\227\128\128")
end

--- true, or nil, message, failure.
function names.check(name)
  if names.is_name(name) then return true end
  return errors.invalid_name(name)
end

-- The digit that says which kind of UUID it is, of a random digit.
local VARIANT = {}
for digit in ("0123456789abcdef"):gmatch "." do VARIANT[digit] = ("89ab"):sub(tonumber(digit, 16) % 4 + 1):sub(1, 1) end

--- A random name: a version 4 UUID.
function names.uuid()
  local hex = core.digest("md5", core.random(16)) -- random bytes stay so; this is the fastest way to write them
  return hex:sub(1, 8) .. "-" .. hex:sub(9, 12) .. "-4" .. hex:sub(14, 16) .. "-" .. VARIANT[hex:sub(17, 17)]
    .. hex:sub(18, 20) .. "-" .. hex:sub(21)
end

-- making -------------------------------------------------------------------------------------------

function names.partition(region)
  if region:find "^cn%-" then return "aws-cn" end
  if region:find "^us%-gov%-" then return "aws-us-gov" end
  return "aws"
end

--- An ARN of this engine: names.arn(engine, "stateMachine", "checkout").
function names.arn(engine, resource_type, name)
  return ("arn:%s:states:%s:%s:%s:%s"):format(names.partition(engine.region), engine.region, engine.account,
    resource_type, name)
end

--- The ARN of an execution of a machine; an Express one has an id of its own.
---@param machine table parsed or with its `arn`
function names.execution_arn(machine_arn, name, express_id)
  local head, machine = machine_arn:match "^(.*):stateMachine:(.+)$"
  if express_id then return ("%s:express:%s:%s:%s"):format(head, machine, name, express_id) end
  return ("%s:execution:%s:%s"):format(head, machine, name)
end

-- taking apart -------------------------------------------------------------------------------------

local takes = {}

-- name, name/label, name:12, name:ALIAS, name/label:...
function takes.stateMachine(parsed, rest)
  local name, qualifier = rest:match "^([^:]+):(.+)$"
  parsed.qualifier = qualifier
  parsed.name = name or rest
  parsed.machine_arn = parsed.head .. ":stateMachine:" .. parsed.name
  local plain, label = parsed.name:match "^([^/]+)/(.+)$"
  if label then
    parsed.name, parsed.label = plain, label
    parsed.machine_arn = parsed.head .. ":stateMachine:" .. plain
  end
  if qualifier then
    if qualifier:find "^%d+$" then parsed.version = tonumber(qualifier) else parsed.alias = qualifier end
  end
  return parsed.name ~= "" and not (qualifier and qualifier:find ":")
end

function takes.execution(parsed, rest)
  parsed.machine, parsed.name = rest:match "^([^:]+):(.+)$"
  return parsed.machine ~= nil
end

function takes.express(parsed, rest)
  parsed.machine, parsed.name, parsed.id = rest:match "^([^:]+):([^:]+):([^:]+)$"
  return true
end

function takes.activity(parsed, rest)
  parsed.name = rest
  return rest ~= ""
end

function takes.mapRun(parsed, rest)
  parsed.machine, parsed.name = rest:match "^([^:]+):(.+)$"
  return parsed.machine ~= nil
end

--- An ARN's parts; it must be of one of the types: names.parse(arn, "execution"). Members: arn, type, head (what stands
--- before the type), name, and by type machine_arn, label, qualifier, version, alias, machine, id.
---@return table? parsed nil, message, failure
function names.parse(arn, ...)
  if arn:sub(1, 4) ~= "arn:" then return errors.invalid_arn("Invalid ARN prefix: " .. arn) end
  local head, resource_type, rest = arn:match "^(arn:[^:]+:[^:]+:[^:]*:[^:]*):([^:]+):(.+)$"
  if not head then return errors.invalid_arn("Invalid ARN: " .. arn) end
  local wanted = false
  for i = 1, select("#", ...) do wanted = wanted or (select(i, ...)) == resource_type end
  if not wanted then return errors.wrong_type(resource_type) end
  local parsed = { arn = arn, head = head, type = resource_type }
  if not head:find "^arn:aws[%w-]*:states:[%w-]+:%d+$" or not takes[resource_type](parsed, rest) then
    return errors.invalid_arn("Invalid ARN: " .. arn)
  end
  return parsed
end

--- A machine's ARN, taken apart; a program of one's own may give a name ("checkout", "checkout:PROD") instead.
---@param is_short boolean a plain name will do
function names.machine(engine, given, is_short)
  if is_short and given:sub(1, 4) ~= "arn:" then given = names.arn(engine, "stateMachine", given) end
  return names.parse(given, "stateMachine")
end

--- The role of machines that a program gives none.
function names.default_role(engine)
  return engine.role_arn or ("arn:%s:iam::%s:role/passo"):format(names.partition(engine.region), engine.account)
end

--- Whether a role's ARN is one.
function names.check_role(arn)
  if arn:find "^arn:aws[%w-]*:iam::%d+:role/.+$" then return true end
  return errors.fail("InvalidArn", ("Invalid Role Arn: '%s'"):format(arn))
end

return names
