#!/bin/sh
# Makes lua/passo/aws/models anew from the botocore that is installed, or from the data folder given:
#   src/aws/models.sh [DATA]
# Lua finds passo.core by LUA_PATH and LUA_CPATH (build/env.sh sets them).
set -eu
cd "$(dirname "$0")/../.."
data=${1:-$(python3 -c 'import botocore, os; print(os.path.join(os.path.dirname(botocore.__file__), "data"))')}
folder=lua/passo/aws/models
mkdir -p "$folder"
rm -f "$folder"/*.json
LUA_PATH="lua/?.lua;lua/?/init.lua;${LUA_PATH:-;}" "${LUA:-lua5.4}" lua/passo/aws/generate.lua "$data" "$folder"
