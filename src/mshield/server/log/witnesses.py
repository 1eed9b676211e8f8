"""Asks the configured witnesses to cosign the log's latest checkpoint (C2SP tlog-witness).

No other work waits for a witness. Unreachable ones are asked again at the next run. If a witness reports that
the log doesn't continue the checkpoint it saw, the job fails, which the console shows: the log was truncated
or rolled back, or shows different contents to different readers.
"""

import logging
from dataclasses import dataclass
from typing import Final

from mshield.pki.errors import LogError
from mshield.pki.tlog.add_checkpoint import AddCheckpoint
from mshield.pki.tlog.cosignature import WitnessKey, cosignatures
from mshield.pki.tlog.merkle import consistency_ranges
from mshield.pki.tlog.note import Checkpoint, open_checkpoint
from mshield.server.log.damage import NotLogged
from mshield.server.log.open_log import Log
from mshield.server.log.read import hash_of, read_checkpoint
from mshield.server.log.rows import cosignatures as store
from mshield.server.log.rows.cosignatures import Cosigned
from mshield.server.runtime.external.call import Answer, OutsideError, ask
from mshield.server.settings.log import WitnessPlace

_log: Final = logging.getLogger(__name__)
_SECONDS: Final = 10
_OK, _CONFLICT, _UNPROCESSABLE = 200, 409, 422


class WitnessDisagrees(Exception):
    """Error: a witness has seen a log with this name that isn't continued by this one."""


@dataclass(frozen=True, slots=True)
class AskWitnesses:
    """Job that asks the witnesses."""

    log: Log
    places: tuple[WitnessPlace, ...]

    async def __call__(self, *, now: int) -> int:
        """Returns the number of new cosignatures. Raises: WitnessDisagrees (after asking all), StoreError."""
        if not self.places:
            return 0
        note = await read_checkpoint(self.log)
        checkpoint = open_checkpoint(note, self.log.key.verifier)
        count, disagreeing = 0, []
        for place in self.places:
            known_size = await store.last_size(self.log.db, origin=checkpoint.origin, witness=str(place.key))
            if known_size >= checkpoint.size:
                continue
            try:
                line = await self._cosigned(place, note, checkpoint, known_size)
            except WitnessDisagrees as error:
                _log.error(
                    "witness %s: %s", place.key.name, error
                )  # Without a traceback, since the message is sufficient.
                disagreeing.append(place.key.name)
            except (OutsideError, LogError, NotLogged) as error:
                _log.warning("witness %s has not cosigned: %s", place.key.name, error)
            else:
                cosigned = Cosigned(checkpoint.size, note, str(place.key), line)
                await store.keep(self.log.db, cosigned, origin=checkpoint.origin, now=now)
                count += 1
        if disagreeing:
            raise WitnessDisagrees(", ".join(disagreeing))
        return count

    async def _cosigned(self, place: WitnessPlace, note: str, checkpoint: Checkpoint, known: int) -> str:
        """Returns the witness's line for the checkpoint; `known` is the size it cosigned last, as stored here."""
        answer = await self._request_cosignature(place, note, checkpoint, known)
        if answer.status == _CONFLICT:
            size = _size_in(answer)
            if size > checkpoint.size:
                await self._require_size(size)
                raise OutsideError("it already has a later checkpoint")
            answer = await self._request_cosignature(place, note, checkpoint, size)
            if answer.status == _CONFLICT and _size_in(answer) == size:
                raise WitnessDisagrees(f"it has seen a different log of {size} entries")
        if answer.status == _UNPROCESSABLE:
            raise WitnessDisagrees("the log doesn't continue the one it saw")
        if answer.status != _OK:
            raise OutsideError(f"status {answer.status}")
        return _line_of(place.key, note, answer.content)

    async def _require_size(self, size: int) -> None:
        """Raises WitnessDisagrees if the current log is smaller than what the witness has seen."""
        now = open_checkpoint(await read_checkpoint(self.log), self.log.key.verifier).size
        if size > now:
            raise WitnessDisagrees(f"it has seen {size} entries, but the log has only {now}")

    async def _request_cosignature(
        self, place: WitnessPlace, note: str, checkpoint: Checkpoint, known: int
    ) -> Answer:
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
    """Returns the size of the log known to the witness, from its conflict response."""
    size = conflict.content.decode("ascii", "replace").strip()
    if not size.isdecimal() or len(size) > 19:
        raise OutsideError("a conflict response without a size")
    return int(size)


def _line_of(key: WitnessKey, note: str, content: bytes) -> str:
    """Returns only this witness's line of a response. Raises: OutsideError (not signed by its key), LogError."""
    lines = [f"{line}\n" for line in content.decode("utf-8", "replace").split("\n")]
    own = "".join(line for line in lines if line.startswith(f"— {key.name} "))
    if not cosignatures(note + own, (key,)):
        raise OutsideError("no cosignature with its key")
    return own
