"""Runs a fuzzer: first earlier findings, then the same few hundred inputs in each run, or new ones for `make fuzz`.

`make fuzz` sets FUZZ_MINUTES (for each fuzzer) and FUZZ_SEED. A failing input is reduced and stored in
`found/NAME/`, and each later run starts with it.
"""

import hashlib
import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Final, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

T = TypeVar("T")
FOUND: Final = Path(__file__).parent / "found"
SECONDS: Final = 60 * float(os.environ.get("FUZZ_MINUTES", "0"))
SEED: Final = int(os.environ.get("FUZZ_SEED", "20181100"))
_MORE: Final = 20
"""Factor of inputs per round in a long run."""


def fuzz(
    name: str, inputs: st.SearchStrategy[bytes], check: Callable[[bytes], None], *, examples: int = 200
) -> None:
    """Runs `check` on inputs; an AssertionError or any other error from it is a fault."""
    for data in kept(name):
        check(data)
    for number in rounds():
        _round(name, inputs, check, number, examples * _MORE if SECONDS else examples)


def kept(name: str) -> list[bytes]:
    """Returns this fuzzer's earlier findings."""
    return [file.read_bytes() for file in sorted((FOUND / name).glob("*"))]


def rounds() -> Iterator[int]:
    """Yields seeds: one, or as many as there is time for."""
    end = time.monotonic() + SECONDS
    for number in count(SEED):
        yield number
        if time.monotonic() >= end:
            return


def drawn(inputs: st.SearchStrategy[bytes], number: int, examples: int) -> list[bytes]:
    """Returns inputs drawn with this seed."""
    drawn: list[bytes] = []
    _searching(inputs, drawn.append, number, examples, (Phase.generate,))
    return drawn


def keep(name: str, data: bytes) -> Path:
    """Stores an input in `found/` for all later runs."""
    file = FOUND / name / f"{hashlib.sha256(data).hexdigest()[:16]}.bin"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def _round(
    name: str, inputs: st.SearchStrategy[bytes], check: Callable[[bytes], None], number: int, examples: int
) -> None:
    faulty: list[bytes] = []

    def checked(data: bytes) -> None:
        try:
            check(data)
        except BaseException:
            faulty.append(bytes(data))
            raise

    try:
        _searching(inputs, checked, number, examples, (Phase.generate, Phase.shrink))
    except Exception as error:
        error.add_note(f"{name}: FUZZ_SEED={number}")
        for data in faulty[-1:]:
            error.add_note(f"by {data[:1000]!r}")
            if SECONDS:
                error.add_note(f"kept as {keep(name, data)}")
        raise


class _Input(bytes):
    """Bytes with a short `repr`, since some inputs have thousands."""

    def __repr__(self) -> str:
        return f"{len(self)} octets"


def _searching(
    inputs: st.SearchStrategy[bytes],
    check: Callable[[bytes], None],
    number: int,
    examples: int,
    phases: tuple[Phase, ...],
) -> None:
    @seed(number)
    @settings(
        max_examples=examples,
        derandomize=False,  # the seed determines them
        database=None,
        deadline=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=inputs.map(_Input))
    def search(*, data: bytes) -> None:
        check(data)

    search()


def reading(parse: Callable[[bytes], T], data: bytes, *refusals: type[Exception], **bounds: int) -> T | None:
    """Returns the result of `parse`, or None if it refuses with one of these errors; within `bounded`."""
    with bounded(data, **bounds):
        try:
            return parse(data)
        except refusals:
            return None


@contextmanager
def bounded(data: bytes, *, calls: int = 2000, octets: int = 1 << 20, per_octet: int = 40) -> Iterator[None]:
    """Bounds the work of a block independently of the machine: function calls, and bytes of memory.

    Both are limits for a small input, plus `per_octet` for each byte of the input.
    """
    done = 0
    more = per_octet * len(data)

    def counted(frame: FrameType, event: str, _: object) -> None:
        nonlocal done
        done += event in {"call", "c_call"}
        if done > calls + more:
            raise AssertionError("more is done than may be")

    tracemalloc.start()
    sys.setprofile(counted)
    try:
        yield
    finally:
        sys.setprofile(None)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert done <= calls + more, f"{done} calls for {len(data)} octets"
    assert most <= octets + more, f"{most} bytes of memory for {len(data)} octets"
