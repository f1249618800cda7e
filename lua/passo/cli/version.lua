-- cli/version.lua: `passo version`.
local version = {
  summary = "print the version of passo and of the Lua it runs on",
  usage = "version",
  about = "",
  examples = "passo version\n",
  options = {},
}

function version.run(shell)
  local engine = rawget(_G, "jit")
  shell.print(("passo %s (%s)\n"):format(require("passo").version, engine and engine.version or _VERSION))
  return 0
end

return version
