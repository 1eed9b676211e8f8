"""What a PDF is to be updated with, as a service tells it to the process that makes it."""

from dataclasses import dataclass
from typing import Final

TRIAL: Final = b"trial"
"""In place of an update: whether one can be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What the picture on the page says: the signer's name, their shield's number, the time as it is read."""

    name: str
    number: str
    time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What the update says of the signature. `field` is the field's name, which no other field of the file has.

    `subfilter` names the kind of signature, `time` is as PDF writes it (`D:…`), `room` how many octets it may take.
    """

    field: str
    subfilter: str
    reason: str
    time: str
    room: int
    seal: Seal


SAMPLE: Final = Update(
    field="mshield-00000000000000000000000000000000",
    subfilter="adbe.pkcs7.detached",
    reason="",
    time="D:20260101000000+08'00'",
    room=16 * 1024,
    seal=Seal(name="", number="", time=""),
)
"""One for a trial."""
