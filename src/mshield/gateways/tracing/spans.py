"""Spans of calls, sent to a collector of OpenTelemetry by OTLP over HTTP. Needs the extra `otel`.

They go in the background and in bounded number: a collector that is slow or away costs spans, never a call.
"""

from collections.abc import Mapping
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from mshield.gateways.tracing.call import Call

_SECOND_NS: Final = 1_000_000_000
_FAILED: Final = 500
_LAST_MS: Final = 5_000


class Spans:
    """Sends this process's spans to a collector."""

    def __init__(self, endpoint: str, *, version: str) -> None:
        """To the collector at this address (`…/v1/traces`)."""
        self._resource = Resource({"service.name": "mshield", "service.version": version})
        self._processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=_LAST_MS / 1000))

    def tell(
        self, call: Call, name: str, *, ended: int, seconds: float, status: int, attributes: Mapping[str, str]
    ) -> None:
        """The span of a call that is over; `ended` is ns since 1970, `status` that of its answer."""
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
        """Sends what waits, for some seconds at most."""
        self._processor.force_flush(_LAST_MS)
        self._processor.shutdown()  # type: ignore[no-untyped-call]  # theirs
