"""A distant node: its traffic is delayed in both directions by a program in between."""

import contextlib
import sys
import time
from collections.abc import Iterator

from drill import processes, wires
from drill.plan import WAY
from drill.site import Site, until


@contextlib.contextmanager
def far_away(site: Site, node: str, *, milliseconds: int) -> Iterator[None]:
    """Delays each packet of the node by this time each way; its link goes down briefly at both changes."""
    log = site.folder.log(WAY, "distance")
    log.write_text("")
    program = (sys.executable, "-m", "drill.distance", wires.NEAR, wires.FAR, str(milliseconds))
    processes.start(WAY, log, *program)
    try:
        until(lambda: "ready" in log.read_text(), "the way", seconds=10, every=0.1)
        wires.send_through_way(node)
        yield
    finally:
        wires.send_directly(node)
        processes.end(WAY)
        time.sleep(0.1)
