#!/bin/sh
# Runs a job in the GPU image: `entrypoint.sh retrain --task ad-click`. AWS Batch hands the signing key over as an environment
# variable; the jobs read it from a file, in memory, that only this user can read.
set -eu
cd "$(dirname "$0")/.."

if [ -n "${SELVEDGE_PRIVATE_KEY:-}" ]; then
  umask 077
  SELVEDGE_PRIVATE_KEY_FILE="$(mktemp -p /dev/shm selvedge-key.XXXXXX)"
  printf '%s\n' "$SELVEDGE_PRIVATE_KEY" > "$SELVEDGE_PRIVATE_KEY_FILE"
  export SELVEDGE_PRIVATE_KEY_FILE
  unset SELVEDGE_PRIVATE_KEY
fi

exec node training/cli.ts "$@"
