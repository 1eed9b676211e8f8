"""The eleven nodes of `docs/ha.md`, their addresses, the one from where the load comes, and one that holds packets."""

import os
from typing import Final

ETCD: Final = ("e1", "e2", "e3")
DATA: Final = ("d1", "d2", "d3")
EDGE: Final = ("l1", "l2")
SERVE: Final = ("s1", "s2")
JOBS: Final = "j1"
CLIENT: Final = "c0"
WAY: Final = "w0"
"""Stands between a node and the others, while that one is far away."""

ADDRESSES: Final = {
    "e1": "10.77.0.11",
    "e2": "10.77.0.12",
    "e3": "10.77.0.13",
    "d1": "10.77.0.21",
    "d2": "10.77.0.22",
    "d3": "10.77.0.23",
    "l1": "10.77.0.31",
    "l2": "10.77.0.32",
    "s1": "10.77.0.41",
    "s2": "10.77.0.42",
    "j1": "10.77.0.51",
    "c0": "10.77.0.61",
    "w0": "10.77.0.71",
}
SITE: Final = "10.77.0.30"
"""The address that keepalived moves."""

ORIGIN: Final = os.environ.get("DRILL_ORIGIN", f"https://{SITE}")
"""Where phones and systems call; programs that call another service than the site are told its origin so."""

PORT: Final = 8000
PREFIX: Final = "drill-"
"""Of the names of namespaces and links."""
