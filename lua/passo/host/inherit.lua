--- What nginx's workers inherit: they may often not read what their master reads as root, but what is loaded before
--- they are forked they have. Elsewhere modules are loaded when they are needed.

--- Loads the modules named in the text, below `prefix`; nowhere but in nginx.
---@param prefix string "passo.aws."
---@param names string names with spaces between them
---@param are_optional boolean? one that cannot be loaded is left out: who needs it will say so
return function(prefix, names, are_optional)
  if not rawget(_G, "ngx") then return end
  for name in names:gmatch "%S+" do
    if are_optional then pcall(require, prefix .. name) else require(prefix .. name) end
  end
end
