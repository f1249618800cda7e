-- Loaded before the specs: the collector never rests, so that what is not anchored dies at once.
-- 5.4's incremental mode is asked for by name, since a generational one would ignore the pause.
if _VERSION == "Lua 5.4" then
  collectgarbage("incremental", 1, 1000, 2)
else
  collectgarbage("setpause", 1)
  collectgarbage("setstepmul", 1000)
end
