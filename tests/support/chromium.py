"""Chromium without a window, as Debian has it.

Tests take its shell for programs: pages, rendering and storage of the same build without the browser's own windows
around them, which costs a quarter less. Where only the whole browser is installed it does the same in more time.
It is a Chinese one, as most people's: who wants another says the `locale` of their context.
"""

import os
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Playwright

WHOLE: Final = Path("/usr/bin/chromium")
_SHELL: Final = Path("/usr/bin/chromium-headless-shell")
_FLAGS: Final = (
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch(playwright: Playwright, *flags: str, program: Path | None = None, **options: Any) -> Browser:
    """A browser with these flags besides.

    `program` is WHOLE for a bench, where it shall be what people have, and for a camera, which the shell can't open.

    Chromium on Linux takes its language from LANGUAGE, not from `--lang`; what it draws itself, as date fields, no
    context's locale reaches.
    """
    program = program or next((path for path in (_SHELL, WHOLE) if path.exists()), None)
    assert program, "needs Chromium: scripts/install-test-needs"
    return playwright.chromium.launch(
        executable_path=program, args=[*_FLAGS, *flags], env={**os.environ, "LANGUAGE": "zh_CN"}, **options
    )
