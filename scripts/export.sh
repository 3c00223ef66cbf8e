#!/usr/bin/env bash
# Exports events of a local stack of its own, in both formats, and has DuckDB read them
# back: counts, sums and bytes must be those of the tables, and maintain may have taken no
# more than its memory. EVENTS is how many there are.
set -euo pipefail
cd "$(dirname "$0")/.."

fluxa=$PWD/dist/bin/fluxa
python=.venv/duckdb/bin/python
folder=$(mktemp -d)
trap '"$fluxa" down --dir "$folder/data" >&2; rm -rf "$folder"' EXIT
export FLUXA_API_KEY=the-key-of-the-export FLUXA_DIR=$folder/data
"$fluxa" up --detach --port 0 >&2

read -r from to < <("$python" scripts/exported.py fill "$folder/data/stack.json" "${EVENTS:-20000}")
for format in parquet ndjson; do
	export_it() { "$fluxa" export --from "$from" --to "$to" --format "$format" "$folder/$format"; }
	# Interrupted after three seconds, it goes on where it was.
	timeout --signal INT 3 "$fluxa" export --from "$from" --to "$to" --format "$format" "$folder/$format" >&2 || true
	begun=$(date +%s)
	export_it
	echo "$format: $(($(date +%s) - begun)) s"
	"$python" scripts/exported.py check "$folder/data/stack.json" "$format" "$folder/$format" "$from" "$to"
done
"$python" scripts/exported.py memory "$folder/data/stack.json"
