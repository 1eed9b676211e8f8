"""Prepares PDFs for signing after a phone has taken the request, when signer and time are known."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from mshield.gm.sm3 import sm3
from mshield.pki.signatures.formats import PDF, pdf_attributes
from mshield.pki.signatures.pdf import SUBFILTERS, covered_digest
from mshield.pki.signatures.stored_display import read_display
from mshield.server.certificates.errors import NoCertificate
from mshield.server.content.pdf_order import Seal, Update
from mshield.server.database.interface import Database
from mshield.server.requests.content_process import update_of_pdf
from mshield.server.requests.rows.prepared import KeySigner, find_signer, set_prepared
from mshield.server.requests.rows.scans import ScannedRequest, Task
from mshield.server.settings.settings import Settings

_ROOM: Final = 8 * 1024
_ROOM_FOR_STAMPS: Final = 16 * 1024
"""Bytes reserved in the PDF for the signature, more if time stamps are added later."""


@dataclass(frozen=True, slots=True)
class PreparePdfs:
    """Prepares the PDFs of a taken request."""

    db: Database
    settings: Settings

    async def __call__(self, request: ScannedRequest, *, now: int) -> ScannedRequest:
        """Prepares the request's PDFs; those already prepared stay unchanged. Raises: NoCertificate, Unavailable."""
        if not any(is_unprepared(task) for task in request.tasks):
            return request
        return replace(request, tasks=await self._all(request, now=now))

    async def _all(self, request: ScannedRequest, *, now: int) -> tuple[Task, ...]:
        ready = []
        for task in request.tasks:
            if not is_unprepared(task):
                ready.append(task)
                continue
            signer = await find_signer(self.db, uid=task.uid)
            if signer is None:
                raise NoCertificate
            ready.append(await self._one(request.requester.client_id, task, signer, now=now))
        return tuple(ready)

    async def _one(self, client_id: str, task: Task, signer: KeySigner, *, now: int) -> Task:
        display, content = read_display(task.display), task.content
        bound, kind = display.bound, display.options.pdf_signature
        assert bound is not None  # noqa: S101  # a new document always has a display
        assert content is not None  # noqa: S101  # it was read when the request was created
        update = await update_of_pdf(
            client_id,
            content,
            Update(
                field=f"mshield-{task.sid.hex()}",
                subfilter=SUBFILTERS["cades" if kind == "cades" else "rfc"],
                reason=task.title,
                time=_pdf_time(self._moment(now)),
                room=_ROOM_FOR_STAMPS if self.settings.time_stamps.places else _ROOM,
                seal=Seal(name=signer.name, number=signer.shield_number, time=_read_time(self._moment(now))),
            ),
        )
        attributes = pdf_attributes(
            display.options,
            covered=covered_digest(content, update),
            display=bound.display,
            certificate=sm3(signer.certificate),
        )
        return await set_prepared(self.db, task, message=attributes.encode(), prepared=update)

    def _moment(self, now: int) -> datetime:
        return datetime.fromtimestamp(now // 1000, ZoneInfo(self.settings.site.time_zone))


def is_unprepared(task: Task) -> bool:
    """Reports whether this is a PDF that no phone has taken yet and so can't be signed."""
    return task.format == PDF and not task.message


def _zone(moment: datetime) -> tuple[str, int, int]:
    """Returns sign, hours and minutes of the UTC offset."""
    offset = moment.utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds()) // 60
    return "-" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60


def _pdf_time(moment: datetime) -> str:
    sign, hours, minutes = _zone(moment)
    return f"D:{moment:%Y%m%d%H%M%S}{sign}{hours:02}'{minutes:02}'"


def _read_time(moment: datetime) -> str:
    sign, hours, minutes = _zone(moment)
    return f"{moment:%Y-%m-%d %H:%M:%S} {sign}{hours:02}:{minutes:02}"
