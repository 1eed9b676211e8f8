"""Second person of the demonstration's commands: one of its officers, who confirms by an authenticator app."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pyotp

_API: Final = "/api/console"
_STEP_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """Officer at the console, logged in by `http`."""

    name: str
    password: str
    http: httpx.Client

    @contextlib.contextmanager
    def code(self) -> Iterator[str]:
        """Yields an unused one-time code of an authenticator that exists only meanwhile.

        An authenticator has a few codes a minute, and the demonstration's commands follow each other faster.
        """
        own_password = {"password": self.password}
        offer = self._post("/me/factors/offers", own_password)
        app = pyotp.TOTP(offer["totp"]["secret"])
        factor = first_use(app, offer["enrolment"]) | {"label": "演示"}
        factor_id = self._post("/me/factors", factor)["id"]
        try:
            yield app.now()
        finally:
            self._post(f"/me/factors/{factor_id}/removal", own_password)

    def _post(self, path: str, document: dict[str, str]) -> Any:
        answer = self.http.post(_API + path, json=document).raise_for_status()
        return answer.json() if answer.content else None


def first_use(app: pyotp.TOTP, enrolment: str) -> dict[str, str]:
    """Returns the confirmation of an offered authenticator, by its previous code, so that the current one is unused."""
    app_code = app.at(int(time.time()) - _STEP_SECONDS)
    return {"enrolment": enrolment, "totp_code": app_code}
