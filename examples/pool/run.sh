#!/bin/sh
# run.sh -- three worker processes on one SQLite file; one of them is killed (kill -9) in the middle of its work.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
lua=${LUA:-lua5.4}
folder=$(mktemp -d)
store=sqlite:$folder/pool.db
workers=
trap 'kill $workers 2>/dev/null || :; wait 2>/dev/null || :; rm -rf "$folder"' EXIT

for name in ana rui zoe; do
    $lua "$here/worker.lua" "$store" $name &
    workers="$workers $!"
done
victim=${workers##* }

$lua "$here/submit.lua" "$store" 200 &
submit=$!
sleep 2
echo "zoe is killed."
kill -9 "$victim"
wait $submit
