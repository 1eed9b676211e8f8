"""Simulates unresponsive name servers: lookups of names beginning with `slow` hang until the test ends."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Yields the slow names looked up so far, one entry per lookup."""
    original, names, over = socket.getaddrinfo, list[str](), threading.Event()

    def getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if not name.startswith("slow"):
            return original(host, *arguments, **named)
        names.append(name)
        over.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    try:
        yield names
    finally:
        over.set()
