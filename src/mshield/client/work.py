"""The work of a captcha, which a program does unseen: ALTCHA's, version 2."""

from collections.abc import Mapping
from typing import Any, Final

import altcha
import msgspec

from mshield.client.errors import PhoneError
from mshield.client.wire import read

ALGORITHM: Final = "PBKDF2/SHA-256"
_MOST_ROUNDS: Final = 100_000
_PATIENCE: Final = 60.0


class Challenge(msgspec.Struct, frozen=True):
    """A challenge as the service makes it."""

    parameters: dict[str, Any]
    signature: str


def solved(answer: bytes) -> str:
    """The solution of the challenge in an answer of the service, to be sent as `work`.

    Takes a tenth of a second, after failures more. PhoneError `work_refused` for a challenge that can't be one.
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
    # Without the time that it took: a call that is repeated says the same.
    return altcha.Payload(puzzle, altcha.Solution(solution.counter, solution.derived_key)).to_base64()


def _is_bounded(parameters: Mapping[str, Any]) -> bool:
    cost = parameters.get("cost")
    return parameters.get("algorithm") == ALGORITHM and type(cost) is int and 0 < cost <= _MOST_ROUNDS
