"""Launches Debian's Chromium without a window.

Tests prefer its headless shell, which has the same pages, rendering and storage without the browser's windows
and takes a quarter less time. If only the full browser is installed, that is used. Its language is Chinese,
like most users'; set `locale` of the context for another one.
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
    """Launches a browser with additional flags.

    `program` is WHOLE for benchmarks, which should use what people have, and for cameras, which the shell
    can't open.

    Chromium on Linux takes its language from LANGUAGE, not from `--lang`. A context's locale doesn't affect
    what the browser draws itself, such as date fields.
    """
    program = program or next((path for path in (_SHELL, WHOLE) if path.exists()), None)
    assert program, "needs Chromium: scripts/install-test-needs"
    return playwright.chromium.launch(
        executable_path=program, args=[*_FLAGS, *flags], env={**os.environ, "LANGUAGE": "zh_CN"}, **options
    )
