#!/bin/sh
# A PostgreSQL server of a spec's own: never as root, on loopback and a unix socket, in a folder of its own.
#
#   postgres.sh serve FOLDER OWNER [option...]   makes a cluster in the new FOLDER, starts it, prints its port, and
#                                                stays until the process OWNER is gone or FOLDER/stop is there; then
#                                                ends the server and removes the folder. Options are the server's.
#   postgres.sh start|stop|crash FOLDER          between the two
set -eu

verb=$1
folder=$2

for home in "${PASSO_POSTGRES:-}" /usr/lib/postgresql/15 /usr/lib/postgresql/* /usr; do
    bin=$home/bin
    [ -n "$home" ] && [ -x "$bin/postgres" ] && [ -x "$bin/initdb" ] && break
done
if [ ! -x "$bin/initdb" ]; then
    echo "there is no PostgreSQL server here: install postgresql" >&2
    exit 1
fi

# Without what a sanitizer loads into us, and away from folders that only root may enter.
as_server() {
    cd /
    if [ "$(id -u)" -eq 0 ]; then
        runuser -u "$(stat -c %U "$folder/data")" -- env -u LD_PRELOAD LC_ALL=C "$@"
    else
        env -u LD_PRELOAD LC_ALL=C "$@"
    fi
}

start() {
    as_server "$bin/pg_ctl" -s -w -t 60 -D "$folder/data" -l "$folder/log" start >/dev/null
}

stop() { # mode
    as_server "$bin/pg_ctl" -s -w -t 60 -D "$folder/data" -m "$1" stop >/dev/null
}

# Ports below the range the kernel gives to clients.
find_port() {
    port=$((20000 + $$ % 10000))
    while ss -ltn 2>/dev/null | grep -q ":$port "; do
        port=$((port + 1))
    done
}

serve() { # owner option...
    owner=$1
    shift
    user=$(id -un)
    [ "$(id -u)" -ne 0 ] || user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    mkdir -m 755 "$folder" "$folder/data"
    [ "$(id -u)" -ne 0 ] || chown "$user" "$folder" "$folder/data"
    as_server "$bin/initdb" -D "$folder/data" -A trust -U passo -E UTF8 --locale=C -N >"$folder/init.log" 2>&1
    find_port
    cat >>"$folder/data/postgresql.conf" <<END
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 100
shared_buffers = 64MB
max_wal_size = 2GB
END
    for option in "$@"; do
        echo "$option" >>"$folder/data/postgresql.conf"
    done
    # A signal to all of the spec's processes ends us, but not the server, which has a session of its own.
    trap 'stop immediate 2>/dev/null || true; rm -rf "$folder"' EXIT
    trap 'exit 1' HUP INT PIPE TERM
    start
    echo "$port"
    exec >&-
    while kill -0 "$owner" 2>/dev/null && [ ! -e "$folder/stop" ]; do
        sleep 0.2
    done
}

case $verb in
serve)
    shift 2
    serve "$@"
    ;;
start) start ;;
stop) stop fast ;;
crash) stop immediate ;;
*)
    echo "postgres.sh: serve, start, stop or crash, not '$verb'" >&2
    exit 2
    ;;
esac
