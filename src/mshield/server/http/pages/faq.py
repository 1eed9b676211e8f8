"""Questions and answers 3.1 to 3.10 of the manual (R17). Each user-facing error refers to one of them.

The Chinese text is the manual's, without the addresses of one operator's site; the app and the pages show
this data.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

import msgspec

from mshield.server.http.body import Wire


class FaqMessage(Wire, frozen=True, kw_only=True):
    """One question with its answer, in both languages."""

    id: Annotated[str, msgspec.Meta(examples=["3.7"])]
    title_zh: str
    title_en: str
    zh: str
    en: str


_ENTRIES: Final = (
    FaqMessage(
        id="3.1",
        title_zh="网络异常",
        title_en="The network fails",
        zh="可在 Wi-Fi 或移动网络环境下使用手机盾。操作时若遇网络不稳定，会出现网络异常错误，"
        "待网络稳定后重新操作即可，什么都不会丢。",
        en="Mobile Shield works over Wi-Fi and mobile data. When the network is unstable an operation may fail. "
        "Nothing is lost: repeat it when the network is stable.",
    ),
    FaqMessage(
        id="3.2",
        title_zh="无法接收短信验证码",
        title_en="No SMS code arrives",
        zh="发送短信验证码的手机号若已停用，请联系客服修改账户绑定的手机号。",
        en="If the code goes to a number that you no longer use, ask customer service to change your account's number.",
    ),
    FaqMessage(
        id="3.3",
        title_zh="没有找到符合条件的法人/操作员",
        title_en="No matching legal representative or operator",
        zh="请企业法人登录三证合一系统，查询备案成功的法人或操作员信息。"
        "姓名、证件号码、用户类型、统一社会信用代码须与备案一致。",
        en="Ask your legal representative to log in to the portal and look up the filed legal "
        "representative and operators. Name, id number, user type and unified social credit code must all be as filed.",
    ),
    FaqMessage(
        id="3.4",
        title_zh="手机盾账户",
        title_en="The account",
        zh="手机盾账户为无卡用户账户。已注册过的用户无需再次注册，可直接登录。",
        en="Mobile Shield uses the cardless user account. If you have registered before, log in "
        "without registering again.",
    ),
    FaqMessage(
        id="3.5",
        title_zh="手机盾同 IC 卡/USBKEY 关系",
        title_en="Shield, card and USB key",
        zh="手机盾与 IC 卡、USBKEY 同等看待。拥有 IC 卡或 USBKEY 的用户，也可以申请手机盾证书。",
        en="A shield counts as much as a card or a USB key. Holders of a card or a USB key may apply for a shield too.",
    ),
    FaqMessage(
        id="3.6",
        title_zh="手机盾用户管理",
        title_en="One account, up to six phones",
        zh="证书申请成功后，本机只允许当前账户登录，不能切换账户。有多个手机的用户（最多 6 个），"
        "可在每个手机上分别申请证书，每个手机只能使用本机的证书。",
        en="After an application only the account that applied can log in on that phone. With several phones, six at "
        "most, you may apply on each of them; each phone uses only its own certificate.",
    ),
    FaqMessage(
        id="3.7",
        title_zh="PIN 码锁死",
        title_en="PIN locked",
        zh="PIN 码最多可连续输错 5 次，之后锁死，不可解锁。只能由法人登录三证合一系统作废该证书，然后重新申请。",
        en="After five wrong PINs in a row the PIN is locked permanently. Your legal representative must revoke the "
        "certificate in the portal; then apply again.",
    ),
    FaqMessage(
        id="3.8",
        title_zh="忘记 PIN 码",
        title_en="PIN forgotten",
        zh="手机盾没有找回或解锁 PIN 码的功能。忘记 PIN 码时，只能由法人登录三证合一系统作废当前证书，然后重新申请。",
        en="A PIN can be neither recovered nor unlocked. Your legal representative must revoke the certificate in the "
        "portal; then apply again.",
    ),
    FaqMessage(
        id="3.9",
        title_zh="更换手机",
        title_en="A new phone",
        zh="手机丢失或更换时，由法人登录三证合一系统作废原手机盾证书，然后在新手机上重新申请。",
        en="When a phone is lost or replaced, your legal representative revokes the old shield in the portal; then "
        "apply on the new phone.",
    ),
    FaqMessage(
        id="3.10",
        title_zh="申请证书后不能正常使用",
        title_en="The certificate doesn't work",
        zh="已申请证书，但扫码登录或签名时报验签失败或用户名密码不正确，请在手机盾中选择更新证书，然后重新操作。",
        en="If logging in or signing by scan fails with a signature or account error although you have a certificate, "
        "choose Renew certificate in the app and try again.",
    ),
)

FAQ: Final[Mapping[str, FaqMessage]] = MappingProxyType({entry.id: entry for entry in _ENTRIES})
"""Entries by id, in the manual's order."""
