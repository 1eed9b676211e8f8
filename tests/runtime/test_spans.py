"""Spans of calls, sent to a collector that receives real messages."""

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.types import Message, Scope, Send

from mshield.server.http.edge.edge import Edge
from mshield.server.http.edge.watched import spanned
from mshield.server.http.service import ROUTERS
from mshield.server.runtime.tracing.call import Call
from mshield.server.runtime.tracing.opening import SpansNotInstalled, open_spans, require_spans
from mshield.server.runtime.tracing.spans import Spans
from mshield.server.settings.settings import Settings

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
ROUTE = ROUTERS[0].routes[0]


class Collector(HTTPServer):
    """A collector that stores what it receives."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/traces"


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        message = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"])))
        for resource in message.resource_spans:
            self.server.spans += [span for scope in resource.scope_spans for span in scope.spans]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_call_is_a_span_under_its_callers(collector: Collector) -> None:
    spans = Spans(collector.address, version="1")
    call = Call("1122334455667788", [(b"traceparent", f"00-{TRACE}-{SPAN}-01".encode())])
    spans.export(
        call, "createRequest", ended=2_000_000_000, seconds=0.5, status=503, attributes={"http.route": "/x"}
    )
    spans.close()
    (span,) = collector.spans
    assert (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()) == (
        TRACE,
        "1122334455667788",
        SPAN,
    )
    assert (span.name, span.start_time_unix_nano, span.end_time_unix_nano) == (
        "createRequest",
        1_500_000_000,
        2_000_000_000,
    )
    assert {one.key for one in span.attributes} == {"http.route", "http.response.status_code"}
    assert span.status.code == 2  # an error


async def test_only_sampled_traces_are_exported(collector: Collector) -> None:
    spans = Spans(collector.address, version="1")

    async def app(scope: Scope, receive: object, send: Send) -> None:
        scope["route"] = ROUTE
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def nothing() -> Message:
        raise AssertionError

    async def nowhere(_message: Message) -> None: ...

    edge = Edge(
        app,
        origin="https://a",
        access_log=False,
        measure=spanned(spans, lambda *_: None),
        watch=lambda *_: None,
    )
    for flags in ("00", "01"):
        headers = [(b"traceparent", f"00-{TRACE}-{SPAN}-{flags}".encode())]
        await edge({"type": "http", "method": "GET", "path": "/x", "headers": headers}, nothing, nowhere)
    await edge({"type": "http", "method": "GET", "path": "/x", "headers": []}, nothing, nowhere)
    spans.close()
    assert [span.name for span in collector.spans] == [ROUTE.operation_id]


def test_missing_tracing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_spans(Settings().process, version="1") is None
    for name in [name for name in sys.modules if name.startswith("mshield.server.runtime.tracing.spans")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SpansNotInstalled, match=r"opentelemetry\.sdk\.trace"):
        require_spans(Settings.of(otlp_endpoint="https://a/v1/traces").process)
