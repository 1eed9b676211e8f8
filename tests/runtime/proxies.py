"""The shipped example files of proxies, unchanged except for name, ports and certificate."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SHIPPED: Final = Path(__file__).parents[2] / "deploy" / "proxy"


@dataclass(frozen=True, slots=True)
class Example:
    """One file and its program's command."""

    file: str
    command: tuple[str, ...]
    changes: Mapping[str, str]
    """Changes by an operator, and here by the test: bytes of the file to a template."""


EXAMPLES: Final[Mapping[str, Example]] = {
    "nginx": Example(
        "nginx.conf",
        ("nginx", "-g", "daemon off;", "-c", "{file}"),
        {
            "pid /run/nginx.pid;": "pid {folder}/nginx.pid;",
            "  access_log off;": "  access_log off;\n  client_body_temp_path {folder}/bodies;\n"
            "  proxy_temp_path {folder}/answers;\n  fastcgi_temp_path {folder}/f;\n  uwsgi_temp_path {folder}/u;\n"
            "  scgi_temp_path {folder}/s;",
            "listen 443 ssl;": "listen 127.0.0.1:{port} ssl;",
            "listen 80;": "listen 127.0.0.1:{plain};",
            "server_name shield.example.cn;": "server_name localhost;",
            "/etc/mshield/tls.pem": "{folder}/tls.pem",
            "/etc/mshield/tls.key": "{folder}/key.pem",
            "limit_conn mshield 200;": "limit_conn mshield 1000;",
            "127.0.0.1:8000": "127.0.0.1:{service}",
        },
    ),
    "haproxy": Example(
        "haproxy.cfg",
        ("haproxy", "-db", "-f", "{file}"),
        {
            "maxconn 20000": "maxconn 2000",
            "bind :443": "bind 127.0.0.1:{port}",
            "bind :80": "bind 127.0.0.1:{plain}",
            "/etc/mshield/tls-and-key.pem": "{folder}/tls-and-key.pem",
            "gt 200": "gt 1000",
            "127.0.0.1:8000": "127.0.0.1:{service}",
        },
    ),
    "caddy": Example(
        "Caddyfile",
        ("caddy", "run", "--adapter", "caddyfile", "--config", "{file}"),
        {
            "{\n\tservers {": "{{\n\tadmin off\n\thttp_port {plain}\n\thttps_port {port}\n"
            "\tskip_install_trust\n\tservers {{",
            "shield.example.cn {\n": "localhost {{\n\ttls {folder}/tls.pem {folder}/key.pem\n",
            # A limit for the whole body, which stops slow senders; shortened so that the test needn't wait a
            # minute.
            "read_body 60s": "read_body 12s",
            "127.0.0.1:8000": "127.0.0.1:{service}",
        },
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy."""

    port: int
    plain: int
    process: subprocess.Popen[bytes]


def started(name: str, folder: Path, *, service: int, port: int, plain: int) -> Proxy:
    """Starts a proxy; the folder already has its certificate (`tls.pem`, `key.pem`, `tls-and-key.pem`)."""
    example = EXAMPLES[name]
    text = (_SHIPPED / example.file).read_text("utf-8")
    known = {"folder": folder, "service": service, "port": port, "plain": plain}
    for shipped, changed in example.changes.items():
        assert shipped in text, f"{example.file} has no {shipped!r} any more"
        text = text.replace(shipped, changed.format(**known))
    file = folder / example.file
    file.write_text(text, "utf-8")
    program, *words = (word.replace("{file}", str(file)) for word in example.command)
    where = shutil.which(program, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    assert where is not None, f"{program} is not installed"
    with (folder / f"{name}.log").open("wb") as log:
        home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        process = subprocess.Popen((where, *words), cwd=folder, env=home, stdout=log, stderr=log)
    return Proxy(port, plain, process)
