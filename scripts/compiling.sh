#!/usr/bin/env bash
# Reads what `go build -v` writes, a line for each package that it compiles, and counts
# them: on a terminal in one line, elsewhere once in ten seconds. Everything else, such as
# errors, passes. What is compiled already is not counted, so nobody knows how many follow.
set -euo pipefail

counted=0 next=10
while IFS= read -r line; do
	if [[ ! $line =~ ^[a-zA-Z0-9][a-zA-Z0-9._~/-]*$ ]]; then
		if [ -t 1 ] && ((counted > 0)); then printf '\r\033[K'; fi
		printf '%s\n' "$line"
		continue
	fi
	counted=$((counted + 1))
	if [ -t 1 ]; then
		printf '\r\033[K  %d packages, %d s' "$counted" "$SECONDS"
	elif ((SECONDS >= next)); then
		printf '  %d packages, %d s\n' "$counted" "$SECONDS"
		next=$((SECONDS + 10))
	fi
done
if [ -t 1 ] && ((counted > 0)); then printf '\r\033[K'; fi
