"""The eleven nodes of `docs/ha.md`, their addresses, the node that the load comes from, and one that delays packets."""

import os
from typing import Final

ETCD: Final = ("e1", "e2", "e3")
DATA: Final = ("d1", "d2", "d3")
EDGE: Final = ("l1", "l2")
SERVE: Final = ("s1", "s2")
JOBS: Final = "j1"
CLIENT: Final = "c0"
WAY: Final = "w0"
"""Node between a distant node and the others."""

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
"""Address that keepalived moves between the edges."""

ORIGIN: Final = os.environ.get("DRILL_ORIGIN", f"https://{SITE}")
"""Origin that phones and systems call; set for programs that call another service than the site."""

PORT: Final = 8000
PREFIX: Final = "drill-"
"""Prefix of the names of namespaces and links."""
