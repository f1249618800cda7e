-- manager.lua: the manager's answer, from another process, which runs no execution and knows nothing but the token.
--   lua manager.lua STORE TOKEN yes|no
local store, token, decision = arg[1], arg[2], arg[3]
if decision ~= "yes" and decision ~= "no" then error("usage: lua manager.lua STORE TOKEN yes|no", 0) end

local passo = require "passo"

local engine = assert(passo.engine { store = store, max_running = 0 })
local kept, message
if decision == "yes" then
  kept, message = engine:send_task_success(token, { by = "the manager" })
else
  kept, message = engine:send_task_failure(token, "Refused", "too dear")
end
print(kept and "The answer is kept." or message)
engine:close()
