#!/bin/sh
# survive.sh -- an order that is not lost: its process is killed (kill -9) while the bank is being asked, and another
# process goes on with it. Keeps everything in a folder of its own, which is removed at the end.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
lua=${LUA:-lua5.4}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

echo "A process takes an order:"
$lua "$here/survive.lua" "$folder" &
shop=$!
tries=0
until [ -s "$folder/bank.txt" ]; do
    tries=$((tries + 1))
    if [ $tries -gt 100 ] || ! kill -0 $shop 2>/dev/null; then
        echo "survive.sh: the bank was never asked" >&2
        exit 1
    fi
    sleep 0.1
done
sleep 0.2
kill -9 $shop
wait $shop 2>/dev/null || :
echo "It is killed while the bank is at work. Another process goes on:"
$lua "$here/survive.lua" "$folder"
printf '\nThe bank took '
cat "$folder/bank.txt"
[ "$(wc -l <"$folder/bank.txt")" -eq 1 ]
