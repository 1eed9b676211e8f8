"""Asks the witnesses of the settings to cosign the log's last checkpoint (C2SP tlog-witness), beside everything else.

Nothing waits for one. Who can't be reached is asked again at the next run; one that says that the log doesn't continue
what it saw makes the job fail, which the console shows: the log was cut, set back, or has two faces.
"""

import logging
from dataclasses import dataclass
from typing import Final

from mshield.gateways.outside import Answer, OutsideError, ask
from mshield.pki.errors import LogError
from mshield.pki.tlog.add_checkpoint import AddCheckpoint
from mshield.pki.tlog.cosignature import WitnessKey, cosignatures
from mshield.pki.tlog.merkle import consistency_ranges
from mshield.pki.tlog.note import Checkpoint, open_checkpoint
from mshield.services.log.errors import NotLogged
from mshield.services.log.open_log import Log
from mshield.services.log.read import hash_of, read_checkpoint
from mshield.store.log import cosignatures as store
from mshield.store.log.cosignatures import Cosigned
from mshield.witness_settings import WitnessPlace

_log: Final = logging.getLogger(__name__)
_SECONDS: Final = 10
_OK, _CONFLICT, _UNPROCESSABLE = 200, 409, 422


class WitnessDisagrees(Exception):
    """A witness has seen a log of this name that this one doesn't continue."""


@dataclass(frozen=True, slots=True)
class AskWitnesses:
    """What the job does."""

    log: Log
    places: tuple[WitnessPlace, ...]

    async def __call__(self, *, now: int) -> int:
        """How many cosigned it. Raises WitnessDisagrees once all were asked, StoreError."""
        if not self.places:
            return 0
        note = await read_checkpoint(self.log)
        checkpoint = open_checkpoint(note, self.log.key.verifier)
        done, disagree = 0, []
        for place in self.places:
            known = await store.last_size(self.log.db, origin=checkpoint.origin, witness=str(place.key))
            if known >= checkpoint.size:
                continue
            try:
                line = await self._cosigned(place, note, checkpoint, known)
            except WitnessDisagrees as error:
                _log.error("witness %s: %s", place.key.name, error)  # what it says is all there is
                disagree.append(place.key.name)
            except (OutsideError, LogError, NotLogged) as error:
                _log.warning("witness %s has not cosigned: %s", place.key.name, error)
            else:
                cosigned = Cosigned(checkpoint.size, note, str(place.key), line)
                await store.keep(self.log.db, cosigned, origin=checkpoint.origin, now=now)
                done += 1
        if disagree:
            raise WitnessDisagrees(", ".join(disagree))
        return done

    async def _cosigned(self, place: WitnessPlace, note: str, checkpoint: Checkpoint, known: int) -> str:
        """Its line under the checkpoint. `known` is what it cosigned last as far as is known here."""
        answer = await self._asked(place, note, checkpoint, known)
        if answer.status == _CONFLICT:
            size = _size_in(answer)
            if size > checkpoint.size:
                await self._require_size(size)
                raise OutsideError("it has a later checkpoint by now")
            answer = await self._asked(place, note, checkpoint, size)
            if answer.status == _CONFLICT and _size_in(answer) == size:
                raise WitnessDisagrees(f"it has seen another log of {size} entries")
        if answer.status == _UNPROCESSABLE:
            raise WitnessDisagrees("the log doesn't continue what it saw")
        if answer.status != _OK:
            raise OutsideError(f"status {answer.status}")
        return _line_of(place.key, note, answer.content)

    async def _require_size(self, size: int) -> None:
        """Raises WitnessDisagrees where the log, as it is by now, has less than somebody has seen of it."""
        now = open_checkpoint(await read_checkpoint(self.log), self.log.key.verifier).size
        if size > now:
            raise WitnessDisagrees(f"it has seen {size} entries of the log, which has {now}")

    async def _asked(self, place: WitnessPlace, note: str, checkpoint: Checkpoint, known: int) -> Answer:
        ranges = consistency_ranges(known, checkpoint.size) if 0 < known < checkpoint.size else ()
        proof = [await hash_of(self.log, leaves, checkpoint.size) for leaves in ranges]
        return await ask(
            "POST",
            f"{place.url}/add-checkpoint",
            headers={"Content-Type": "text/plain; charset=utf-8"},
            seconds=_SECONDS,
            content=AddCheckpoint(known, tuple(proof), note).encode(),
            attempts=1,
        )


def _size_in(conflict: Answer) -> int:
    """How much of the log it knows, as a conflict says."""
    size = conflict.content.decode("ascii", "replace").strip()
    if not size.isdecimal() or len(size) > 19:
        raise OutsideError("a conflict without a size")
    return int(size)


def _line_of(key: WitnessKey, note: str, content: bytes) -> str:
    """This witness's line of an answer, and no other's. Raises LogError where it hasn't signed."""
    lines = [f"{line}\n" for line in content.decode("utf-8", "replace").split("\n")]
    own = "".join(line for line in lines if line.startswith(f"— {key.name} "))
    if not cosignatures(note + own, (key,)):
        raise OutsideError("no cosignature by its key")
    return own
