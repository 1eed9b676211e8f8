"""On what a page is looked at, as far as the User-Agent tells: which way of installing the app is shown first."""

import re
from enum import StrEnum
from typing import Final


class Platform(StrEnum):
    """One way of installing each."""

    ANDROID = "android"
    IOS = "ios"
    WECHAT = "wechat"
    """Any browser inside another app: WeChat's, Alipay's, DingTalk's and others'."""
    QIHOO = "360"
    PC = "pc"


_COMPUTERS: Final = ("Windows", "Macintosh", "X11", "CrOS")
_APPLE: Final = ("iPhone", "iPad", "iPod")
# HarmonyOS without Android names itself; its browsers' menus are like Android's.
_ANDROID: Final = ("Android", "OpenHarmony", "HarmonyOS")
# As engine/place.ts of the phone app has it. QQ is one of them, QQ's browser (MQQBrowser) isn't.
_MESSENGERS: Final = re.compile(
    r"MicroMessenger|wxwork/|DingTalk|AlipayClient|AliApp\(|\b(?:Lark|Feishu)/|\bWeibo\b|(?<![A-Za-z])QQ/\d"
    r"|baiduboxapp|BytedanceWebview|aweme|xiaohongshu|NewsArticle|Kwai/|Android[^)]*; wv\)",
    re.IGNORECASE,
)
_QIHOO: Final = ("QihooBrowser", "360 Aphone", "Qihoo", "QHBrowser", "360browser", "mso_app")


def platform_of(user_agent: str) -> Platform:
    """The platform; PC where nothing says otherwise. An iPad that calls itself a Mac is for the page's script."""
    if any(mark in user_agent for mark in _COMPUTERS):
        return Platform.PC
    if _MESSENGERS.search(user_agent):
        return Platform.WECHAT
    if any(mark in user_agent for mark in _APPLE):
        # A page inside another app names no Safari on an iPhone.
        return Platform.IOS if "Safari/" in user_agent else Platform.WECHAT
    if any(mark in user_agent for mark in _QIHOO):
        return Platform.QIHOO
    return Platform.ANDROID if any(mark in user_agent for mark in _ANDROID) else Platform.PC
