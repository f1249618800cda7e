#!/bin/sh
# moto.sh -- runs a command with moto in AWS's place: one process of this machine that answers for many services.
#
#   ../moto.sh sh -c 'lua provision.lua create && lua aws.lua && lua provision.lua remove'
#
# Without it the same command goes to AWS itself. Needs moto (pip install 'moto[server]') and curl; PORT, default 5555.
set -eu
for needed in moto_server curl; do
    command -v $needed >/dev/null || {
        echo "moto.sh: $needed is not there (moto: pip install 'moto[server]')" >&2
        exit 1
    }
done
port=${PORT:-5555}
moto_server -H 127.0.0.1 -p "$port" >/dev/null 2>&1 &
moto=$!
trap 'kill $moto' EXIT
trap 'exit 130' INT TERM
tries=0
until curl -s -o /dev/null "http://127.0.0.1:$port/moto-api/"; do
    tries=$((tries + 1))
    if [ $tries -gt 100 ] || ! kill -0 $moto 2>/dev/null; then
        echo "moto.sh: moto does not answer on port $port" >&2
        exit 1
    fi
    sleep 0.1
done
AWS_ENDPOINT_URL=http://127.0.0.1:$port
AWS_ACCESS_KEY_ID=moto
AWS_SECRET_ACCESS_KEY=moto
AWS_REGION=${AWS_REGION:-us-east-1}
export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION
"$@"
