"""One signature through the application in this process, with the source files that each of its calls enters.

Called over ASGI on SQLite: uvicorn's side of a call (`http/edge/connection.py`, `exchange.py`) isn't entered.
"""

import sys
from collections.abc import Awaitable
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeVar

from tests.support.application import Application, qr_of
from tests.support.shield_over_http import Shield

STEPS: Final = ("create", "scan", "open", "finish", "result")
_ROOT: Final = Path(__file__).parents[2]
_PACKAGES: Final = tuple(f"{_ROOT / source / 'mshield'}/" for source in ("client/src", "src"))
_FIRST: Final = "/server/http/app.py"
T = TypeVar("T")


class Trace:
    """Source files of this project in the order in which they are first entered."""

    def __init__(self) -> None:
        self._files: dict[str, None] = {}

    async def of(self, call: Awaitable[T]) -> T:
        """Records the files that this thread enters until the call returns."""
        sys.setprofile(self._enter)
        try:
            return await call
        finally:
            sys.setprofile(None)

    @property
    def files(self) -> list[str]:
        """Paths relative to the folder `mshield`."""
        return [name.partition("/mshield/")[2] for name in self._files]

    def _enter(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event != "call" or not (name := frame.f_code.co_filename).startswith(_PACKAGES):
            return
        # What the phone computes comes before: a call begins where it reaches the application.
        if self._files or name.endswith(_FIRST):
            self._files[name] = None


async def traced_signature(application: Application) -> dict[str, list[str]]:
    """Signs a text twice and returns the files that each call of the second signature enters."""
    await application.registered()
    shield = Shield(application, await application.logged_in())
    await shield.enrol()
    await _signature(application, shield)
    return await _signature(application, shield)


async def _signature(application: Application, shield: Shield) -> dict[str, list[str]]:
    traces = {step: Trace() for step in STEPS}
    document = {"title": "报关单", "media_type": "text/plain", "content_b64": "5oql5YWz5Y2V"}
    created = await traces["create"].of(
        application.business("POST", "/api/business/requests", {"kind": "signature", "documents": [document]})
    )
    assert created.status_code == 201, created.text
    request = created.json()
    scanned = await traces["scan"].of(
        shield.device.call("POST", "/api/phone/scans", {"code": qr_of(request)})
    )
    nonces, opened = await traces["open"].of(shield.open(scanned.json()["tasks"]))
    finished = await traces["finish"].of(shield.finish(nonces, opened))
    assert finished.status_code == 200, finished.text
    shield.otp = bytes.fromhex(finished.json()["otp"])
    result = await traces["result"].of(
        application.business("GET", f"/api/business/requests/{request['id']}/result")
    )
    assert result.status_code == 200, result.text
    return {step: trace.files for step, trace in traces.items()}
