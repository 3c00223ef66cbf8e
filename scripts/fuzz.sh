#!/usr/bin/env bash
# Runs each fuzz target for FOR, one after the other. All are run; the exit code is 1 when
# one found something, which is then in its testdata/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."

failed=
while IFS=: read -r file _ line; do
	target=${line#func }
	target=${target%%(*}
	echo "$target, in $(dirname "$file"), for $FOR"
	go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$FOR" || failed="$failed $target"
done < <(grep -rn --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' bench cdk cli emulator functions local pkg proof | sort)
[ -z "$failed" ] || { echo "found something:$failed"; exit 1; }
