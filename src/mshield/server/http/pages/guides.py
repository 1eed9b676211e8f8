"""Step-by-step installation guides for the phone app (R23): texts here, pictures in templates/figures.html."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from mshield.server.http.pages.platform import Platform


@dataclass(frozen=True, slots=True)
class Bilingual:
    """Text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Step:
    """Step of a guide; `figure` is a macro of templates/figures.html."""

    figure: str
    title: Bilingual
    text: Bilingual


@dataclass(frozen=True, slots=True)
class Guide:
    """Installation guide for one platform; `note` explains a common problem there."""

    tab: Bilingual
    title: Bilingual
    lead: Bilingual
    steps: tuple[Step, ...]
    note: Bilingual


_OPEN: Final = Step(
    "home",
    Bilingual("从桌面打开手机盾", "Open Mobile Shield from the home screen"),
    Bilingual(
        "以后都从这个图标打开，注册、登录，再申请证书。",
        "Always start from this icon. Register, log in, then apply.",
    ),
)

_OPEN_APPLE: Final = replace(
    _OPEN, title=Bilingual("从主屏幕打开手机盾", "Open Mobile Shield from the Home Screen")
)

GUIDES: Final[Mapping[Platform, Guide]] = MappingProxyType(
    {
        Platform.ANDROID: Guide(
            Bilingual("安卓", "Android"),
            Bilingual("在安卓手机上安装", "Install on Android"),
            Bilingual(
                "用手机自带的浏览器或 Chrome 打开本页，三步完成。",
                "Open this page in the phone's own browser or in Chrome. Three steps.",
            ),
            (
                Step(
                    "browser_menu",
                    Bilingual("点浏览器的菜单", "Tap the browser's menu"),
                    Bilingual(
                        "在右上角或底部，是三个点或三条线。",
                        "Three dots or lines, at the top right or at the bottom.",
                    ),
                ),
                Step(
                    "browser_add",
                    Bilingual("选“添加到主屏幕”", 'Choose "Add to Home screen"'),
                    Bilingual(
                        "有的浏览器写作“安装应用”或“添加到桌面”。",
                        'Some browsers call it "Install app" or "Add shortcut".',
                    ),
                ),
                _OPEN,
            ),
            Bilingual(
                "没有出现图标？请在系统设置里允许浏览器“创建桌面快捷方式”。",
                "No icon? Allow the browser to create home screen shortcuts, in the system settings.",
            ),
        ),
        Platform.IOS: Guide(
            Bilingual("iPhone", "iPhone"),
            Bilingual("在 iPhone 或 iPad 上安装", "Install on iPhone or iPad"),
            Bilingual("用 Safari 打开本页，四步完成。", "Open this page in Safari. Four steps."),
            (
                Step(
                    "safari_share",
                    Bilingual("点“分享”", "Tap Share"),
                    Bilingual(
                        "是带向上箭头的方框，在屏幕底部；iPad 上在右上角。",
                        "The box with an arrow pointing up, at the bottom; on iPad at the top right.",
                    ),
                ),
                Step(
                    "safari_sheet",
                    Bilingual("选“添加到主屏幕”", 'Choose "Add to Home Screen"'),
                    Bilingual("没看到时，把列表往上滑。", "If you don't see it, scroll the list up."),
                ),
                Step(
                    "safari_add",
                    Bilingual("点右上角的“添加”", "Tap Add at the top right"),
                    Bilingual(
                        "名称不用改；“作为网页 App 打开”保持打开。",
                        'Keep the name, and "Open as Web App" turned on.',
                    ),
                ),
                _OPEN_APPLE,
            ),
            Bilingual(
                "请先安装，再从图标打开后申请证书：在 Safari 里申请的证书不会带进图标里的手机盾。",
                "Install first and apply after opening from the icon: a certificate applied for in Safari is not "
                "in the app behind the icon.",
            ),
        ),
        Platform.WECHAT: Guide(
            Bilingual("微信等", "In apps"),
            Bilingual("请在浏览器中打开", "Open this page in a browser"),
            Bilingual(
                "微信、支付宝、钉钉、QQ 等应用里不能安装手机盾。请点右上角“…”，选择“在浏览器打开”。",
                "WeChat, Alipay and other apps cannot install it. Tap … and open the page in a browser.",
            ),
            (
                Step(
                    "wechat_menu",
                    Bilingual("点右上角“…”", "Tap … at the top right"),
                    Bilingual("会弹出一排选项。", "A sheet of options appears."),
                ),
                Step(
                    "wechat_sheet",
                    Bilingual("选择“在浏览器打开”", 'Choose "Open in Browser"'),
                    Bilingual(
                        "iPhone 上写作“在 Safari 中打开”。", 'On iPhone the item is called "Open in Safari".'
                    ),
                ),
                Step(
                    "home",
                    Bilingual("在浏览器里安装", "Install from there"),
                    Bilingual(
                        "本页会换成您手机的安装步骤。", "This page then shows the steps for your phone."
                    ),
                ),
            ),
            Bilingual(
                "找不到“在浏览器打开”？请复制本页地址，粘贴到手机自带的浏览器。",
                "No such entry? Copy this page's address into the phone's own browser.",
            ),
        ),
        Platform.QIHOO: Guide(
            Bilingual("360", "360"),
            Bilingual("在 360 浏览器中安装", "Install with 360 Browser"),
            Bilingual(
                "三步完成；推荐改用手机自带的浏览器。",
                "Three steps; the phone's own browser is the better choice.",
            ),
            (
                Step(
                    "qihoo_menu",
                    Bilingual("点底部的“≡”菜单", "Tap ≡ at the bottom"),
                    Bilingual("在屏幕底部的中间或右侧。", "In the middle or at the right of the bottom bar."),
                ),
                Step(
                    "qihoo_add",
                    Bilingual("选“添加到桌面”", 'Choose "Add to desktop"'),
                    Bilingual(
                        "有的版本在“收藏”或“工具箱”里。",
                        'Some versions have it under "Favourites" or "Toolbox".',
                    ),
                ),
                _OPEN,
            ),
            Bilingual(
                "没有这一项？请复制本页地址，用手机自带的浏览器打开，再按“安卓”的步骤安装。",
                "No such entry? Copy this page's address into the phone's own browser, then continue as on Android.",
            ),
        ),
        Platform.PC: Guide(
            Bilingual("电脑", "PC"),
            Bilingual("手机盾装在手机上", "Mobile Shield lives on the phone"),
            Bilingual(
                "电脑上什么都不用装，只负责显示二维码。",
                "Nothing to install on the computer: it only shows codes.",
            ),
            (
                Step(
                    "scan",
                    Bilingual("用手机相机扫描二维码", "Scan the code with the phone's camera"),
                    Bilingual(
                        "微信也可以扫，再按提示在浏览器中打开。",
                        "WeChat can scan it too, then open it in a browser.",
                    ),
                ),
                Step(
                    "browser_add",
                    Bilingual("按手机上的步骤安装", "Follow the steps on the phone"),
                    Bilingual("打开的页面会认出是安卓还是 iPhone。", "The page knows Android from iPhone."),
                ),
                Step(
                    "scan_login",
                    Bilingual("以后用手机扫码登录和签名", "From then on, log in and sign by scanning"),
                    Bilingual(
                        "二维码每秒更新，输入 PIN 码后电脑才登录。",
                        "The code changes every second; the PIN completes it.",
                    ),
                ),
            ),
            Bilingual(
                "手机上没有相机？在手机浏览器里输入上面的地址。",
                "No camera? Type the address above into the phone's browser.",
            ),
        ),
    }
)
