"""Opens the span exporter if the settings name a collector, so that only such sites need its packages."""

from typing import TYPE_CHECKING

from mshield.server.settings.process import ProcessSettings

if TYPE_CHECKING:
    from mshield.server.runtime.tracing.spans import Spans


class SpansNotInstalled(Exception):
    """The settings ask for spans, but the packages that send them are not installed."""

    code = "spans_not_installed"

    def __init__(self, package: str) -> None:
        extra = "pip install ./client '.[otel]' in a checkout"
        self.zh = f"已设置 MSHIELD_OTLP_ENDPOINT，但缺少软件包 {package}：{extra}"
        self.en = f"MSHIELD_OTLP_ENDPOINT is set, but the package {package} isn't installed: {extra}"
        super().__init__(self.en)


def open_spans(settings: ProcessSettings, *, version: str) -> "Spans | None":
    """Returns the span exporter of this process; None without a collector. Raises: SpansNotInstalled."""
    return None if settings.otlp_endpoint is None else _kind()(settings.otlp_endpoint, version=version)


def require_spans(settings: ProcessSettings) -> None:
    """Raises SpansNotInstalled if the settings ask for spans and the packages are missing."""
    if settings.otlp_endpoint is not None:
        _kind()


def _kind() -> "type[Spans]":
    try:
        from mshield.server.runtime.tracing.spans import Spans  # noqa: PLC0415  # from an extra
    except ModuleNotFoundError as error:
        raise SpansNotInstalled(error.name or "opentelemetry") from error
    return Spans
