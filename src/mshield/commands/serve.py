"""`mshield serve`: runs the service."""

import asyncio
import contextlib
import socket
import ssl
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from mshield.commands.parts.output import Output, Refused, output_options, refusing

_FILES: Final = 65_536


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port; the default is the one written in the public origin, else 8000.",
)
@click.option(
    "--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes (PostgreSQL only)."
)
@click.option(
    "--trust-proxy",
    metavar="ADDRESSES",
    help="Reverse proxies whose X-Forwarded-For is believed, by comma. Without it every caller is who connects.",
)
@click.option(
    "--tls",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Certificate and key, for connections by TLS alone: of a proxy at another host. Without it they are plain.",
)
@output_options
def command(
    out: Output, *, host: str, port: int | None, workers: int, trust_proxy: str | None, tls: Path | None
) -> None:
    """Run the service in the foreground until Ctrl-C.

    \b
    Before the first start: mshield keys init, mshield migrate, mshield ca init.
    Settings are environment variables MSHIELD_*; `mshield doctor` shows them.
    """  # noqa: D301  # click reads the character, not its name
    from mshield.gateways.high_water_file import BadHighWaterFile
    from mshield.gateways.sms_provider import SmsNotSetUp
    from mshield.gateways.tracing.opening import SpansNotInstalled
    from mshield.main import require_ready
    from mshield.services.process.logs import set_up_file, set_up_logs
    from mshield.services.process.origin import PlainOrigin
    from mshield.services.process.serving_alone import ServedAlready, serving_alone
    from mshield.settings import load_settings
    from mshield.store.database.interface import StoreError
    from mshield.store.operations.known_mark import RestoreUndeclared

    settings = load_settings()
    if workers > 1 and settings.database.startswith("sqlite:"):
        raise Refused(
            out.pick(
                "SQLite 只能由一个进程使用：多进程请用 PostgreSQL",
                "SQLite serves one process: use PostgreSQL for several",
            ),
            code="one_process",
        )
    number = port or urlsplit(settings.public_origin).port or 8000
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
            RestoreUndeclared,
            BadHighWaterFile,
            StoreError,
            ServedAlready,
        ):
            set_up_file(settings)  # what keeps it from starting is a refusal of the command
            asyncio.run(require_ready(settings))
            held.enter_context(serving_alone(settings.database))
            set_up_logs(settings)
        _run(host=host, port=number, workers=workers, trust_proxy=trust_proxy, tls=tls)


def _run(*, host: str, port: int, workers: int, trust_proxy: str | None, tls: Path | None) -> None:
    import uvicorn

    uvicorn.run(
        "mshield.main:create_service",
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
        http="mshield.web.edge.connection:Connection",  # by its name, which workers import
        ws="none",
    )


def _allow_connections() -> None:
    """As many open files as this process may have: each waiting PC is one, and the usual limit is 1024."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _require_free(out: Output, host: str, port: int) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise Refused(
            out.pick(
                f"端口 {port} 已被占用或不可用：请用 --port 换一个",
                f"port {port} is taken or can't be used: choose another with --port",
            ),
            code="port_taken",
            extra={"port": port},
        ) from error


def _require_certificate(out: Output, file: Path) -> None:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(file)
    except OSError as error:
        raise Refused(
            out.pick(
                f"{file} 不可用：须含 PEM 格式的证书及其未加密的私钥（{error}）",
                f"{file} can't be used: it has to have a certificate in PEM and its key, not encrypted ({error})",
            ),
            code="bad_tls_file",
        ) from error
