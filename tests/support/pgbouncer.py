"""PgBouncer in front of a test's PostgreSQL, on its own port; stopped by its caller."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.support.ports import free_ports
from tests.support.postgresql import USER, Server, give_to_postgres, identity

_PROGRAM: Final = "/usr/sbin/pgbouncer"
_SECONDS: Final = 10.0


@contextlib.contextmanager
def pgbouncer(server: Server, folder: Path, *, mode: str, **settings: object) -> Iterator[str]:
    """Runs it and yields the address of the database `mshield` behind it; `settings` go to its section `pgbouncer`."""
    port = free_ports(1)
    give_to_postgres(folder)
    (folder / "users").write_text(f'"{USER}" ""\n')
    values = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "trust",
        "auth_file": folder / "users",
        "pool_mode": mode,
        "default_pool_size": 20,
        "logfile": folder / "log",
        **settings,
    }
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\nmshield = host=127.0.0.1 port={server.port} dbname=mshield\n\n[pgbouncer]\n"
        + "".join(f"{name} = {value}\n" for name, value in values.items())
    )
    with subprocess.Popen(
        (_PROGRAM, "--quiet", str(folder / "pgbouncer.ini")), cwd="/", stdin=subprocess.DEVNULL, **identity()
    ) as process:
        try:
            _until_it_answers(port)
            yield f"postgresql://{USER}@127.0.0.1:{port}/mshield"
        finally:
            process.terminate()  # stops immediately, even with clients connected


def _until_it_answers(port: int) -> None:
    end = time.monotonic() + _SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < end, "PgBouncer doesn't answer"
            time.sleep(0.02)
        else:
            return
