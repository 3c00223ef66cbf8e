"""Serves AWS on a free port of this machine, for as long as standard input is open.

The first line on standard output is the address, written when it answers.
"""

from __future__ import annotations

import logging
import sys

from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from . import cloudformation, resources


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # not each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    # By this name AWS clients, and moto itself, put a bucket into the path.
    address = f"http://localhost:{port}"
    cloudformation.mend()
    resources.register(address)
    print(address, flush=True)
    sys.stdin.read()
    server.stop()


main()
