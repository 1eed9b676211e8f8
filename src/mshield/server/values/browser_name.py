"""Names of devices from their browser's User-Agent: system, browser and model, as customer service sees them."""

import re
from collections.abc import Iterable
from typing import Final

_BROWSERS: Final = (
    (r"(?:MicroMessenger/|微信 )(\d{1,4})", "微信"),
    (r"360SE|360EE|QIHU|· 360\b", "360"),
    (r"QQ(?:Browser/| )(\d{1,4})", "QQ"),
    (r"MetaSr|搜狗", "搜狗"),
    (r"Edg(?:e|A|iOS)?[/ ](\d{1,4})", "Edge"),
    (r"(?:OPR/|Opera )(\d{1,4})", "Opera"),
    (r"(?:Firefox|FxiOS)[/ ](\d{1,4})", "Firefox"),
    (r"(?:Chrome|CriOS)[/ ](\d{1,4})", "Chrome"),
    (r"(?:Version/(?=[\d.]+ (?:Mobile/\w+ )?Safari)|Safari )(\d{1,4})", "Safari"),
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
    """Returns the recognised system and browser joined by a middle dot; empty if neither is recognised.

    `described` is a User-Agent, a business system's own words ("Firefox 145, Windows"), or what this function
    returned before. Only a version of at most four digits is copied from it, since the client chooses it.
    """
    parts = [_first(_SYSTEMS, described), _first(_BROWSERS, described)]
    return " · ".join(filter(None, parts))


_MODEL: Final = re.compile(
    r"Android [\d.]+; (?:[a-z]{2}-[a-z]{2}; )?([^;()]+?)(?: Build/[^;()]*)?[;)]", re.IGNORECASE
)
_LONGEST_MODEL: Final = 48


def device_model(hint: str, described: str) -> str:
    """Returns the device model from the `Sec-CH-UA-Model` header, else from the User-Agent; empty if unknown.

    Browsers that hide the model send `K`; an iPhone sends none.
    """
    hinted = hint.strip().removeprefix('"').removesuffix('"').strip()
    match = _MODEL.search(described)
    model = hinted or (match[1].strip() if match else "")
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
