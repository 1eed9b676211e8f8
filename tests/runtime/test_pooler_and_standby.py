"""A real PgBouncer and a real streaming standby: the service works with them, and doctor reports limitations."""

import asyncio
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from mshield.client import BusinessClient, Document
from mshield.server.database.opening import open_database
from mshield.server.runtime.rows.probing import probe_of
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
from tests.support.live_service import LiveService, enrolled
from tests.support.pgbouncer import pgbouncer
from tests.support.postgresql import Server

pytestmark = pytest.mark.slow

_DIRECT: Final = "MSHIELD_DATABASE_DIRECT"


def _sign(business: BusinessClient, phone: VirtualPhone) -> None:
    asked = business.request_signature([Document(title="报关单", media_type="text/plain", content=b"text")])
    phone.scan(asked.qr)
    phone.approve(pin=OPERATOR.pin)
    assert business.status(asked.id).state == "signed"


def _doctor(service: LiveService, *, passes: bool) -> dict[str, Any]:
    """Returns doctor's checks of the database."""
    done = service.run("doctor")
    assert (done.returncode == 0) is passes, done.stdout
    checks: dict[str, Any] = service.printed(done)["checks"]
    return checks


def test_the_service_behind_pgbouncer_and_before_a_standby(
    durable_postgresql: Server, tmp_path: Path
) -> None:
    server, folders = durable_postgresql, durable_postgresql.data.parent
    service = LiveService(tmp_path, server.url("mshield"), settings={_DIRECT: server.url("mshield")})
    for mode in ("transaction", "session"):
        with pgbouncer(server, folders / mode, mode=mode) as service.database:
            if mode == "transaction":
                service.prepare()
            service.start()
            phone = enrolled(service) if mode == "transaction" else service.phone()
            with phone, service.business() as business:
                for _ in range(3):
                    _sign(business, phone)
            checks = _doctor(service, passes=True)
            assert checks["database"]["text"].endswith("primary, behind a pooler")
            assert not {"pooler", "warning pooler"} & checks.keys()
            service.stop()
            assert "Traceback" not in service.log.read_text()
            if mode == "session":
                direct = service.settings.pop(_DIRECT)
                assert _DIRECT in _doctor(service, passes=True)["warning pooler"]["text"]
                service.settings[_DIRECT] = direct
    for name, mode, settings, said in (
        ("by-statement", "statement", {}, "pool_mode"),
        ("forgetful", "transaction", {"max_prepared_statements": 0}, "max_prepared_statements"),
        ("small", "transaction", {"default_pool_size": 1}, "default_pool_size"),
    ):
        with pgbouncer(server, folders / name, mode=mode, **settings) as service.database:
            assert said in _doctor(service, passes=False)["pooler"]["text"]
    _of_the_standby(service, server, folders / "standby")


async def _standbys(url: str) -> int:
    """Returns the number of standbys, from the metrics."""
    db = await open_database(url, pool_size=1, seconds=5)
    probe = probe_of(db, url)
    seen = await probe.look()
    probe.close()
    await db.close()
    return seen.standbys


def _of_the_standby(service: LiveService, server: Server, data: Path) -> None:
    standby = server.standby(data)
    try:
        service.database = standby.url("mshield")
        (check,) = [_doctor(service, passes=False)["database"]]
        assert "standby: it accepts no writes" in check["text"]
        both = f"postgresql://mshield@127.0.0.1:{standby.port},127.0.0.1:{server.port}/mshield"
        service.database = f"{both}?target_session_attrs=read-write"
        service.settings[_DIRECT] = standby.url("mshield")
        checks = _doctor(service, passes=False)
        assert checks["database"]["text"].endswith(", primary")
        assert "is a standby" in checks["database direct"]["text"]
        with psycopg.connect(server.url("postgres")) as connection:
            row = connection.execute("SELECT state FROM pg_stat_replication").fetchone()
            assert row == ("streaming",)
        assert asyncio.run(_standbys(server.url("mshield"))) == 1
    finally:
        standby.stop()
