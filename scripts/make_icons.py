"""Draws the phone app's icons from the drawings in packages/look: PNG in frontend/apps/phone/public, committed.

Chromium draws them; no build needs it. Run from the project's root: `python scripts/make_icons.py`.
"""

import io
import re
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import sync_playwright

CHROMIUM: Final = "/usr/bin/chromium"
FRONTEND: Final = Path(__file__).parents[1] / "frontend"
LOOK: Final = FRONTEND / "packages" / "look"
PUBLIC: Final = FRONTEND / "apps" / "phone" / "public"
COLOURS: Final = 96
GROUND: Final = "#0b5557"
SHORTCUTS: Final = {"shortcut-login.png": "scan-login", "shortcut-sign.png": "scan-sign"}


def app_icon(*, radius: int = 0) -> str:
    """Returns the app's icon; with a radius (of 512), for systems that don't cut it to their own form."""
    drawing = (LOOK / "app-icon.svg").read_text("utf-8")
    if not radius:
        return drawing
    clip = f'<clipPath id="form"><rect width="512" height="512" rx="{radius}"/></clipPath><g clip-path="url(#form)">'
    return re.sub(r"(</title>)(.*)(</svg>)", rf"\1{clip}\2</g>\3", drawing, flags=re.DOTALL)


def monochrome() -> str:
    """Returns the mark alone, whose colour the system chooses, with the clear edge of a maskable icon."""
    mark = "".join(re.findall(r"<path [^>]*/>", (LOOK / "logo-mono.svg").read_text("utf-8")))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512" color="#fff">'
        f'<g transform="translate(98 98) scale(6.6)">{mark}</g></svg>'
    )


def shortcut(icon: str) -> str:
    """Returns a function's icon on the app icon's background."""
    icons = (LOOK / "icons.svg").read_text("utf-8")
    found = re.search(rf'<symbol id="i-{icon}"[^>]*>(.*?)</symbol>', icons, re.DOTALL)
    if found is None:
        raise LookupError(icon)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" fill="{GROUND}"/>'
        '<style>.t{fill:#fff;fill-opacity:.14;stroke:none}</style><g transform="translate(12 12)" fill="none"'
        f' stroke="#fff" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">{found[1]}</g></svg>'
    )


def main() -> None:
    """Draws all icons."""
    wanted = {
        "icon-180.png": (180, app_icon()),
        "icon-192.png": (192, app_icon(radius=112)),
        "icon-512.png": (512, app_icon(radius=112)),
        "icon-maskable-192.png": (192, app_icon()),
        "icon-maskable-512.png": (512, app_icon()),
        "icon-monochrome-512.png": (512, monochrome()),
        **{name: (96, shortcut(icon)) for name, icon in SHORTCUTS.items()},
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name, (size, drawing) in wanted.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(
                f"<style>*{{margin:0}}svg{{display:block;width:{size}px;height:{size}px}}</style>{drawing}"
            )
            drawn = Image.open(io.BytesIO(page.screenshot(omit_background=True)))
            # Few colours: the drawing has three and their edges, and this takes a fifth of the bytes.
            drawn.quantize(COLOURS, Image.Quantize.FASTOCTREE).save(PUBLIC / name, optimize=True)
            page.close()
            print(f"{name}: {(PUBLIC / name).stat().st_size} bytes")
        browser.close()


if __name__ == "__main__":
    main()
