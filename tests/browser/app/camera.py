"""A camera that films a screen: Chromium takes its pictures from a file, which is made anew for each scene.

The code on the screen changes each second and counts for 5 s: a scene has those of the coming seconds. Each time the
camera is opened the scene begins from its start; after its end it begins again, with codes that are old by then.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import segno
from PIL import Image, ImageFilter
from playwright.sync_api import Page

from mshield.domain.qr import qr_text, short_code

WIDTH: Final = 640
HEIGHT: Final = 480
RATE: Final = 10
"""Pictures per second."""
_HEADER: Final = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode()
_COLOURLESS: Final = bytes([128]) * (WIDTH * HEIGHT // 2)
_MEASURED: Final = "performance.getEntriesByName('mshield-scan', 'measure').map(({ duration }) => duration)"
_DESK: Final = 96
_SIDE: Final = 330
_TILT: Final = 3.0


@dataclass(frozen=True, slots=True)
class Screen:
    """The PC's screen with a request's code: what its page shows now and in the coming seconds."""

    made: dict[str, Any]
    begun: float

    @classmethod
    def of(cls, made: dict[str, Any]) -> "Screen":
        """Of a request that was just made; `made` is the service's answer to the business system."""
        return cls(made, time.time() - made["age"] / 1000)

    def text(self, elapsed: int) -> str:
        """The code of this second since the request began."""
        secret = bytes.fromhex(self.made["qr_secret"])
        return qr_text(self.made["qr_origin"], self.made["id"], secret, elapsed)

    @property
    def newest(self) -> str:
        """The last code that counts by now: the service takes one of a clock that is a second ahead."""
        return self.coming(2)[1]

    @property
    def newest_short(self) -> str:
        """The short code of that second, as people type it: in two groups."""
        code = short_code(bytes.fromhex(self.made["qr_secret"]), int(time.time() - self.begun) + 1)
        return f"{code[:4]} {code[4:]}"

    def coming(self, seconds: int) -> list[str]:
        """The codes from now on."""
        now = int(time.time() - self.begun)
        return [self.text(now + n) for n in range(seconds)]


@dataclass(frozen=True, slots=True)
class Camera:
    """The file that Chromium films."""

    file: Path

    @property
    def flags(self) -> list[str]:
        """With which Chromium has this camera and no other."""
        return ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={self.file}"]

    def film(self, texts: Sequence[str | None], *, rate: int = RATE) -> None:
        """A second for each code; None for a desk without one."""
        made = self.file.with_suffix(".new")
        with made.open("wb") as file:
            file.write(_HEADER)
            for text in texts:
                file.write((b"FRAME\n" + _picture(text) + _COLOURLESS) * rate)
        made.replace(self.file)

    def film_screen(self, screen: Screen, seconds: int = 10, *, aiming: int = 0) -> None:
        """What the PC shows from the next second on: until the camera is open it is there.

        `aiming`: for so many seconds the camera doesn't see it yet.
        """
        self.film([*[None] * aiming, *screen.coming(aiming + seconds + 1)[aiming + 1 :]])

    def film_photo(self, screen: Screen, elapsed: int = 0) -> None:
        """A still photo of what it showed in one second."""
        self.film([screen.text(elapsed)])


def milliseconds_to_read(page: Page) -> float:
    """From the moment when the app's scanner had the camera's picture to its first code, by the app's own measure."""
    measured: list[float] = page.evaluate(_MEASURED)
    assert measured, "no code was read on this page"
    return measured[-1]


def _picture(text: str | None) -> bytes:
    """The luma of one frame: a code as a camera sees it, a little turned and not quite sharp."""
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
