#!/usr/bin/env bash
# Installs what this machine lacks for the named needs: build, cluster, test, lint, bench.
# Without a name: everything. Does nothing, in a moment, when all of it is there.
set -euo pipefail
cd "$(dirname "$0")/.."
needs=("${@:-all}")
cache=${HOLDFAST_CACHE:-$HOME/.cache/holdfast}

wanted() { [[ " ${needs[*]} " == *" all "* || " ${needs[*]} " == *" $1 "* ]]; }

missing=()
while read -r need package; do
    [[ -z $need || $need == \#* ]] && continue
    wanted "$need" || continue
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done < tools/packages.txt

if ((${#missing[@]})); then
    as_root=()
    if ((EUID != 0)); then
        command -v sudo > /dev/null || {
            echo "These Debian packages are missing and only root can install them: ${missing[*]}" >&2
            echo "Run as root: apt-get update && apt-get install -y ${missing[*]}" >&2
            exit 1
        }
        as_root=(sudo)
    fi
    echo "Installing Debian packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
fi

if wanted test || wanted cluster; then
    venv=$cache/venv
    stamp=$venv/requirements.txt
    if ! cmp -s tests/requirements.txt "$stamp"; then
        echo "Making the Python environment of the tests in $venv"
        mkdir -p "$cache"
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/requirements.txt
        cp tests/requirements.txt "$stamp"
    fi
    # Clients for Node are optional: without node their tests are skipped.
    if command -v npm > /dev/null && ! cmp -s tests/node/package-lock.json "$cache/node/package-lock.json"; then
        echo "Installing the clients for Node in $cache/node"
        rm -rf "$cache/node"
        mkdir -p "$cache/node"
        cp tests/node/package.json "$cache/node"
        (cd "$cache/node" && cp "$OLDPWD/tests/node/package-lock.json" . && npm ci --silent --no-audit --no-fund) || {
            rm -rf "$cache/node"  # so that the next run tries again
            exit 1
        }
    fi
    command -v go > /dev/null || {
        echo "The test cluster is built with Go 1.24 or newer, and there is no 'go' on the PATH." >&2
        echo "Install the Go toolchain, then run this again." >&2
        exit 1
    }
fi
