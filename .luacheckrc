std = "max+ngx_lua"
self = false -- a method may ignore whom it belongs to
max_line_length = 120
include_files = {
  "lua/**/*.lua", "spec/**/*.lua", "examples/**/*.lua", "rockspec/*.rockspec", ".busted", ".luacheckrc",
}
exclude_files = { "build" }
files["spec/**/*_spec.lua"] = { std = "max+busted" }
files["spec/aws/conversations.lua"] = { max_line_length = 140 } -- a line is what is said
files["spec/aws/*_live.lua"] = { std = "max+busted" }
files["spec/aws/*_fault.lua"] = { std = "max+busted" }
files["spec/helper.lua"] = { std = "max+busted" }
files["lua/passo/types.lua"] = { ignore = { "." } } -- declarations for the language server, never run
