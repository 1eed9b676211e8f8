"""Time stamps on the log's checkpoints: by a job, and put into bundles with the proof that leads to that checkpoint.

One stamp speaks for all entries that the log had by then, so that an hour's signatures cost one.
"""

import logging
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from mshield.gateways.outside import OutsideError
from mshield.keys.errors import NoAuthority
from mshield.pki.errors import LogError, TimeStampError
from mshield.pki.signatures.evidence import EvidenceTimeStamp
from mshield.pki.tlog.note import open_checkpoint
from mshield.services.log.errors import NotLogged
from mshield.services.log.open_log import Log
from mshield.services.log.read import prove_under, read_checkpoint, read_cosigned
from mshield.services.publication.time_stamps import TimeNotAvailable
from mshield.services.requests.time_stamps import StampSignatures, outside_roots
from mshield.setting_forms import OWN_TSA
from mshield.store.log import checkpoint_stamps as store
from mshield.store.log.checkpoint_stamps import CheckpointStamp

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StampCheckpoints:
    """Asks every authority of the settings for a stamp on the log's last checkpoint, where it has grown."""

    stamps: StampSignatures
    log: Log

    async def __call__(self) -> int:
        """What the job does; gives how many stamps it got. One that fails is asked at the next run."""
        places = self.stamps.settings.tsa_places
        if not places:
            return 0
        note = await read_checkpoint(self.log)
        checkpoint = open_checkpoint(note, self.log.key.verifier)
        roots, done = outside_roots(self.stamps.settings), 0
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
            done += 1
        return done


async def checkpoint_for(log: Log, *, index: int, now: int) -> tuple[str, tuple[EvidenceTimeStamp, ...]]:
    """The first checkpoint with this entry that was stamped, by a third party rather than the own authority.

    Without a stamp the first that a witness cosigned, with the lines of all who did; the log's last one where there is
    neither, or where it doesn't fit the log of now. Raises NotLogged.
    """
    stamps = await store.covering(log.db, origin=log.key.verifier.name, log_index=index, now=now)
    by_size = [list(of_one) for _, of_one in groupby(stamps, key=lambda stamp: stamp.size)]
    by_size.sort(key=lambda of_one: all(stamp.place == OWN_TSA for stamp in of_one))
    for of_one in by_size:
        note = of_one[0].checkpoint
        try:
            (await prove_under(log, note, index=index)).check(log.key.verifier)
        except (LogError, NotLogged):
            _log.warning("a stamped checkpoint of %s entries is not one of this log", of_one[0].size)
            continue
        return note, tuple(_told(stamp) for stamp in of_one if stamp.checkpoint == note)
    note = await read_cosigned(log, index=index)
    try:
        (await prove_under(log, note, index=index)).check(log.key.verifier)
    except (LogError, NotLogged):
        note = await read_checkpoint(log)
    return note, ()


def _told(stamp: CheckpointStamp) -> EvidenceTimeStamp:
    return EvidenceTimeStamp(
        token=stamp.token, profile="p256" if stamp.profile == "p256" else "sm2", at=stamp.stamped_at
    )
