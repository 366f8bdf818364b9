#!/bin/sh
# Make .venv hold what the lock files name, and xiaolaba itself from this folder.
# Usage: scripts/setup.sh run|dev|train. Does nothing when that is done already.
set -eu
cd "$(dirname "$0")/.."
wanted=$1

fail() {
    echo "$*" >&2
    exit 1
}

python_at_least_3_11() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# What PYTHON names, or the first that is new enough.
find_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if python_at_least_3_11 "$name"; then
            echo "$name"
            return
        fi
    done
    fail "需要 Python 3.11 或更新的版本，没有找到（找过：${PYTHON:-python3、python3.11 至 3.14}）。
装好后再来。装在别处的，在命令后面写明，例如 PYTHON=/opt/python3.12/bin/python3"
}

# One line that changes with the Python, the locks and the project's own table.
fingerprint() {
    .venv/bin/python - <<'END'
import hashlib, pathlib, sys
files = sorted(pathlib.Path().glob("requirements*.lock")) + [pathlib.Path("pyproject.toml")]
content = b"".join(file.read_bytes() for file in files)
print(sys.version_info[:3], pathlib.Path().resolve(), hashlib.sha256(content).hexdigest())
END
}

# Not after its Python was removed or replaced by another minor version.
is_usable() {
    python_at_least_3_11 .venv/bin/python && .venv/bin/python -c 'import pip' 2>/dev/null
}

# Whoever can train has the tools of a developer, and they have all that a run needs.
is_current() {
    is_usable || return 1
    stamp=$(fingerprint)
    case $wanted in
        run) enough="run dev train" ;;
        dev) enough="dev train" ;;
        *) enough=$wanted ;;
    esac
    for done in $enough; do
        [ "$(cat ".venv/$done.stamp" 2>/dev/null)" = "$stamp" ] && return 0
    done
    return 1
}

install() {
    .venv/bin/python -m pip --quiet --disable-pip-version-check install "$@" < /dev/null
}

case $wanted in
    run) locks="-r requirements.lock -r requirements-build.lock" ;;
    dev) locks="-r requirements-dev.lock" ;;
    train) locks="-r requirements-dev.lock -r requirements-train.lock" ;;
    *) fail "usage: scripts/setup.sh run|dev|train" ;;
esac

is_current && exit 0
begin=$(date +%s)
echo "── setup: .venv ($wanted)"
if ! is_usable; then
    python=$(find_python)
    "$python" -m venv --clear .venv ||
        fail "建不了 .venv。Debian、Ubuntu 请先装：apt-get install python3-venv"
fi
rm -f .venv/*.stamp
# shellcheck disable=SC2086 — two words are two words
install --require-hashes $locks
install --no-deps --no-index --no-build-isolation --editable .
fingerprint > ".venv/$wanted.stamp"
echo "   setup took $(($(date +%s) - begin)) s"
