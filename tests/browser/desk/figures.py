"""Two days of statistics in a service's database, as content for pages."""

import math
import sqlite3
import time
from typing import Final

from mshield.server.values.percentiles import UNTIMED, bucket_of
from tests.support.live_service import LiveService

HOUR_MS: Final = 3_600_000


def put_figures(service: LiveService) -> None:
    """Inserts hourly signatures and logins of a working day, some refusals, and durations of calls."""
    now = time.time_ns() // 1_000_000 // HOUR_MS * HOUR_MS
    rows: list[tuple[int, str, str, int, int]] = []
    for back in range(49):
        hour = now - back * HOUR_MS
        busy = 1 + math.sin(back / 24 * math.tau + 1) ** 2 * 8
        rows += [
            (hour, "signed_sign", "", UNTIMED, round(70 * busy)),
            (hour, "signed_login", "", UNTIMED, round(105 * busy)),
            (hour, "declined", "declined", UNTIMED, back % 3),
            (hour, "finishSigning", "", bucket_of(4.0), round(60 * busy)),
            (hour, "finishSigning", "", bucket_of(9.0), round(10 * busy)),
            (hour, "finishSigning", "wrong_pin", bucket_of(6.0), back % 5),
            (hour, "scan", "qr_stale", bucket_of(3.0), back % 2),
            # The longest names and the durations of a bad day must also fit side by side.
            (hour, "getRegisterCaptchaChallenge", "", bucket_of(25_000.0), 60),
            (hour, "getRegisterCaptchaChallenge", "wrong_pin", bucket_of(25_000.0), 1),
        ]
    connection = sqlite3.connect(service.database.removeprefix("sqlite:///"), timeout=10)
    with connection:
        connection.executemany("INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
