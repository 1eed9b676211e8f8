"""Opens what tells a collector of calls, where the settings name one: only who has one needs its packages."""

from typing import TYPE_CHECKING

from mshield.settings import Settings

if TYPE_CHECKING:
    from mshield.gateways.tracing.spans import Spans


class SpansNotInstalled(Exception):
    """Spans are wanted, and the packages that send them aren't there."""

    code = "spans_not_installed"

    def __init__(self, package: str) -> None:
        extra = "pip install '.[server,otel]' in a checkout"
        self.zh = f"已设置 MSHIELD_OTLP_ENDPOINT，但缺少软件包 {package}：{extra}"
        self.en = f"MSHIELD_OTLP_ENDPOINT is set, and the package {package} isn't there: {extra}"
        super().__init__(self.en)


def open_spans(settings: Settings, *, version: str) -> "Spans | None":
    """The spans of this process; None where nobody collects them. Raises SpansNotInstalled."""
    return None if settings.otlp_endpoint is None else _kind()(settings.otlp_endpoint, version=version)


def require_spans(settings: Settings) -> None:
    """Raises SpansNotInstalled."""
    if settings.otlp_endpoint is not None:
        _kind()


def _kind() -> "type[Spans]":
    try:
        from mshield.gateways.tracing.spans import Spans  # noqa: PLC0415  # of an extra
    except ModuleNotFoundError as error:
        raise SpansNotInstalled(error.name or "opentelemetry") from error
    return Spans
