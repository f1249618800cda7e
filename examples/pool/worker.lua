-- worker.lua: one process of the pool. It takes what is due from the store, as the others do, until it is ended.
--   lua worker.lua STORE NAME
local store, name = arg[1], arg[2]
if not name then error("usage: lua worker.lua STORE NAME", 0) end

local passo = require "passo"

local engine = assert(passo.engine {
  store = store,
  name = name,
  max_running = 20, -- the rest is the others'
  handlers = {
    ["lua:shrink"] = function(input)
      passo.sleep(0.05) -- the work
      return input.picture .. ".small"
    end,
    ["lua:publish"] = function(input) return { thumbnail = input.thumbnail, by = name } end,
  },
})
engine:run()
