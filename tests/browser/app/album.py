"""The manual's pictures: taken while a test walks through it, only if MANUAL_PICTURES names a folder.

Varying content (numbers, times, the captcha, the camera's view) is replaced by an example's, so that a
picture changes only if the app does.
"""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from PIL import Image
from playwright.sync_api import Page

LARGEST: Final = 60_000
"""Maximum size of a picture in bytes."""
WIDTH: Final = 585
"""Width in pixels: one and a half for each of the phone's 390 points."""
_CAPTCHA: Final = "7KMRWX"
_DRAW: Final = r"""
const typeCodes = () => {
  for (const field of document.querySelectorAll("input")) {
    if (/^[0-9]{6}$/.test(field.value)) field.value = "204718";
  }
};
const draw = captcha => {
  for (const picture of document.querySelectorAll(".picture img")) {
    const drawn = Object.assign(document.createElement("canvas"), { width: 160, height: 60 });
    const pen = drawn.getContext("2d");
    pen.fillStyle = "#f3f5f8";
    pen.fillRect(0, 0, 160, 60);
    pen.fillStyle = "#2b4a78";
    pen.font = "600 30px monospace";
    [...captcha].forEach((letter, i) => {
      pen.setTransform(1, 0, ((i * 7) % 5 - 2) / 8, 1, 14 + i * 23, 40 + ((i * 5) % 7) * 1.5);
      pen.fillText(letter, 0, 0);
    });
    drawn.style.cssText = "display:block;width:100%;height:100%";
    const typed = picture.closest(".line").querySelector("input");
    if (typed.value) typed.value = captcha;
    picture.replaceWith(drawn);
  }
};
"""
_EXAMPLES: Final = r"""
const examples = [
  [/MS\d{11}/g, "MS20047182096"],
  [/^\s*\d{3} \d{4} \d{4}\s*$/, "200 4718 2096"],
  [/\b20(\d\d)-\d\d-\d\d/g, "20$1-03-16"],
  [/(?<![\d:+\u2212-])\d\d:\d\d(?![\d:])/g, "09:26"],
  [/\b\d\d:\d\d:\d\d\b/g, "09:26:41"],
  [/\d+ 秒前/g, "3 秒前"],
  [/\d+ 秒后自动返回/g, "4 秒后自动返回"],
  [/也是 \d\d 吗/g, "也是 48 吗"],
  [/\b[0-9A-F]{4} [0-9A-F]{4} … [0-9A-F]{4} [0-9A-F]{4}/g, "9C4E 21B7 … 5D08 A3F1"],
];
const changed = [];
const drawTexts = () => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    if (node.parentElement.closest("svg")) continue; // a chart's hours are its own
    const before = node.data;
    const text = examples.reduce((text, [found, example]) => text.replace(found, example), before);
    if (text !== before) {
      node.data = text;
      changed.push([node, before, text]);
    }
  }
};
"""
_STILL: Final = (
    "captcha => {"
    + _DRAW
    + _EXAMPLES
    + r"""
  drawTexts();
  for (const number of document.querySelectorAll(".match .n")) number.textContent = "48";
  typeCodes();
  draw(captcha);
  document.activeElement?.blur();
}"""
)

_DESK_STILL: Final = (
    "captcha => {"
    + _DRAW
    + _EXAMPLES
    + r"""
  // Of members of staff, identifiers and addresses too: which ones they are depends on the tests that ran before.
  const people = [];
  const inOrder = (_, role, number) => {
    if (!people.includes(role + number)) people.push(role + number);
    return `${role} ${1 + people.indexOf(role + number)} 号`;
  };
  const shields = [];
  const shield = (text, prefix) => {
    const number = text.replace(/\D/g, "");
    if (!shields.includes(number)) shields.push(number);
    const one = String(20047182096 + 1113071983 * shields.indexOf(number));
    return text.includes(" ") ? `${prefix}${one.slice(0, 3)} ${one.slice(3, 7)} ${one.slice(7)}` : prefix + one;
  };
  const digit = (each, i) => (each === "-" ? each : "4f1c9a7e20d3b586"[i % 16]);
  examples.splice(0, 2, [/(MS ?)\d{3} ?\d{4} ?\d{4}/g, shield], [/^(\s*)\d{3} \d{4} \d{4}\s*$/, shield]);
  examples.push(
    [/(备案管理员|客服|安全管理员|审计员) (\d+) 号/g, inOrder],
    [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{16,}\b/g, (text) => [...text].map(digit).join("")],
    [/\blocalhost:\d+/g, "shield.example"],
    [/^\s*\d+\s?[mµ]s\s*$/, "12 ms"],
    [/\d+(\s?秒钟?[前后])/g, "3$1"],
    [/\d+(\s?分钟后)/g, "42$1"],
    [/\d+ 个条目/g, "420 个条目"],
    [/第 \d+ 条/g, "第 509 条"],
    [/日志共 \d+ 条/g, "日志共 512 条"],
    [
      /\b[0-9A-F]{4}( [0-9A-F]{4}){2,}\b/g,
      (text) => text.split(" ").map((_, i) => ["9C4E", "21B7", "5D08", "A3F1"][i % 4]).join(" "),
    ],
  );
  drawTexts();
  typeCodes();
  draw(captcha);
  globalThis.pictured = changed;
}"""
)
_GO_ON: Final = """() => {
  for (const [node, before, text] of globalThis.pictured.splice(0)) if (node.data === text) node.data = before;
}"""
"""The page gets its own texts back, since the test goes on with it."""


@dataclass(frozen=True, slots=True)
class Album:
    """Target folder of the pictures; None if none are taken."""

    folder: Path | None

    @classmethod
    def wanted(cls) -> Self:
        """Returns the album as configured by `make manual`."""
        named = os.environ.get("MANUAL_PICTURES")
        return cls(Path(named) if named else None)

    def take(self, page: Page, name: str, *, whole: bool = False) -> None:
        """Takes the screen or, with `whole`, the whole page; the page's fields are unusable afterwards."""
        if self.folder is None:
            return
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.evaluate("document.fonts.ready")
        page.evaluate(_STILL, _CAPTCHA)
        seen = page.screenshot(animations="disabled", caret="hide", full_page=whole)
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{name}.webp"
        drawn = Image.open(io.BytesIO(seen)).convert("RGB")
        drawn.resize((WIDTH, drawn.height * WIDTH // drawn.width)).save(file, quality=80, method=6)
        _require_small(file)


@dataclass(frozen=True, slots=True)
class DeskAlbum:
    """Pictures of desk pages, with which the test goes on; counts and charts are those of the walk."""

    folder: Path | None

    @classmethod
    def wanted(cls, name: str = "desk") -> Self:
        """Returns the album as configured by `make manual`: a folder of this name beside the app's."""
        named = os.environ.get("MANUAL_PICTURES")
        return cls(Path(named).parent / name if named else None)

    def take(self, page: Page, name: str) -> None:
        """Takes the screen."""
        if self.folder is None:
            return
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.evaluate(_DESK_STILL, _CAPTCHA)
        seen = page.screenshot(animations="disabled", caret="hide")
        page.evaluate(_GO_ON)
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{name}.webp"
        for quality in (80, 65, 50):  # a page full of text, as after many tests, is larger
            Image.open(io.BytesIO(seen)).convert("RGB").save(file, quality=quality, method=6)
            if file.stat().st_size <= LARGEST:
                break
        _require_small(file)


def _require_small(file: Path) -> None:
    assert file.stat().st_size <= LARGEST, f"{file.name} has {file.stat().st_size} bytes"
