"""A device as its browser describes itself, in words: system and browser, as the pages at a desk say it."""

import re
from collections.abc import Iterable
from typing import Final

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
    """Each part that is known, joined by a dot; empty where none is.

    None of the description's own words: whoever calls chooses them.
    """
    parts = [_first(_SYSTEMS, described), _first(_BROWSERS, described)]
    return " · ".join(filter(None, parts))


def _first(known: Iterable[tuple[str, str]], described: str) -> str:
    for pattern, name in known:
        match = re.search(pattern, described)
        if match:
            return f"{name} {match[1]}" if match.groups() else name
    return ""
