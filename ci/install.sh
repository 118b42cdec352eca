#!/bin/sh
# Puts patchtrain where the following steps find it, and says which it is.
#
#   PATCHTRAIN_URL     where a binary for this machine lies; left out, the one that is on PATH is used
#   PATCHTRAIN_SHA256  what its SHA-256 must be; no binary is taken without
#   PATCHTRAIN_BIN     the folder it is put into [default: $RUNNER_TEMP/patchtrain, else ./.patchtrain]
#
# On GitHub the folder is added to PATH; elsewhere the script prints it last, for `PATH=$(ci/install.sh):$PATH`.
set -eu

if [ -z "${PATCHTRAIN_URL:-}" ]; then
    found=$(command -v patchtrain) || {
        echo "patchtrain is not installed: set PATCHTRAIN_URL and PATCHTRAIN_SHA256, or use an image that has it" >&2
        exit 1
    }
    patchtrain --version >&2
    dirname "$found"
    exit
fi
if [ -z "${PATCHTRAIN_SHA256:-}" ]; then
    echo "PATCHTRAIN_SHA256 is not set: what comes from $PATCHTRAIN_URL would be run unchecked" >&2
    exit 1
fi

if [ -n "${PATCHTRAIN_BIN:-}" ]; then
    folder=$PATCHTRAIN_BIN
elif [ -n "${RUNNER_TEMP:-}" ]; then
    folder=$RUNNER_TEMP/patchtrain
else
    folder=$PWD/.patchtrain
fi
mkdir -p "$folder"
curl --fail --silent --show-error --location --retry 3 --max-time 300 --output "$folder/patchtrain.new" "$PATCHTRAIN_URL"
if ! printf '%s  %s\n' "$PATCHTRAIN_SHA256" "$folder/patchtrain.new" | sha256sum -c - >/dev/null 2>&1; then
    rm -f "$folder/patchtrain.new"
    echo "what lies at $PATCHTRAIN_URL has another SHA-256 than $PATCHTRAIN_SHA256: not installed" >&2
    exit 1
fi
chmod 755 "$folder/patchtrain.new"
mv "$folder/patchtrain.new" "$folder/patchtrain"
"$folder/patchtrain" --version >&2
[ -z "${GITHUB_PATH:-}" ] || printf '%s\n' "$folder" >>"$GITHUB_PATH"
printf '%s\n' "$folder"
