#!/bin/sh
# Make .venvs hold independent implementations of the services' protocols, for the tests marked
# "peers": wechatpy, nonebot's OneBot adapter and, where there is node, the official WeCom SDK.
# Each in an environment of its own. Does nothing when that is done already.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}

is_current() {
    cmp -s "$1" "$2/stamp"
}

python_peer() {
    lock=scripts/peers/$1.txt
    home=.venvs/$1
    is_current "$lock" "$home" && return
    echo "── peers: $home"
    "$python" -m venv --clear "$home"
    "$home/bin/python" -m pip --quiet --disable-pip-version-check install \
        --require-hashes -r "$lock" < /dev/null
    cp "$lock" "$home/stamp"
}

node_peer() {
    source=scripts/peers/wecom-node
    home=.venvs/wecom-node
    is_current $source/package-lock.json $home && return
    if ! command -v npm > /dev/null; then
        echo "── peers: no npm here, left out: $home"
        return
    fi
    echo "── peers: $home"
    mkdir -p $home
    cp $source/package.json $source/package-lock.json $home
    npm ci --prefix $home --ignore-scripts --no-audit --no-fund --loglevel error
    cp $source/package-lock.json $home/stamp
}

python_peer wechatpy
python_peer nonebot
node_peer
