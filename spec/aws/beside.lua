--- Runs a Python program that asks botocore: the one installed for the AWS suites, else the machine's.
local beside = {}

---@param script string path from the project's root
---@param arguments string
---@return file* pipe empty where there is no botocore
function beside.run(script, arguments)
  local home = os.getenv "PASSO_AWS_SERVERS" or (os.getenv "HOME" or "") .. "/.cache/passo/aws"
  local python = home .. "/python/bin/python3"
  local file = io.open(python)
  if file then file:close() else python = "python3" end
  return assert(io.popen(("env -u LD_PRELOAD '%s' %s %s 2>/dev/null"):format(python, script, arguments)))
end

return beside
