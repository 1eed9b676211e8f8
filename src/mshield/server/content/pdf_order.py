"""Order for a PDF update, which the service sends to the subprocess."""

from dataclasses import dataclass
from typing import Final

TRIAL: Final = b"trial"
"""Value sent in place of an update, to test whether the file can be updated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Text of the picture on the page: the signer's name, the shield's number, and the displayed time."""

    name: str
    number: str
    time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Data of the signature. `field` is the field's name, which no other field of the file may have.

    `subfilter` is the kind of signature, `time` has PDF's form (`D:…`), `room` is the signature's maximum
    size in octets.
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
"""Update for a trial."""
