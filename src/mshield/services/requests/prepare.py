"""Makes a PDF ready for its signature once a phone has taken the request: only then is it known who signs, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from mshield.content.pdf_order import Seal, Update
from mshield.domain import errors
from mshield.gm.sm3 import sm3
from mshield.pki.signatures.formats import PDF, pdf_attributes
from mshield.pki.signatures.kept_display import read_display
from mshield.pki.signatures.pdf import SUBFILTERS, covered_digest
from mshield.services.requests.pdf_process import update_of_pdf
from mshield.settings import Settings
from mshield.store.database.interface import Database
from mshield.store.requests.prepared import KeySigner, find_signer, set_prepared
from mshield.store.requests.scans import ScannedRequest, Task

_ROOM: Final = 8 * 1024
_ROOM_FOR_STAMPS: Final = 16 * 1024
"""Octets that are kept free for the signature; time stamps come into it later."""


@dataclass(frozen=True, slots=True)
class PreparePdfs:
    """Makes the PDFs of a request ready that its phone is to sign."""

    db: Database
    settings: Settings

    async def __call__(self, request: ScannedRequest, *, now: int) -> ScannedRequest:
        """The request as its phone gets it; one that is ready stays as it is. Raises Unavailable."""
        if not any(is_unprepared(task) for task in request.tasks):
            return request
        return replace(request, tasks=await self._all(request.tasks, now=now))

    async def _all(self, tasks: Sequence[Task], *, now: int) -> tuple[Task, ...]:
        ready = []
        for task in tasks:
            if not is_unprepared(task):
                ready.append(task)
                continue
            signer = await find_signer(self.db, uid=task.uid)
            if signer is None:
                raise errors.NoCertificate
            ready.append(await self._one(task, signer, now=now))
        return tuple(ready)

    async def _one(self, task: Task, signer: KeySigner, *, now: int) -> Task:
        display, content = read_display(task.display), task.content
        bound, kind = display.bound, display.options.pdf_signature
        assert bound is not None  # noqa: S101  # a new document is always drawn
        assert content is not None  # noqa: S101  # it was read when it was asked for
        update = await update_of_pdf(
            content,
            Update(
                field=f"mshield-{task.sid.hex()}",
                subfilter=SUBFILTERS["cades" if kind == "cades" else "rfc"],
                reason=task.title,
                time=_pdf_time(self._moment(now)),
                room=_ROOM_FOR_STAMPS if self.settings.tsa_places else _ROOM,
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
        return datetime.fromtimestamp(now // 1000, ZoneInfo(self.settings.time_zone))


def is_unprepared(task: Task) -> bool:
    """Whether it is a PDF that no phone had; nothing is to be signed of it yet."""
    return task.format == PDF and not task.message


def _zone(moment: datetime) -> tuple[str, int, int]:
    """Sign, hours and minutes of what the zone is off."""
    offset = moment.utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds()) // 60
    return "-" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60


def _pdf_time(moment: datetime) -> str:
    sign, hours, minutes = _zone(moment)
    return f"D:{moment:%Y%m%d%H%M%S}{sign}{hours:02}'{minutes:02}'"


def _read_time(moment: datetime) -> str:
    sign, hours, minutes = _zone(moment)
    return f"{moment:%Y-%m-%d %H:%M:%S} {sign}{hours:02}:{minutes:02}"
