"""Memory of large bodies goes back to the system, so that an attack doesn't occupy it afterwards."""

import subprocess
import sys
from typing import Final

import pytest

_PROGRAM: Final = """
import psutil
from mshield.server import main
from mshield.server.runtime import memory
{call}
bytearray(31 << 20)  # freed at once: glibc now keeps blocks up to this size
blocks = [bytearray(b"x" * (20 << 20)) for _ in range(10)]
kept = bytearray(1000)
rest = bytearray(b"x" * (2 << 20))
del blocks
print(psutil.Process().memory_info().rss >> 20)
"""


def _resident(call: str) -> int:
    done = subprocess.run(
        (sys.executable, "-c", _PROGRAM.format(call=call)), capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="an option of glibc")
def test_large_blocks_are_returned() -> None:
    with_option = _resident("assert memory.return_large_blocks()")
    assert _resident("") - with_option > 50
