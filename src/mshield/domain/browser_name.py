"""A device as its browser describes itself, in words: system and browser, as the pages at a desk say it."""

import re
from collections.abc import Iterable
from typing import Final

_MAX_SHOWN: Final = 60
_BROWSERS: Final = (
    (r"MicroMessenger/(\d+)", "微信"),
    (r"360SE|360EE|QIHU", "360"),
    (r"QQBrowser/(\d+)", "QQ"),
    (r"MetaSr", "搜狗"),
    (r"Edg(?:e|A|iOS)?/(\d+)", "Edge"),
    (r"OPR/(\d+)", "Opera"),
    (r"(?:Firefox|FxiOS)/(\d+)", "Firefox"),
    (r"(?:Chrome|CriOS)/(\d+)", "Chrome"),
    (r"Version/(\d+)[.\d]* (?:Mobile/\w+ )?Safari", "Safari"),
)
_SYSTEMS: Final = (
    (r"HarmonyOS|OpenHarmony", "HarmonyOS"),
    (r"Android", "Android"),
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Windows", "Windows"),
    (r"Mac OS X", "macOS"),
    (r"CrOS", "ChromeOS"),
    (r"UOS|Kylin|Linux|X11", "Linux"),
)


def browser_name(described: str) -> str:
    """Each part that is known, joined by a dot; what isn't such a description stays as it is, cut where it is long."""
    if not described.startswith("Mozilla/"):
        return described[:_MAX_SHOWN]
    parts = [_first(_SYSTEMS, described), _first(_BROWSERS, described)]
    return " · ".join(filter(None, parts)) or described[:_MAX_SHOWN]


def _first(known: Iterable[tuple[str, str]], described: str) -> str:
    for pattern, name in known:
        found = re.search(pattern, described)
        if found:
            return f"{name} {found[1]}" if found.groups() else name
    return ""
