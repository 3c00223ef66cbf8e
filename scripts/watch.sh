#!/usr/bin/env bash
# Measures how long `make up WATCH=1` takes from a saved file to a replaced function: it runs
# a stack from a copy of HEAD, edits files there, and prints what the stack says of each.
# usage: RUNS=5 scripts/watch.sh
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${RUNS:-5}
copy=$(mktemp -d)
stack=
trap '[ -z "$stack" ] || { kill "$stack" 2>/dev/null && wait "$stack" 2>/dev/null; } || true; rm -rf "$copy"' EXIT
git archive HEAD | tar -x -C "$copy"
cd "$copy"
make --no-print-directory build

dist/bin/fluxa up --watch --dir data --port 0 >up.log 2>&1 &
stack=$!

# await waits until the log has more than so many lines that match.
await() {
	for _ in $(seq 600); do
		[ "$(grep -c "$1" up.log)" -le "$2" ] || return 0
		sleep 0.1
	done
	echo "the stack never said \"$1\"; it wrote:" >&2
	cat up.log >&2
	exit 1
}

await '^watching the sources' 0
echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
edit=0
for file in functions/ingest/handler.go functions/query/handler.go functions/processor/handler.go pkg/process/batch.go pkg/fault/code.go; do
	for _ in $(seq "$runs"); do
		said=$(grep -c ' replaced in ' up.log || true)
		edit=$((edit + 1))
		printf '\nvar edited%d = %d\n' "$edit" "$edit" >>"$file"
		await ' replaced in ' "$said"
	done
	functions=$(grep ' replaced in ' up.log | tail -n 1 | sed 's/ replaced in .*//')
	grep ' replaced in ' up.log | tail -n "$runs" | sed 's/.* replaced in \(.*\) s/\1/' | sort -n |
		awk -v file="$file" -v functions="$functions" '{took[NR] = $1}
			END {printf "%-30s %.1f s, %.1f to %.1f (%s)\n", file, took[int((NR + 1) / 2)], took[1], took[NR], functions}'
done
