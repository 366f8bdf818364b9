#!/bin/sh
# Have the programs that the tests need beside Python.
# Usage: scripts/system-packages.sh [chromium] [fonts] [postgresql] [node]; all without words.
# Installs what is missing as root with apt-get; otherwise says what to type, and fails.
set -eu

has() {
    case $1 in
        chromium) command -v chromium || command -v chromium-browser || command -v google-chrome ;;
        fonts) command -v fc-list && fc-list :lang=zh-cn family | grep . ;;
        postgresql) command -v initdb || ls /usr/lib/postgresql/*/bin/initdb ;;
        node) command -v node && command -v npm ;;
    esac > /dev/null 2>&1
}

missing() {
    for name in "$@"; do
        has "$name" || echo "$name"
    done
}

# The packages of a word: apt, dnf and brew call them differently.
packages() {
    manager=$1
    shift
    for name in "$@"; do
        case $manager-$name in
            *-chromium) echo chromium ;;
            apt-fonts) echo fontconfig fonts-noto-cjk ;;
            dnf-fonts) echo fontconfig google-noto-sans-cjk-fonts ;;
            brew-fonts) echo fontconfig font-noto-sans-cjk ;;
            apt-postgresql) echo postgresql ;;
            dnf-postgresql) echo postgresql-server ;;
            brew-postgresql) echo postgresql@17 ;;
            apt-node) echo nodejs npm ;;
            dnf-node) echo nodejs ;;
            brew-node) echo node ;;
        esac
    done | tr '\n' ' '
}

advise() {
    echo "missing for the tests: $*" >&2
    for manager in apt dnf brew; do
        command -v "$manager" > /dev/null 2>&1 || continue
        case $manager in
            apt) echo "type: sudo apt-get install $(packages apt "$@")" >&2 ;;
            dnf) echo "type: sudo dnf install $(packages dnf "$@")" >&2 ;;
            brew) echo "type: brew install $(packages brew "$@")" >&2 ;;
        esac
        return
    done
    echo "install them the way this system does" >&2
}

install_with_apt() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet
    # shellcheck disable=SC2046 — one word a package
    apt-get install --quiet --yes --no-install-recommends $(packages apt "$@") < /dev/null
}

[ $# -gt 0 ] || set -- chromium fonts postgresql node
for name in "$@"; do
    case $name in
        chromium | fonts | postgresql | node) ;;
        *) echo "unknown: $name" >&2 && exit 2 ;;
    esac
done
# shellcheck disable=SC2046 — one word a program
set -- $(missing "$@")
[ $# -gt 0 ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    install_with_apt "$@"
    # shellcheck disable=SC2046 — one word a program
    set -- $(missing "$@")
    [ $# -gt 0 ] || exit 0
fi
advise "$@"
exit 1
