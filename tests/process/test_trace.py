"""The trace of a call: taken from who calls, in the log's lines, given to outside systems that the call asks."""

import asyncio
import json
import logging

import pytest
from starlette.types import Message, Scope

from mshield.gateways.tracing import call as calls
from mshield.services.process.logs import as_objects
from mshield.web.edge.edge import Edge

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
def test_a_callers_trace_goes_on(value: str, flags: str) -> None:
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
def test_what_is_no_trace_begins_one(value: str) -> None:
    one = of((b"traceparent", value.encode()))
    assert one.id != TRACE
    assert len(one.id) == 32
    assert one.flags == "00"


def test_two_parents_are_none() -> None:
    parent = (b"traceparent", f"00-{TRACE}-{SPAN}-01".encode())
    assert of(parent, parent).id != TRACE


@pytest.mark.parametrize(
    ("state", "kept"),
    [(b"a=1", "a=1"), (b"a=" + b"x" * 511, None), (b"a=\xff", None), (b"a=1\x7f", None), (b"", None)],
)
def test_state_of_others_is_kept_within_bounds(state: bytes, kept: str | None) -> None:
    assert of((b"traceparent", f"00-{TRACE}-{SPAN}-01".encode()), (b"tracestate", state)).state == kept


async def test_a_call_gives_its_trace_on_and_says_it_in_the_log() -> None:
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
    ]  # a task that outlives its call speaks for none
    said = json.loads(lines[0])
    assert (said["event"], said["request"], said["trace"]) == ("一\n二", own, TRACE)
    assert lines[0].isascii()
    assert "\n" not in lines[0]
