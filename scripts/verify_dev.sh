#!/usr/bin/env bash
# Verifies a stack: the local one, or with --endpoint a deployed one. The flags are
# those of `fluxa verify`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
make -s dist/bin/fluxa >&2
exec dist/bin/fluxa verify "$@"
