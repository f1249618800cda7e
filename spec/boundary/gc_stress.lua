-- Run by every Lua before anything else (LUA_INIT): the collector never rests, so that what is not
-- anchored dies at once.
-- PASSO_GC=generational asks Lua 5.4 for its other collector; the modes are asked for by name, since
-- each has parameters that the other would ignore.
local wanted = os.getenv "PASSO_GC"

if _VERSION ~= "Lua 5.4" then
  collectgarbage("setpause", 1)
  collectgarbage("setstepmul", 1000)
elseif wanted == "generational" then
  collectgarbage("generational", 1, 1)
else
  collectgarbage("incremental", 1, 1000, 2)
end
