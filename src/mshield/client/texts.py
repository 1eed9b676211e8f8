"""The client's own errors in sentences: code to Chinese, English and the entry of the manual's FAQ (chapter 3).

What the service refuses comes with its own sentences; these are for what the client finds itself.
"""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str, str | None]]] = {
    "network": ("网络异常，请在网络稳定后重新操作", "The network failed; try again when it is stable", "3.1"),
    "webhook_refused": (
        "收到的通知并非来自本服务，或已过期",
        "This webhook is not the service's, or too old",
        None,
    ),
    "malformed": (
        "服务端返回的数据格式不正确",
        "The service sent an answer that is not of the protocol's form",
        None,
    ),
    "bad_proof": (
        "服务端的证明无效，操作已停止，请勿继续并联系客服",
        "The service's proof does not hold; stopped. Do not go on, and call customer service",
        None,
    ),
    "bad_answer": (
        "服务端返回的签名无效，操作已停止，请联系客服",
        "The service's signature does not fit this phone's key; stopped. Call customer service",
        None,
    ),
    "bad_request_info": (
        "证书请求的内容与本人所填信息或本机密钥不符，操作已停止",
        "The certificate request does not name this user or this phone's key; stopped",
        None,
    ),
    "bad_certificate": (
        "签发的证书与本机密钥或证书请求不符，操作已停止",
        "The issued certificate is not for this phone's key or for the names requested; stopped",
        None,
    ),
    "bad_task": (
        "待签内容与所示请求不符，已拒绝签名",
        "What is to be signed does not match the request shown; not signed",
        None,
    ),
    "not_initialised": ("本文件夹中没有手机盾", "There is no phone in this folder; run init first", None),
    "already_initialised": ("本文件夹中已有手机盾", "This folder already holds a phone", None),
    "phone_in_use": ("手机盾正在执行另一操作", "Another operation of this phone is running", None),
    "damaged_state": ("手机盾的数据已损坏", "The phone's stored data is damaged", "3.9"),
    "damaged_slot": (
        "本机密钥数据已损坏，未消耗 PIN 码次数",
        "The phone's stored key share is damaged; no PIN attempt was spent",
        "3.9",
    ),
    "not_logged_in": ("请先登录", "Log in first", "3.4"),
    "no_key": ("本机尚未申请证书", "This phone has no certificate yet", None),
    "same_pin": ("新 PIN 码不能与原 PIN 码相同", "The new PIN is the old one", None),
    "weak_pin": ("PIN 码太简单", "This PIN is too easy to guess", None),
    "no_renewal": (
        "没有可继续的证书更新，原证书不受影响。请重新更新",
        "There is no renewal to go on with, and the certificate in use is unaffected. Begin it again",
        "3.10",
    ),
    "renewal_unfinished": (
        "证书更新还没有完成，请先继续或放弃更新",
        "A renewal is unfinished: go on with it or give it up first",
        "3.10",
    ),
    "renewed_already": ("证书已经更新", "The certificate has been renewed already", None),
    "not_bound": ("证书没有绑定，请重试", "The certificate was not bound; try again", None),
    "bad_pin_form": ("PIN 码必须为 6 位数字", "A PIN is exactly 6 digits", None),
    "nothing_scanned": ("没有待处理的扫码请求", "No scanned request is waiting", None),
    "bad_code": ("不是本服务的二维码", "This is not a QR code of this service", None),
    "timed_out": ("等待超时", "The request was not finished in time", None),
    # Verification
    "bad_signature": ("签名验证失败", "The signature does not verify", "3.10"),
    "expired": ("证书已过期", "A certificate of the path has expired", None),
    "not_yet_valid": ("证书尚未生效", "A certificate of the path is not valid yet", None),
    "unknown_issuer": ("证书不是由受信任的机构签发", "The certificate does not lead to a trusted root", None),
    "not_a_ca": ("证书链中有不可签发证书的证书", "A certificate of the path may not sign certificates", None),
    "wrong_usage": ("证书的用途不符", "A certificate of the path is not for this use", None),
    "unknown_critical_extension": (
        "证书含有无法识别的关键扩展",
        "A certificate has a critical extension that is not understood",
        None,
    ),
    "revoked": ("证书已作废", "The certificate is revoked", None),
    "on_hold": ("证书已挂失或冻结", "The certificate is on hold", None),
    "status_unknown": (
        "无法确定证书的状态",
        "The certificate's status cannot be told from what was given",
        None,
    ),
    "stale_status": (
        "证书状态信息不在有效期内",
        "The status information is not of the time asked about",
        None,
    ),
    "status_missing": (
        "未提供证书状态（CRL 或 OCSP）",
        "Neither CRL nor OCSP response was given, and that was not asked for",
        None,
    ),
    "unreadable": ("输入的数据无法解析", "What was given to verify cannot be read", None),
    "message_mismatch": ("所签内容与预期不符", "What was signed is not what was expected", None),
    "display_mismatch": ("所签的显示内容与证据不符", "What the phone showed is not what was signed", None),
    "from_future": (
        "证据的时间晚于验证时刻",
        "The evidence is from after the moment of the verification",
        None,
    ),
    "unknown_log": ("证据来自不受信任的透明日志", "The evidence is from a log that is not trusted", None),
    "bad_log_form": ("透明日志的证明格式不正确", "The log's proof is out of form", None),
    "bad_log_signature": (
        "透明日志的检查点签名无效",
        "The checkpoint is not signed by the log's key",
        None,
    ),
    "bad_log_proof": ("透明日志的证明不成立", "The log's proof does not hold for this signature", None),
    "other_session": (
        "这个请求不是您发起的，没有登录或签名",
        "You did not start this request. Nothing was logged in or signed",
        None,
    ),
    "foreign_return": (
        "返回地址与登记的不符，没有返回",
        "The return address is not the registered one. Not opened",
        None,
    ),
    "unexpected_signer": ("签名人与预期不符", "The signer is not the one expected", "3.10"),
}
