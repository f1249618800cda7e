--- What nginx's workers inherit: they may often not read what their master reads as root, but what is loaded before
--- they are forked they have. Elsewhere modules are loaded when they are needed.

--- Loads the modules named in the text, below `prefix`; nowhere but in nginx.
---@param prefix string "passo.aws."
---@param names string names with spaces between them
return function(prefix, names)
  if not rawget(_G, "ngx") then return end
  for name in names:gmatch "%S+" do require(prefix .. name) end
end
