"""Name servers that don't answer: names that begin with `slow` hang in the system's resolver until the test ends."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Gives the slow names that were asked for, one entry for each look-up."""
    right, asked, over = socket.getaddrinfo, list[str](), threading.Event()

    def getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if not name.startswith("slow"):
            return right(host, *arguments, **named)
        asked.append(name)
        over.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    try:
        yield asked
    finally:
        over.set()
