"""Spans of calls, sent to an OpenTelemetry collector by OTLP over HTTP. Needs the extra `otel`.

Spans are sent in the background from a bounded queue: a slow or missing collector loses spans, but delays no
call.
"""

from collections.abc import Mapping
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from mshield.server.runtime.tracing.call import Call

_SECOND_NS: Final = 1_000_000_000
_FAILED: Final = 500
_LAST_MS: Final = 5_000


class Spans:
    """Exporter of this process's spans to a collector."""

    def __init__(self, endpoint: str, *, version: str) -> None:
        """`endpoint` is the collector's address (`…/v1/traces`)."""
        self._resource = Resource({"service.name": "mshield", "service.version": version})
        self._processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=_LAST_MS / 1000))

    def export(
        self, call: Call, name: str, *, ended: int, seconds: float, status: int, attributes: Mapping[str, str]
    ) -> None:
        """Exports the span of a finished call; `ended` is ns since 1970, `status` the status of its answer."""
        trace = call.trace
        number, own = int(trace.id, 16), int(call.request_id, 16)
        code = StatusCode.ERROR if status >= _FAILED else StatusCode.UNSET
        self._processor.on_end(
            ReadableSpan(
                name,
                context=SpanContext(number, own, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED)),
                parent=SpanContext(number, int(trace.parent, 16), is_remote=True) if trace.parent else None,
                resource=self._resource,
                attributes={**attributes, "http.response.status_code": status},
                kind=SpanKind.SERVER,
                status=Status(code),
                start_time=ended - int(seconds * _SECOND_NS),
                end_time=ended,
            )
        )

    def close(self) -> None:
        """Sends the queued spans, within some seconds."""
        self._processor.force_flush(_LAST_MS)
        self._processor.shutdown()  # type: ignore[no-untyped-call]  # theirs
