"""On what a page is looked at, as far as the User-Agent tells: which way of installing the app is shown first."""

from enum import StrEnum
from typing import Final


class Platform(StrEnum):
    """One way of installing each."""

    ANDROID = "android"
    IOS = "ios"
    WECHAT = "wechat"
    QIHOO = "360"
    PC = "pc"


_COMPUTERS: Final = ("Windows", "Macintosh", "X11", "CrOS")
_APPLE: Final = ("iPhone", "iPad", "iPod")
# HarmonyOS without Android names itself; its browsers' menus are like Android's.
_ANDROID: Final = ("Android", "OpenHarmony", "HarmonyOS")
_QIHOO: Final = ("QihooBrowser", "360 Aphone", "Qihoo", "QHBrowser", "360browser", "mso_app")


def platform_of(user_agent: str) -> Platform:
    """The platform; PC where nothing says otherwise. An iPad that calls itself a Mac is for the page's script."""
    if any(mark in user_agent for mark in _COMPUTERS):
        return Platform.PC
    if "MicroMessenger" in user_agent:
        return Platform.WECHAT
    if any(mark in user_agent for mark in _APPLE):
        return Platform.IOS
    if any(mark in user_agent for mark in _QIHOO):
        return Platform.QIHOO
    return Platform.ANDROID if any(mark in user_agent for mark in _ANDROID) else Platform.PC
