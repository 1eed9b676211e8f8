"""Writes to each database node directly, ten times a second: `python -m drill.writes EVENTS NODE=DSN…`.

This reveals two primaries at the same time: a node would acknowledge a write after a later primary has.
"""

import json
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Final

import psycopg

_EVERY: Final = 0.1
_AFTER_ERROR: Final = 0.3


def keep(node: str, dsn: str, path: Path, ended: threading.Event, lock: threading.Lock) -> None:
    """Writes to one node until the end, and records what it acknowledged."""
    while not ended.is_set():
        try:
            with psycopg.connect(dsn, autocommit=True, connect_timeout=2) as connection:
                while not ended.wait(_EVERY):
                    asked = time.time_ns() // 1000
                    number = asked * 8 + int(node[1:])
                    connection.execute("INSERT INTO writes VALUES (%s)", (number,))
                    line = {"at": round(time.time(), 4), "asked": asked / 1e6, "node": node, "id": number}
                    with lock, path.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(line) + "\n")
        except psycopg.Error:
            ended.wait(_AFTER_ERROR)


def main() -> None:
    """Runs one thread per node."""
    path, ended, lock = Path(sys.argv[1]), threading.Event(), threading.Lock()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    for argument in sys.argv[2:]:
        node, _, dsn = argument.partition("=")
        threading.Thread(target=keep, args=(node, dsn, path, ended, lock), daemon=True).start()
    ended.wait()


if __name__ == "__main__":
    main()
