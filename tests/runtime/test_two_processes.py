"""Two server processes on one PostgreSQL: the phone answers at one, the PC waits at the other."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from mshield.client import BusinessClient
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
from tests.support.live_service import LiveService, enrolled

pytestmark = pytest.mark.slow

_SOON = 5.0
"""Limit in s; by itself a waiting call checks after fifteen."""


@pytest.fixture
def services(empty_postgresql_url: str, tmp_path: Path) -> Iterator[tuple[LiveService, LiveService]]:
    one = LiveService(tmp_path, empty_postgresql_url, fresh=True)
    one.prepare()
    other = LiveService(tmp_path, empty_postgresql_url, system=one.system, fresh=True)
    try:
        one.start()
        other.start()
        yield one, other
    finally:
        one.stop()
        other.stop()


def _news(
    phone: VirtualPhone, one: LiveService, business: BusinessClient, *, kill: str | None = None
) -> float:
    """Returns the time in s from the phone's answer at one process until the PC at the other gets it."""
    with one.business() as at_one:
        asked = at_one.request_login()
    phone.scan(asked.qr)

    def wait() -> float:
        assert business.status(asked.id, wait=30, state="scanned").state == "signed"
        return time.monotonic()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait)
        time.sleep(0.3)
        assert not waiting.done()
        if kill is not None:
            _kill_links(kill)
        phone.approve(pin=OPERATOR.pin)
        answered = time.monotonic()
        return waiting.result() - answered


def _kill_links(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'mshield events'"
        ).fetchall()
    assert len(ended) == 2


def test_pc_at_the_other_process_is_notified(
    services: tuple[LiveService, LiveService], empty_postgresql_url: str
) -> None:
    one, other = services
    with enrolled(one) as phone, other.business() as business:
        assert _news(phone, one, business) < _SOON
        assert _news(phone, one, business, kill=empty_postgresql_url) < _SOON
        assert _news(phone, one, business) < _SOON
