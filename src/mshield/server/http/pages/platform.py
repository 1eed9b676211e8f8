"""Detects the viewer's platform from the User-Agent, to choose the installation guide shown first."""

import re
from enum import StrEnum
from typing import Final


class Platform(StrEnum):
    """Platform with its own way of installing the app."""

    ANDROID = "android"
    IOS = "ios"
    WECHAT = "wechat"
    """Any browser inside another app: WeChat, Alipay, DingTalk and others."""
    QIHOO = "360"
    PC = "pc"


_COMPUTERS: Final = ("Windows", "Macintosh", "X11", "CrOS")
_APPLE: Final = ("iPhone", "iPad", "iPod")
# HarmonyOS without Android has its own name in the User-Agent; its browsers' menus are like Android's.
_ANDROID: Final = ("Android", "OpenHarmony", "HarmonyOS")
# Same list as engine/place.ts of the phone app. It includes QQ, but not QQ's browser (MQQBrowser).
_MESSENGERS: Final = re.compile(
    r"MicroMessenger|wxwork/|DingTalk|AlipayClient|AliApp\(|\b(?:Lark|Feishu)/|\bWeibo\b|(?<![A-Za-z])QQ/\d"
    r"|baiduboxapp|BytedanceWebview|aweme|xiaohongshu|NewsArticle|Kwai/|Android[^)]*; wv\)",
    re.IGNORECASE,
)
_QIHOO: Final = ("QihooBrowser", "360 Aphone", "Qihoo", "QHBrowser", "360browser", "mso_app")


def platform_of(user_agent: str) -> Platform:
    """Returns the platform; PC if unknown. An iPad that reports itself as a Mac is recognised by the page's script."""
    if any(mark in user_agent for mark in _COMPUTERS):
        return Platform.PC
    if _MESSENGERS.search(user_agent):
        return Platform.WECHAT
    if any(mark in user_agent for mark in _APPLE):
        # On an iPhone, a page inside another app has no Safari in its User-Agent.
        return Platform.IOS if "Safari/" in user_agent else Platform.WECHAT
    if any(mark in user_agent for mark in _QIHOO):
        return Platform.QIHOO
    return Platform.ANDROID if any(mark in user_agent for mark in _ANDROID) else Platform.PC
