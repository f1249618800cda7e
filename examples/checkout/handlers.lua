-- handlers.lua: for the command line: passo run checkout.asl.json --handlers handlers.lua -i '{...}'
return require("shop").new():handlers()
