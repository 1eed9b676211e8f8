"""Settings of a process of the service: logs, metrics, spans, jobs, and its limits."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from mshield.server.settings.forms import GROUP, OutsideUrl, Port, Positive


class ProcessSettings(BaseModel):
    """Settings of a process of the service, part of `Settings`."""

    model_config = GROUP

    access_log: bool = Field(
        default=False, description="log a line per request; a reverse proxy usually does so already"
    )
    log_form: Literal["text", "json"] = Field(
        default="text",
        description="format of the lines on standard error; json: one object per line, see operations.md",
    )
    security_log: Path | None = Field(
        default=None,
        description=(
            "file to which the service and commands append the security log; empty: standard error, "
            "see operations.md"
        ),
    )
    metrics_port: Port | None = Field(
        default=None,
        description=(
            "port of /metrics for Prometheus; each further process on this host uses the next free "
            "port; empty: no metrics"
        ),
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        description="address to serve /metrics on, without authentication, so it must not be public",
    )
    otlp_endpoint: OutsideUrl | None = Field(
        default=None,
        description=(
            "OTLP endpoint for the spans of calls, such as https://collector.example.cn/v1/traces; "
            "needs the extra otel; empty: no spans are sent"
        ),
    )
    otlp_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="share of traces beginning here whose spans are sent; for other traces the caller decides",
    )
    jobs: Literal["in_process", "off"] = Field(
        default="in_process",
        description="whether `mshield serve` also runs the jobs; off if `mshield jobs run` does",
    )
    read_only: bool = Field(
        default=False,
        description=(
            "maintenance mode: calls that write are refused (503 `read_only`), reads continue, no "
            "jobs run, and commands write nothing"
        ),
    )
    waiting_per_process: Positive = Field(
        default=10_000,
        description=(
            "concurrent streams and long polls per process; a tenth is reserved for business systems, "
            "and one system has at most four times the free places"
        ),
    )
    fresh_answers_per_network: Positive = Field(
        default=1000,
        description=(
            "certificates in OCSP requests with a nonce or without a cached answer, per process, network "
            "(IPv4 /24, IPv6 /56) and 10 seconds; as many time stamps; 5× for all networks together"
        ),
    )
    calls_per_process: Positive = Field(
        default=32,
        description="concurrent calls per process; above it, calls are refused with 503 and may be retried",
    )
