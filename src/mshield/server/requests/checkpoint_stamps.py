"""Time stamps on the log's checkpoints, requested by a job and included in evidence with the proof for that checkpoint.

One stamp covers all entries in the log, so an hour's signatures need only one.
"""

import logging
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from mshield.pki.errors import LogError, TimeStampError
from mshield.pki.signatures.evidence import EvidenceTimeStamp
from mshield.pki.tlog.note import open_checkpoint
from mshield.server.keys.errors import NoAuthority
from mshield.server.log.damage import NotLogged
from mshield.server.log.open_log import Log
from mshield.server.log.read import prove_under, read_checkpoint, read_cosigned
from mshield.server.log.rows import checkpoint_stamps as store
from mshield.server.log.rows.checkpoint_stamps import CheckpointStamp
from mshield.server.publication.time_stamps import TimeNotAvailable
from mshield.server.requests.time_stamps import StampSignatures, outside_roots
from mshield.server.runtime.external.call import OutsideError
from mshield.server.settings.forms import OWN_TSA

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StampCheckpoints:
    """Requests a stamp on the log's latest checkpoint from each configured authority, if the log has grown."""

    stamps: StampSignatures
    log: Log

    async def __call__(self) -> int:
        """Runs the job and returns the number of stamps received. The next run retries authorities that failed."""
        places = self.stamps.settings.places
        if not places:
            return 0
        note = await read_checkpoint(self.log)
        checkpoint = open_checkpoint(note, self.log.key.verifier)
        roots, count = outside_roots(self.stamps.settings), 0
        for place in places:
            if (
                await store.last_size(self.log.db, origin=checkpoint.origin, place=place.url)
                >= checkpoint.size
            ):
                continue
            try:
                token, verified = await self.stamps.stamped(note.encode(), place, roots, signed_at=None)
            except (TimeStampError, OutsideError, NoAuthority, TimeNotAvailable) as error:
                reason = getattr(error, "reason", type(error).__name__)
                _log.warning("time stamp on a checkpoint by %s: %s", place.url, reason)
                continue
            stamp = CheckpointStamp(
                size=checkpoint.size,
                place=place.url,
                checkpoint=note,
                token=token,
                profile=verified.profile,
                stamped_at=verified.info.at,
            )
            await store.keep(self.log.db, stamp, origin=checkpoint.origin, good_until=verified.until)
            count += 1
        return count


async def checkpoint_for(log: Log, *, index: int, now: int) -> tuple[str, tuple[EvidenceTimeStamp, ...]]:
    """Returns the checkpoint that proves this entry, with its time stamps.

    Prefers the first stamped one, and a third party's stamp to the own authority's. Otherwise returns the
    first one that witnesses cosigned, with all their lines, or the log's latest one if there is none that
    fits the current log. Raises: NotLogged.
    """
    stamps = await store.covering(log.db, origin=log.key.verifier.name, log_index=index, now=now)
    by_size = [list(of_one) for _, of_one in groupby(stamps, key=lambda stamp: stamp.size)]
    by_size.sort(key=lambda of_one: all(stamp.place == OWN_TSA for stamp in of_one))
    for of_one in by_size:
        note = of_one[0].checkpoint
        try:
            (await prove_under(log, note, index=index)).check(log.key.verifier)
        except (LogError, NotLogged):
            _log.warning("a stamped checkpoint of %s entries doesn't belong to this log", of_one[0].size)
            continue
        return note, tuple(_evidence_of(stamp) for stamp in of_one if stamp.checkpoint == note)
    note = await read_cosigned(log, index=index)
    try:
        (await prove_under(log, note, index=index)).check(log.key.verifier)
    except (LogError, NotLogged):
        note = await read_checkpoint(log)
    return note, ()


def _evidence_of(stamp: CheckpointStamp) -> EvidenceTimeStamp:
    return EvidenceTimeStamp(
        token=stamp.token, profile="p256" if stamp.profile == "p256" else "sm2", at=stamp.stamped_at
    )
