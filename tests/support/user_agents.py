"""User agents of browsers, one for each way of installing the app."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

_KIT: Final = "AppleWebKit/537.36 (KHTML, like Gecko)"
_PIXEL: Final = "Mozilla/5.0 (Linux; Android 14; Pixel 8)"
_IPHONE: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
)

USER_AGENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "android": f"{_PIXEL} {_KIT} Chrome/143.0.0.0 Mobile Safari/537.36",
        "ios": f"{_IPHONE} Version/18.1 Mobile/15E148 Safari/604.1",
        "wechat": f"{_PIXEL} {_KIT} Version/4.0 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.50(0x28003259)",
        "360": f"{_PIXEL} {_KIT} Version/4.0 Chrome/109.0 Mobile Safari/537.36 QihooBrowser/9.0.0.100",
        "pc": f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_KIT} Chrome/143.0.0.0 Safari/537.36",
    }
)
WECHAT_ON_IPHONE: Final = (
    f"{_IPHONE} Mobile/15E148 MicroMessenger/8.0.50(0x1800323d) NetType/WIFI Language/zh_CN"
)
WECHAT_ON_PC: Final = (
    f"Mozilla/5.0 (Windows NT 10.0; WOW64) {_KIT} Chrome/116.0 Safari/537.36"
    " MicroMessenger/7.0.20 WindowsWechat"
)
HARMONY: Final = f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {_KIT} Chrome/114.0 Safari/537.36 ArkWeb/4.1 Mobile"
IPAD_AS_MAC: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.1 Safari/605.1.15"
)
IN_APP_BROWSERS: Final[tuple[tuple[str, str], ...]] = tuple(
    (name, user_agent)
    for name, user_agent in json.loads(Path(__file__).with_name("in_app_browsers.json").read_text())
)
"""User agents of browsers inside other apps: the app, and its user agent."""
