"""Client of a witness that cosigns a log's checkpoint (C2SP tlog-witness); trusts only what its key signed."""

from typing import Final

import httpx

from mshield.client.connections import Closing, is_loopback
from mshield.client.errors import NetworkError, ProtocolError
from mshield.client.log import LogReader, Noted
from mshield.pki.errors import LogFormError, LogProofError, LogSignatureError
from mshield.pki.tlog.add_checkpoint import AddCheckpoint
from mshield.pki.tlog.cosignature import WitnessKey, cosignatures

_SECONDS: Final = 30.0
_LONGEST: Final = 16_384


class Witness(Closing):
    """One witness, whose URL and key are known from elsewhere; use it as a context manager, or call `close`."""

    def __init__(
        self, url: str, key: WitnessKey | str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        """Takes the URL before `/add-checkpoint` and the witness's vkey. Raises: LogFormError."""
        self.key = WitnessKey.parse(key) if isinstance(key, str) else key
        self._url = url.rstrip("/")
        self._http = httpx.Client(transport=transport, trust_env=not is_loopback(self._url), timeout=_SECONDS)

    def cosign(self, reader: LogReader, noted: Noted) -> str:
        """Returns the checkpoint with the witness's cosignature added.

        Raises: LogProofError if the witness knows a different or larger log of this name; LogSignatureError,
        LogFormError, ClientError.
        """
        size = noted.checkpoint.size
        answer = self._ask(AddCheckpoint(0, (), noted.note))
        if (
            answer.status_code == httpx.codes.CONFLICT
        ):  # the response states the size of the log that the witness knows
            known = answer.text.strip()
            if not known.isdecimal() or len(known) > 19:
                raise ProtocolError(
                    "malformed", "a witness's conflict response must state the size that it knows"
                )
            if int(known) > size:
                raise LogProofError(
                    f"{self.key.name} has seen {known} entries of the log, which now has {size}"
                )
            proof = reader.consistency(int(known), size)
            answer = self._ask(AddCheckpoint(int(known), tuple(proof), noted.note))
        if answer.status_code != httpx.codes.OK:
            refused = f"{self.key.name} refuses the checkpoint: {answer.status_code}"
            if answer.status_code in {httpx.codes.CONFLICT, httpx.codes.UNPROCESSABLE_ENTITY}:
                raise LogProofError(refused)
            raise ProtocolError("witness_refused", refused)
        return self._checked(noted.note, answer.text)

    def _checked(self, note: str, lines: str) -> str:
        """Returns the note with only this witness's lines of the response, after verifying them."""
        own = [f"{line}\n" for line in lines.split("\n") if line.startswith(f"— {self.key.name} ")]
        if not cosignatures(note + "".join(own), (self.key,)):
            raise LogSignatureError(f"{self.key.name} has not cosigned with its key")
        return note + "".join(own)

    def _ask(self, asked: AddCheckpoint) -> httpx.Response:
        try:
            answer = self._http.post(f"{self._url}/add-checkpoint", content=asked.encode())
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NetworkError(f"{type(error).__name__} at the witness") from error
        if len(answer.content) > _LONGEST:
            raise LogFormError("a witness's answer is too long")
        return answer
