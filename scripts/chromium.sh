#!/usr/bin/env bash
# Installs the Chromium that the console is tested in, and the font of its pictures, where
# there is none. Debian has one version of a package at a time: of it, the major version
# that the tests were last seen to pass with is named, for whoever looks into a failure.
set -euo pipefail

seen=156
if ! command -v chromium >/dev/null; then
	if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
		echo "console-test: chromium is not installed: on Debian, apt-get install chromium fonts-liberation as root" >&2
		exit 1
	fi
	echo "installing Debian's Chromium"
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	{
		apt-get update &&
			DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium fonts-liberation
	} >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		exit 1
	}
fi
version=$(chromium --version --no-sandbox 2>/dev/null)
case $version in
*" $seen."*) ;;
*) echo "console-test: this is $version; the tests were last seen to pass with $seen" ;;
esac
