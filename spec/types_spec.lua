require "helper"
local core = require "passo.core"
local types = require "passo.types"

-- The methods behind a userdata: its metatable is locked, so debug looks.
local function methods(object)
  return debug.getmetatable(object).__index
end

describe("passo.types", function()
  local machine = core.machine '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}'
  local exec = core.exec(machine, {})
  local bound = { core = core, jsonata = methods(core.jsonata "1"), value = methods(core.value "1"),
    number = methods(core.int64(1)), machine = methods(machine), exec = methods(exec),
    events = methods(exec:take_events()) }
  local model = assert(require("passo.aws.models").get "sts")
  bound.aws_model, bound.aws_operation = methods(model), methods(model:operation "GetCallerIdentity")
  local net_core = require "passo.net.core"
  local port = net_core.port "inline"
  local transfer = port:submit("GET", "http://127.0.0.1:1/")
  bound.net_core, bound.port, bound.transfer = net_core, methods(port), methods(transfer)
  local aws_core = require "passo.aws.core"
  bound.aws_core = aws_core
  bound.request, bound.keys = methods(aws_core.request("GET", "http://127.0.0.1/")), methods(aws_core.keys("id", "x"))

  local has_sqlite, sqlite_core = pcall(require, "passo.sqlite.core")
  if has_sqlite then
    bound.sqlite_core, bound.store_port = sqlite_core, methods(sqlite_core.open "unused.db")
  end

  for name, functions in pairs(bound) do
    it("knows every function of " .. name, function()
      for key, value in pairs(functions) do
        if type(value) == "function" then assert.is_function(types[name][key], name .. "." .. key) end
      end
    end)

    it("knows no function that " .. name .. " lacks", function()
      for key in pairs(types[name]) do assert.is_function(functions[key], name .. "." .. key) end
    end)
  end
end)
