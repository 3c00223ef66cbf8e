#!/usr/bin/env bash
# Generates the clients in Python and TypeScript from docs/openapi.json into dist/clients,
# compiles them, and has each send and read events on a local stack of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$PWD/dist/clients
rm -rf "$out"
mkdir -p "$out/python" "$out/typescript"

.venv/clients/bin/openapi-python-client generate --path docs/openapi.json --meta none --fail-on-warning \
	--config clients/python/config.yaml --output-path "$out/python/fluxa_client" >&2
cp clients/python/smoke.py "$out/python"
.venv/clients/bin/python -m compileall -q "$out/python"

cp clients/typescript/* "$out/typescript"
npm ci --prefix "$out/typescript" --no-fund --no-audit --loglevel=error >&2
bin=$out/typescript/node_modules/.bin
"$bin/openapi-typescript" docs/openapi.json --empty-objects-unknown -o "$out/typescript/schema.ts" >&2
"$bin/tsc" --project "$out/typescript"

fluxa=dist/bin/fluxa
folder=$(mktemp -d)
trap '"$fluxa" down --dir "$folder/data" >&2; rm -rf "$folder"' EXIT
export FLUXA_API_KEY=the-key-of-the-smoke-test
"$fluxa" up --detach --dir "$folder/data" --port 0 >&2
FLUXA_ENDPOINT=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["api_url"])' "$folder/data/stack.json")
export FLUXA_ENDPOINT

.venv/clients/bin/python "$out/python/smoke.py"
node "$out/typescript/smoke.js"
