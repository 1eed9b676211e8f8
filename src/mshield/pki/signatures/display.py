"""What a phone shows of a document, as bytes: the display, which is signed or logged, and what was shown in the end.

A display of version 2 also says by which view (展示规则) the content was drawn, and as what. Version 1 is read for
good, and no longer made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import msgspec

from mshield.gm.sm3 import sm3

DISPLAY_TYPES: Final = ("mshield-display/v1", "mshield-display/v2")
SHOWN_TYPE: Final = "mshield-shown/v1"
Confirmed = Literal["none", "mismatch", "unread"]
"""What the person confirmed besides: that the asker's words differ from the content, or that not all was seen."""

Wanted = Literal["mismatch", "unread"]
"""What has to be confirmed: that the asker's words differ from the content, or that no phone shows it."""

_SORTING: Final = msgspec.json.Encoder(order="sorted")
CONFIRMED: Final = frozenset[str](get_args(Confirmed))


@dataclass(frozen=True, slots=True)
class Drawing:
    """The view that draws a content, and the drawn lines: SM3 of each, 32 bytes; both None without one."""

    view: bytes | None = None
    drawn: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What of a document is bound beside its words; 32 bytes each.

    `compared` is SM3 of how the asker's words stand to the content, None where nothing could be compared.
    """

    content: bytes
    display: bytes
    drawing: Drawing
    compared: bytes | None

    def shown(self, confirmed: Confirmed) -> bytes:
        """SM3 of what was shown and confirmed, which phone and service work out each for itself."""
        drawing = self.drawing
        return sm3(
            _canonical(
                {
                    "compared": _hex(self.compared),
                    "confirmed": confirmed,
                    "content": self.content.hex(),
                    "display": self.display.hex(),
                    "drawn": _hex(drawing.drawn),
                    "type": SHOWN_TYPE,
                    "view": _hex(drawing.view),
                }
            )
        )


def display_bytes(
    *,
    title: str,
    media_type: str,
    size: int,
    lines: Sequence[tuple[str, str]],
    drawing: Drawing | None = None,
) -> bytes:
    """The display as canonical JSON: names sorted, no spaces, UTF-8. Lines are (label, value); v1 without `drawing`."""
    shown: dict[str, object] = {
        "lines": [{"label": label, "value": value} for label, value in lines],
        "media_type": media_type,
        "size": size,
        "title": title,
        "type": DISPLAY_TYPES[0] if drawing is None else DISPLAY_TYPES[1],
    }
    if drawing is not None:
        shown |= {"drawn": _hex(drawing.drawn), "view": _hex(drawing.view)}
    return _canonical(shown)


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


def _canonical(value: dict[str, object]) -> bytes:
    return _SORTING.encode(value)  # names are ours and of ASCII, so there is one order
