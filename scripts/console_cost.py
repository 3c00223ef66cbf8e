"""Measures what the console costs a local stack under load: CPU of the whole stack with the
overview open in Chromium, and without, by turns.

console_cost.py FLUXA [RATE [SECONDS [TURNS]]]
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


def descendants(root):
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue  # it ended in this moment
            children.setdefault(int(fields[1]), []).append((int(entry.name), fields))
    found, queue = [], [root]
    while queue:
        for pid, fields in children.get(queue.pop(), []):
            found.append(fields)
            queue.append(pid)
    return found


def cpu(root):
    """Seconds of CPU of the stack so far, with those of processes that it has waited for."""
    own = (pathlib.Path("/proc") / str(root) / "stat").read_text().rsplit(")", 1)[1].split()
    ticks = sum(int(n) for n in own[11:15])
    return (ticks + sum(int(n) for fields in descendants(root) for n in fields[11:15])) / TICKS


def turn(fluxa, stack, rate, seconds, console):
    browser = None
    profile = tempfile.mkdtemp()
    if console:
        chromium = shutil.which("chromium") or sys.exit("no chromium: scripts/chromium.sh installs it")
        browser = subprocess.Popen(
            [chromium, "--headless", "--no-sandbox", "--remote-debugging-port=0", "--user-data-dir=" + profile, stack["console_url"]],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(3)
    try:
        before = cpu(stack["pid"])
        subprocess.run([fluxa, "load", "--rate", f"{rate}/s", "--for", f"{seconds}s", "--follow", "0"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return (cpu(stack["pid"]) - before) / seconds
    finally:
        if browser:
            browser.terminate()
            browser.wait()
        shutil.rmtree(profile, ignore_errors=True)


def main(fluxa, rate="100", seconds="15", turns="5"):
    folder = tempfile.mkdtemp()
    os.environ["FLUXA_DIR"] = folder
    subprocess.run([fluxa, "up", "--detach", "--port", "0"], check=True, stdout=subprocess.DEVNULL)
    try:
        stack = json.loads(pathlib.Path(folder, "stack.json").read_text())
        turn(fluxa, stack, int(rate), 5, True)  # both are warm then
        shares = []
        for n in range(int(turns)):
            order = (False, True) if n % 2 == 0 else (True, False)
            took = {console: turn(fluxa, stack, int(rate), int(seconds), console) for console in order}
            shares.append((took[True] - took[False]) / took[True])
            print(f"{rate} events/s: {took[False]:.3f} s of CPU a second without the console, {took[True]:.3f} with it", flush=True)
        print(f"the console takes {100 * statistics.median(shares):.1f} % of the stack's CPU (median of {turns})")
    finally:
        subprocess.run([fluxa, "down"], stdout=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


main(*sys.argv[1:])
