"""Walks the README as a newcomer does: runs its commands, in their order, in a fresh clone of
HEAD with an empty home and empty caches, in a terminal, and prints what they print, each line
with the seconds since the command began, then the time and the longest silence of each.

usage: walk.py [--user NAME] [--port PORT] [COMMAND ...]

--user    walk as this user instead; needs root
--port    the first of the three ports of `make up`
COMMAND   run these of the README's commands only, such as "make up"

How this machine reaches the package registries stays: the environment, and the settings of
npm, pip and go in the home of whoever starts the walk.
"""

import argparse
import fcntl
import os
import pathlib
import pwd
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

SETTINGS = [".npmrc", ".config/pip/pip.conf", ".config/go/env"]
CACHES = ["GOCACHE", "GOMODCACHE", "GOPATH", "npm_config_cache", "PIP_CACHE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"]
RUNNING = "Ctrl-C"  # the last that `make up` prints once the product runs
LIMIT = 3600  # seconds that a command may take


def commands(readme):
    """Those of its first block and of its transcript, in their order."""
    first = re.search(r"```sh\n(.*?)```", readme, re.S).group(1)
    transcript = re.search(r"```console\n(.*?)```", readme, re.S).group(1)
    yield from (line.split("#")[0].strip() for line in first.splitlines())
    # A command goes on after a backslash at the end of a line.
    yield from re.findall(r"^\$ ((?:.*\\\n)*.*)", transcript, re.M)


class Step:
    """A command in a terminal of its own."""

    def __init__(self, command, start):
        print(f"\n$ {command}", flush=True)
        self.command, self.began = command, time.monotonic()
        self.last = self.began
        self.silence = 0.0
        self.shown = ""
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            start(command)
        fcntl.ioctl(self.screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))

    def follow(self, until=None):
        """Prints what it prints, until it ends or has printed a text."""
        deadline = self.began + LIMIT
        line = ""
        while time.monotonic() < deadline:
            if not select.select([self.screen], [], [], 1)[0]:
                continue
            try:
                data = os.read(self.screen, 65536).decode(errors="replace")
            except OSError:  # the other end is closed
                data = ""
            now = time.monotonic()
            self.silence, self.last = max(self.silence, now - self.last), now
            if not data:
                break
            self.shown += data
            line += data
            *whole, line = line.split("\n")
            for text in whole:
                self.show(text)
            if until and until in self.shown:
                break
        if line:
            self.show(line)
        return time.monotonic() - self.began

    def show(self, text):
        # Of a line that was drawn again and again, what it was at last.
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
        text = [part for part in text.split("\r") if part.strip()][-1:]
        if text:
            print(f"{time.monotonic() - self.began:7.1f}  {text[0]}", flush=True)

    def end(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("--user")
    parser.add_argument("--port", default="8080")
    parser.add_argument("command", nargs="*")
    given = parser.parse_args()
    top = pathlib.Path(__file__).resolve().parent.parent
    who = pwd.getpwnam(given.user) if given.user else pwd.getpwuid(os.getuid())

    work = pathlib.Path(tempfile.mkdtemp(prefix="walk-"))
    work.chmod(0o755)
    home, clone = work / "home", work / "fluxa"
    home.mkdir()
    for name in SETTINGS:
        if (pathlib.Path.home() / name).is_file():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(pathlib.Path.home() / name, home / name)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", top, clone], check=True)
    if given.user:
        subprocess.run(["chown", "-R", f"{who.pw_uid}:{who.pw_gid}", work], check=True)
    environment = {name: value for name, value in os.environ.items() if name not in CACHES and not name.startswith("FLUXA_")}
    environment.update(HOME=str(home), USER=who.pw_name, LOGNAME=who.pw_name, PORT=given.port, TERM="xterm")

    def start(command):
        if given.user:
            os.setgroups([])
            os.setgid(who.pw_gid)
            os.setuid(who.pw_uid)
        os.chdir(clone)
        os.execvpe("bash", ["bash", "-c", command], environment)

    took = []
    failed = False

    def note(step, seconds, code):
        nonlocal failed
        failed = failed or code != 0
        took.append((step.command.splitlines()[0][:60], seconds, step.silence, code))

    all_commands = [c for c in commands((clone / "README.md").read_text()) if not given.command or c in given.command or c.startswith("curl ")]
    requests = [c.replace("127.0.0.1:8080", f"127.0.0.1:{given.port}") for c in all_commands if c.startswith("curl ")]
    commit = subprocess.check_output(["git", "-C", top, "rev-parse", "--short", "HEAD"], text=True).strip()
    print(f"{commit}, as {who.pw_name}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    try:
        for command in all_commands:
            if command.startswith("curl "):
                continue
            step = Step(command, start)
            if command != "make up":
                seconds = step.follow()
                note(step, seconds, step.end())
                continue
            ready = step.follow(until=RUNNING)
            for request in requests if RUNNING in step.shown else []:
                asked = Step(request, start)
                note(asked, asked.follow(), asked.end())
                time.sleep(1)  # a person reads the answer
            os.write(step.screen, b"\x03")
            print("\n^C", flush=True)
            step.last = time.monotonic()
            step.follow()
            code = step.end()
            # make reports the signal that it was sent as 130 or as its own failure.
            note(step, ready, 0 if RUNNING in step.shown and code in (0, 2, 130, -signal.SIGINT) else code or 1)
        print("\nseconds  silent  exit  command")
        for command, seconds, silence, code in took:
            print(f"{seconds:7.1f}  {silence:6.1f}  {code:4}  {command}")
    finally:
        # Go makes the folders of modules read-only.
        subprocess.run(["chmod", "-R", "u+w", work], check=False)
        shutil.rmtree(work, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
