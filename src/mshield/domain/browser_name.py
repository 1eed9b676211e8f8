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


_MODEL: Final = re.compile(
    r"Android [\d.]+; (?:[a-z]{2}-[a-z]{2}; )?([^;()]+?)(?: Build/[^;()]*)?[;)]", re.IGNORECASE
)
_LONGEST_MODEL: Final = 48


def device_model(hint: str, described: str) -> str:
    """The device's model: as its browser says when asked (`Sec-CH-UA-Model`), else where its description has one.

    Browsers that hide it say `K`; an iPhone says none. Empty where it isn't known.
    """
    answer = hint.strip().removeprefix('"').removesuffix('"').strip()
    match = _MODEL.search(described)
    model = answer or (match[1].strip() if match else "")
    fits = (
        model not in {"", "K", "wv", "Mobile", "Tablet"}
        and model.isprintable()
        and len(model) <= _LONGEST_MODEL
    )
    return model if fits else ""


def _first(known: Iterable[tuple[str, str]], described: str) -> str:
    for pattern, name in known:
        match = re.search(pattern, described)
        if match:
            return f"{name} {match[1]}" if match.groups() else name
    return ""
