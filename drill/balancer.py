"""Status of the service's nodes, read from HAProxy's socket."""

import csv
import socket
from typing import Final

from drill.folder import Folder
from drill.plan import SERVE

_SECONDS: Final = 2.0


def nodes_out(folder: Folder, edge: str) -> frozenset[str]:
    """Returns the service nodes that this edge sends no calls to. Raises OSError if its HAProxy isn't running."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(str(folder.of(edge) / "haproxy.sock"))
        connection.sendall(b"show stat\n")
        said = b""
        while piece := connection.recv(65536):
            said += piece
    rows = csv.DictReader(said.decode().removeprefix("# ").splitlines())
    status = {row["svname"]: row["status"] for row in rows if row["pxname"] == "service"}
    return frozenset(node for node in SERVE if not status[node].startswith("UP"))
