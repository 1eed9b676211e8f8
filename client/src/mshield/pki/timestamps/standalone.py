"""Verdict on a standalone time stamp: its validity, on the data if they are given, and its authority (ADR 70)."""

from typing import Literal

from mshield.gm.engine import Engine
from mshield.pki.timestamps.token import TimeStampToken
from mshield.pki.timestamps.verify import TsaTrust, VerifiedStamp, verify_token, verify_token_without_data

Verdict = Literal["valid", "data_not_given", "signer_not_established"]


def check_stamp(
    engine: Engine, token: TimeStampToken, *, data: bytes | None, trust: TsaTrust, now: int
) -> tuple[VerifiedStamp, Verdict]:
    """Verifies a stamp. The verdict is `valid` only with a trusted root and the given data.

    `now` is in ms. Raises: TimeStampError.
    """
    if data is None:
        stamp = verify_token_without_data(engine, token, trust=trust, now=now)
    else:
        stamp = verify_token(engine, token, data=data, trust=trust, now=now)
    if stamp.root is None:
        return stamp, "signer_not_established"
    return stamp, "data_not_given" if data is None else "valid"
