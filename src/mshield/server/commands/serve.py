"""`mshield serve`: runs the service."""

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click

from mshield.cli.parts.output import Output, Refused, output_options, refusing

_FILES: Final = 65_536
_REFUSALS: Final = {
    errno.EADDRINUSE: (
        "port_taken",
        "端口 {port} 已被占用：请关闭占用它的程序，或用 --port 换一个",
        "port {port} is in use: stop the program that uses it, or choose another with --port",
    ),
    errno.EACCES: (
        "port_not_permitted",
        "当前用户无权使用端口 {port}：请用 --port 换一个 1024 及以上的端口",
        "this user may not listen at port {port}: choose one from 1024 upwards with --port",
    ),
}
"""Errors of a port: code, and the sentence in Chinese and English."""
_NO_ADDRESS: Final = (
    "bad_host",
    "{host} 不是本机地址：请用 --host 换一个",
    "{host} is not an address of this machine: choose another with --host",
)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port; by default the one in the public origin, else 8000.",
)
@click.option(
    "--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes (PostgreSQL only)."
)
@click.option(
    "--trust-proxy",
    metavar="ADDRESSES",
    help=(
        "Comma-separated reverse proxies whose X-Forwarded-For is trusted. By default a caller's "
        "address is that of the connection."
    ),
)
@click.option(
    "--tls",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=(
        "Certificate and key, to accept only TLS connections, for example from a proxy on "
        "another host. By default connections are plain."
    ),
)
@output_options
def command(
    out: Output, *, host: str, port: int | None, workers: int, trust_proxy: str | None, tls: Path | None
) -> None:
    """Run the service in the foreground until Ctrl-C.

    \b
    Before the first start: mshield keys init, mshield migrate, mshield ca init.
    Settings are environment variables MSHIELD_*; `mshield doctor` shows them.
    """  # noqa: D301  # click needs the control character itself
    from mshield.server.authorities.outside.settings import BadCas
    from mshield.server.database.interface import StoreError
    from mshield.server.main import require_ready
    from mshield.server.notices.external.sms_provider import SmsNotSetUp
    from mshield.server.restore.external.high_water_file import BadHighWaterFile
    from mshield.server.runtime.logs import set_up_file, set_up_logs
    from mshield.server.runtime.rows.known_mark import RestoreUndeclared
    from mshield.server.runtime.serving_alone import ServedAlready, serving_alone
    from mshield.server.runtime.tracing.opening import SpansNotInstalled
    from mshield.server.settings.origin import PlainOrigin
    from mshield.server.settings.settings import load_settings

    settings = load_settings()
    if workers > 1 and settings.database.url.startswith("sqlite:"):
        raise Refused(
            out.pick(
                "SQLite 只能由一个进程使用：多进程请用 PostgreSQL",
                "SQLite supports a single process: use PostgreSQL for several",
            ),
            code="one_process",
            as_json=out.json,
        )
    number = port or urlsplit(settings.site.public_origin).port or 8000
    _require_free(out, host, number)
    if tls is not None:
        _require_certificate(out, tls)
    _allow_connections()
    with contextlib.ExitStack() as held:
        with refusing(
            out,
            PlainOrigin,
            SpansNotInstalled,
            SmsNotSetUp,
            BadCas,
            RestoreUndeclared,
            BadHighWaterFile,
            StoreError,
            ServedAlready,
        ):
            set_up_file(
                settings.process
            )  # Before the checks, because a reason not to start is reported as a refusal.
            asyncio.run(require_ready(settings))
            held.enter_context(serving_alone(settings.database.url))
            set_up_logs(settings.process)
        _run(host=host, port=number, workers=workers, trust_proxy=trust_proxy, tls=tls)


def _run(*, host: str, port: int, workers: int, trust_proxy: str | None, tls: Path | None) -> None:
    import uvicorn

    uvicorn.run(
        "mshield.server.main:create_service",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        proxy_headers=trust_proxy is not None,
        forwarded_allow_ips=trust_proxy,
        ssl_certfile=tls,
        server_header=False,
        timeout_graceful_shutdown=5,
        http="mshield.server.http.edge.connection:Connection",  # named as a string, because workers import it
        ws="none",
    )


def _allow_connections() -> None:
    """Raises the limit of open files: each waiting PC needs one, and the usual limit is 1024."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _require_free(out: Output, host: str, port: int) -> None:
    """Raises Refused if the service can't listen at the port of this host; says why."""
    refusal: tuple[str, str, str] | None = _NO_ADDRESS
    for family, *_, address in _addresses(host, port):
        try:
            with socket.create_server(address, family=family):
                refusal = None
        except OSError as error:
            if error.errno in _REFUSALS:
                refusal = _REFUSALS[error.errno]
                break
    if refusal is not None:
        code, zh, en = refusal
        message = out.pick(zh, en).format(host=host, port=port)
        raise Refused(message, code=code, extra={"port": port}, as_json=out.json)


def _addresses(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    """Looks the host's addresses up, of IPv4 and IPv6; none if it is unknown."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return ()


def _require_certificate(out: Output, file: Path) -> None:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(file)
    except OSError as error:
        raise Refused(
            out.pick(
                f"{file} 不可用：须含 PEM 格式的证书及其未加密的私钥（{error}）",
                f"{file} can't be used: it must contain a certificate and its unencrypted key, both in PEM ({error})",
            ),
            code="bad_tls_file",
            as_json=out.json,
        ) from error
