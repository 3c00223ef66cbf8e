#!/usr/bin/env bash
# Runs a command that takes long and says little, and says meanwhile how long it has taken
# and what it printed last: on a terminal in one line, elsewhere every ten seconds. What it
# printed is shown when it fails; with -o also when it succeeds, on the standard output.
# usage: progress.sh [-o] WHAT COMMAND [ARGUMENT]...
set -euo pipefail

output=
[ "$1" != -o ] || { output=1; shift; }
what=$1
shift
log=$(mktemp)
child=
trap '[ -z "$child" ] || kill "$child" 2>/dev/null || true; rm -f "$log"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

terminal=
[ ! -t 2 ] || [ "${TERM:-dumb}" = dumb ] || terminal=1
began=$SECONDS

# say replaces the line of a terminal, and begins a new one elsewhere.
say() {
	if [ -z "$terminal" ]; then
		printf '%s\n' "$1" >&2
	else
		printf '\r\033[K%s' "${1:0:$width}" >&2
	fi
}

# last is the last line that was printed, without what only a terminal understands.
last() { tail -c 400 "$log" | tr '\r' '\n' | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g; /^[[:space:]]*$/d' | tail -n 1; }

width=$(stty size <&2 2>/dev/null | cut -d' ' -f2 || echo 80)
width=$((width > 20 ? width - 1 : 79))
say "$what"
"$@" >"$log" 2>&1 &
child=$!
due=10
[ -z "$terminal" ] || due=1
every=$due
while kill -0 "$child" 2>/dev/null; do
	sleep 0.2
	if ((SECONDS - began >= due)); then
		due=$((SECONDS - began + every))
		doing=$(last)
		say "$what: $((SECONDS - began)) s${doing:+, $doing}"
	fi
done
status=0
wait "$child" || status=$?
child=
took=$((SECONDS - began))
if [ -n "$terminal" ]; then
	say "$what: $took s"
	echo >&2
elif ((took >= 10)); then
	say "$what: $took s"
fi
if [ "$status" != 0 ]; then
	cat "$log" >&2
elif [ -n "$output" ]; then
	cat "$log"
fi
exit "$status"
