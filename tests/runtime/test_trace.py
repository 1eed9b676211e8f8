"""The trace of a call: taken from the caller, written to the log, passed on to outside systems."""

import asyncio
import json
import logging

import pytest
from starlette.types import Message, Scope

from mshield.server.http.edge.edge import Edge
from mshield.server.runtime.logs import as_objects
from mshield.server.runtime.tracing import call as calls

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


def of(*headers: tuple[bytes, bytes]) -> calls.Trace:
    return calls.Call("1122334455667788", headers).trace


@pytest.mark.parametrize(
    ("value", "flags"),
    [
        (f"00-{TRACE}-{SPAN}-01", "01"),
        (f"00-{TRACE}-{SPAN}-00", "00"),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-later", "01"),
    ],
)
def test_callers_trace_is_continued(value: str, flags: str) -> None:
    assert of((b"traceparent", value.encode())) == calls.Trace(TRACE, SPAN, flags, None)


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-0x",
        f" 00-{TRACE}-{SPAN}-01\n",
    ],
)
def test_invalid_trace_starts_a_new_one(value: str) -> None:
    one = of((b"traceparent", value.encode()))
    assert one.id != TRACE
    assert len(one.id) == 32
    assert one.flags == "00"


def test_two_trace_parents_count_as_none() -> None:
    parent = (b"traceparent", f"00-{TRACE}-{SPAN}-01".encode())
    assert of(parent, parent).id != TRACE


@pytest.mark.parametrize(
    ("state", "kept"),
    [(b"a=1", "a=1"), (b"a=" + b"x" * 511, None), (b"a=\xff", None), (b"a=1\x7f", None), (b"", None)],
)
def test_trace_state_is_kept_within_limits(state: bytes, kept: str | None) -> None:
    assert of((b"traceparent", f"00-{TRACE}-{SPAN}-01".encode()), (b"tracestate", state)).state == kept


async def test_call_passes_on_and_logs_its_trace() -> None:
    seen: list[dict[str, str]] = []
    lines: list[str] = []
    left: list[asyncio.Task[None]] = []

    async def stays() -> None:
        await asyncio.sleep(0.01)
        seen.append(calls.headers())

    async def app(scope: Scope, receive: object, send: object) -> None:
        seen.append(calls.headers())
        record = logging.makeLogRecord({"name": "x", "msg": "%s", "args": ("一\n二",), "levelname": "INFO"})
        lines.append(as_objects().format(record))
        left.append(asyncio.create_task(stays()))

    async def nothing() -> Message:
        raise AssertionError

    async def unsent(_message: Message) -> None:
        raise AssertionError

    edge = Edge(app, origin="https://a", access_log=False, measure=lambda *_: None, watch=lambda *_: None)
    scope = {"type": "http", "headers": [(b"traceparent", f"00-{TRACE}-{SPAN}-01".encode())]}
    await edge(scope, nothing, unsent)
    await left[0]
    own = scope["mshield.request_id"]
    assert seen == [
        {"traceparent": f"00-{TRACE}-{own}-01"},
        {},
    ]  # a task that outlives its call has no trace
    said = json.loads(lines[0])
    assert (said["event"], said["request"], said["trace"]) == ("一\n二", own, TRACE)
    assert lines[0].isascii()
    assert "\n" not in lines[0]
