#!/usr/bin/env bash
# Attacks the API of a local stack of its own with schemathesis: every operation of
# docs/openapi.json, with what the document allows, what it forbids, and sequences of both.
# Then no function may have logged an error, and the DLQ may have nothing but a second payload
# under an id: what the API accepts, the processor stores. CASES is how many cases each
# operation gets in each phase.
set -euo pipefail
cd "$(dirname "$0")/.."

fluxa=dist/bin/fluxa
folder=$(mktemp -d)
trap '"$fluxa" down --dir "$folder/data" >&2; rm -rf "$folder"' EXIT
export FLUXA_API_KEY=the-key-of-the-attacked-stack
"$fluxa" up --detach --dir "$folder/data" --port 0 >&2
url=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["api_url"])' "$folder/data/stack.json")

.venv/schemathesis/bin/schemathesis --config-file scripts/schemathesis.toml run docs/openapi.json --url "$url" \
	--max-examples "${CASES:-50}" --seed 1 "$@"

# Sends an event after the others and waits until it is stored.
"$fluxa" verify --dir "$folder/data" --skip-dlq
second='"error_code":"idempotency_conflict"'
letters=$("$fluxa" dlq export --dir "$folder/data" | { grep -v "$second" || true; })
errors=$(grep -h '"level":"ERROR"' "$folder"/data/logs/*.log* | { grep -v "$second" || true; })
if [ -n "$letters$errors" ]; then
	printf 'attack: what was accepted and not stored, and what the functions logged as errors:\n%s\n%s\n' "$letters" "$errors" >&2
	exit 1
fi
