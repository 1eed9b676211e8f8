"""Answers are read in many threads, even the first of a type: msgspec used to crash the process there."""

import subprocess
import sys
from typing import Final

_PROGRAM: Final = """
import sys, threading
from mshield.client import forms as wire
from mshield.client.errors import ProtocolError
from mshield.testkit.phone.messages import (Scan)

body = b'{"request_id":"x","kind":"signature","tasks":[{"sid":"00","display":[{"label":"a","value":"b"}]}]}'
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)

def read():
    together.wait()
    for how in (wire.read, wire.read_strictly):
        try:
            how(body, Scan)
        except ProtocolError:
            pass

threads = [threading.Thread(target=read) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("read")
"""


def test_the_first_answer_of_a_type_may_be_read_in_many_threads() -> None:
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "read\n"), done.stderr
