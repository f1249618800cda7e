--- Lets a program in spec/ find passo: as the paths say, else in a build folder.
--- PASSO_BUILD names the folder, by default build/release below the project's root.
return function(root)
  -- A caller's LUA_PATH may lead to half of it.
  if pcall(require, "passo.core") and pcall(require, "passo.text") then return end
  local build = os.getenv("PASSO_BUILD") or root .. "/build/release"
  local version = _VERSION:match("%d+%.%d+")
  package.path = ("%s/lua/?.lua;%s/lua/?/init.lua;%s"):format(root, root, package.path)
  package.cpath = ("%s/lib/lua/%s/?.so;%s"):format(build, version, package.cpath)
  local ok, message = pcall(require, "passo.core")
  if not ok then
    io.stderr:write("passo is not built for this Lua: ", message, "\n")
    os.exit(2)
  end
end
