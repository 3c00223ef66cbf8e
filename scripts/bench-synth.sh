#!/usr/bin/env bash
# Measures `cdk synth`: medians of RUNS runs with warm caches, and what they are
# made of. Each figure is the wall time of a whole process.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${RUNS:-5}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

median() { # milliseconds of a command
  local started times=()
  for _ in $(seq "$runs"); do
    started=${EPOCHREALTIME/./}
    "$@" >"$out/log" 2>&1 || { cat "$out/log" >&2; return 1; }
    times+=($(((${EPOCHREALTIME/./} - started) / 1000)))
  done
  printf '%s\n' "${times[@]}" | sort -n | sed -n "$(((runs + 1) / 2))p"
}

cdk=(npx --no-install cdk synth --quiet --output "$out/cdk.out")
"${cdk[@]}" >"$out/log" 2>&1 || { cat "$out/log" >&2; exit 1; } # warms the caches
cli=$(median npx --no-install cdk --version)
zips=$(median make package)
app=$(median go build -o "$out/app" ./cdk)
one=$(median "${cdk[@]}" -c stage=dev)
all=$(median "${cdk[@]}")
unchecked=$(CDK_VALIDATION=false median "${cdk[@]}")
stages=$(ls cdk/stage/*.yaml | wc -l)
each=$(((all - one) / (stages - 1)))

printf 'cdk synth, %s stages, %s cores, median of %s runs: %s ms\n' "$stages" "$(nproc)" "$runs" "$all"
printf '%8s ms  the command line itself\n' "$cli"
printf '%8s ms  the functions compiled and packed for arm64, from the build cache\n' "$zips"
printf '%8s ms  the app linked, from the build cache\n' "$app"
printf '%8s ms  the templates checked against CloudFormation by aws-cdk-lib (CDK_VALIDATION=false leaves it out)\n' "$((all - unchecked))"
printf '%8s ms  the rest: Node loads aws-cdk-lib, and makes the constructs, the AWS Solutions checks and the templates\n' "$((unchecked - cli - zips - app))"
printf 'another stage costs %s ms\n' "$each"
