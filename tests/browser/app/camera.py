"""A camera that films a screen: Chromium reads its frames from a file, which is written again for each scene.

The code on the screen changes each second and is valid for 5 s: a scene has those of the coming seconds.
Opening the camera starts the scene; at its end it repeats, with codes that have expired by then.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import segno
from PIL import Image, ImageFilter
from playwright.sync_api import Page

from mshield.wire.qr import qr_text, short_code

WIDTH: Final = 640
HEIGHT: Final = 480
RATE: Final = 10
"""Frames per second."""
_HEADER: Final = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode()
_COLOURLESS: Final = bytes([128]) * (WIDTH * HEIGHT // 2)
_MEASURED: Final = "performance.getEntriesByName('mshield-scan', 'measure').map(({ duration }) => duration)"
_DESK: Final = 96
_SIDE: Final = 330
_TILT: Final = 3.0


@dataclass(frozen=True, slots=True)
class Screen:
    """The PC's screen with a request's code, now and in the coming seconds."""

    made: dict[str, Any]
    begun: float

    @classmethod
    def of(cls, made: dict[str, Any]) -> "Screen":
        """Returns the screen of a new request; `made` is the service's answer to the business system."""
        return cls(made, time.time() - made["age"] / 1000)

    def text(self, elapsed: int) -> str:
        """Returns the code of this second since the request began."""
        secret = bytes.fromhex(self.made["qr_secret"])
        return qr_text(self.made["qr_origin"], self.made["id"], secret, elapsed)

    @property
    def newest(self) -> str:
        """Returns the last valid code: the service accepts a clock that is a second ahead."""
        return self.coming(2)[1]

    @property
    def newest_short(self) -> str:
        """Returns the short code of that second, in two groups as people type it."""
        code = short_code(bytes.fromhex(self.made["qr_secret"]), int(time.time() - self.begun) + 1)
        return f"{code[:4]} {code[4:]}"

    def coming(self, seconds: int) -> list[str]:
        """Returns the codes of the coming seconds."""
        now = int(time.time() - self.begun)
        return [self.text(now + n) for n in range(seconds)]


@dataclass(frozen=True, slots=True)
class Camera:
    """The file that Chromium films."""

    file: Path

    @property
    def flags(self) -> list[str]:
        """Chromium's flags that make this its only camera."""
        return ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={self.file}"]

    def film(self, texts: Sequence[str | None], *, rate: int = RATE) -> None:
        """Films each code for a second; None is a desk without a code."""
        made = self.file.with_suffix(".new")
        with made.open("wb") as file:
            file.write(_HEADER)
            for text in texts:
                file.write((b"FRAME\n" + _picture(text) + _COLOURLESS) * rate)
        made.replace(self.file)

    def film_screen(self, screen: Screen, seconds: int = 10, *, aiming: int = 0) -> None:
        """Films what the PC shows from the next second on, when the camera opens.

        `aiming`: seconds in which the camera doesn't see it yet.
        """
        self.film([*[None] * aiming, *screen.coming(aiming + seconds + 1)[aiming + 1 :]])

    def film_photo(self, screen: Screen, elapsed: int = 0) -> None:
        """Films a still photo of what the screen showed in one second."""
        self.film([screen.text(elapsed)])


def milliseconds_to_read(page: Page) -> float:
    """Returns the time in ms from the scanner's first frame to its first code, as measured by the app."""
    measured: list[float] = page.evaluate(_MEASURED)
    assert measured, "no code was read on this page"
    return measured[-1]


def _picture(text: str | None) -> bytes:
    """Returns the luma of one frame: a code as a camera sees it, slightly rotated and blurred."""
    frame = Image.new("L", (WIDTH, HEIGHT), _DESK)
    if text is not None:
        code = segno.make(text, error="q", micro=False)
        rows = [[0 if dark else 255 for dark in row] for row in code.matrix_iter(border=4)]
        drawn = Image.new("L", (len(rows), len(rows)))
        drawn.putdata([value for row in rows for value in row])
        large = drawn.resize((_SIDE, _SIDE), Image.Resampling.NEAREST)
        turned = large.rotate(_TILT, Image.Resampling.BICUBIC, expand=True, fillcolor=_DESK)
        frame.paste(turned, ((WIDTH - turned.width) // 2, (HEIGHT - turned.height) // 2))
    return frame.filter(ImageFilter.GaussianBlur(1)).tobytes()
