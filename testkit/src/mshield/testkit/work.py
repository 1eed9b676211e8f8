"""Proof of work of a captcha, done by the program unseen: ALTCHA, version 2."""

from collections.abc import Mapping
from typing import Any, Final

import altcha
import msgspec

from mshield.client.errors import PhoneError
from mshield.client.forms import read

ALGORITHM: Final = "PBKDF2/SHA-256"
_MOST_ROUNDS: Final = 100_000
_PATIENCE: Final = 60.0


class Challenge(msgspec.Struct, frozen=True):
    """A challenge from the service."""

    parameters: dict[str, Any]
    signature: str


def solved(answer: bytes) -> str:
    """Solves the challenge in a response of the service; send the solution as `work`.

    Takes 0.1 s, and longer after failures. Raises: PhoneError (`work_refused`: the challenge is invalid or
    too costly).
    """
    challenge = read(answer, Challenge)
    if not _is_bounded(challenge.parameters):
        raise PhoneError("work_refused")
    try:
        puzzle = altcha.Challenge.from_dict(msgspec.to_builtins(challenge))
        solution = altcha.solve_challenge(puzzle, timeout=_PATIENCE)
    except (KeyError, TypeError, ValueError) as error:
        raise PhoneError("work_refused") from error
    if solution is None:
        raise PhoneError("work_refused")
    # Leave out the time taken, so that a retried call has the same body.
    return altcha.Payload(puzzle, altcha.Solution(solution.counter, solution.derived_key)).to_base64()


def _is_bounded(parameters: Mapping[str, Any]) -> bool:
    cost = parameters.get("cost")
    return parameters.get("algorithm") == ALGORITHM and type(cost) is int and 0 < cost <= _MOST_ROUNDS
