"""Sentences for the client's own errors: code to Chinese, English and the manual's FAQ entry (chapter 3).

The service's refusals bring their own sentences; these are for errors that the client detects.
"""

from collections.abc import Mapping
from typing import Final

PHONE_TEXTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "network": (
        "网络异常，请在网络稳定后重新操作",
        "The network failed; try again when it is stable",
        "3.1",
    ),
    "malformed": (
        "服务的答复无法识别，操作已停止。请更新应用后再试",
        "The service sent an answer that can't be read, so the app stopped. Update the app and try again",
        "3.1",
    ),
    "bad_proof": (
        "服务端的证明无效，操作已停止，请勿继续并联系客服",
        "The service's proof is invalid, so the app stopped. Don't continue; contact customer service",
        "3.1",
    ),
    "bad_answer": (
        "服务端返回的签名无效，操作已停止，请联系客服",
        "The service's signature doesn't match this phone's key, so the app stopped. Contact customer service",
        "3.1",
    ),
    "bad_request_info": (
        "证书请求的内容与本人所填信息或本机密钥不符，操作已停止。请核对后重新申请",
        (
            "The certificate request does not name this user or this phone's key; stopped. Check the "
            "data and apply again"
        ),
        "3.3",
    ),
    "bad_certificate": (
        "签发的证书与本机密钥或证书请求不符，操作已停止。请联系客服",
        (
            "The issued certificate is not for this phone's key or for the names requested; stopped. "
            "Call customer service"
        ),
        "3.1",
    ),
    "bad_task": (
        "待签内容与所示请求不符，已拒绝签名。请在电脑上重新发起",
        "What is to be signed does not match the request shown; not signed. Start it again on the PC",
        "3.1",
    ),
    "confirmation_missing": (
        "对方说明与原文不一致，或手机看不到原文，须再确认一次才能签。没有签名",
        "The description differs from the content, or no phone can show it: this must be confirmed. Not signed",
        "3.10",
    ),
    "retry": (
        "签名未完成，请重试",
        "The signature was not completed; try again",
        "3.1",
    ),
    "phone_in_use": (
        "手机盾正在执行另一操作，请稍等再试",
        "Another operation of this phone is running. Wait a moment and try again",
        "3.1",
    ),
    "damaged_state": (
        "手机盾的数据已损坏，请联系法人作废后重新申请",
        "The phone's stored data is damaged. Ask your legal representative to revoke the shield, then apply again",
        "3.9",
    ),
    "damaged_slot": (
        "本机密钥数据已损坏，未消耗 PIN 码次数。请联系法人作废后重新申请",
        (
            "The phone's stored key share is damaged; no PIN attempt was spent. Ask your legal representative to "
            "revoke the shield, then apply again"
        ),
        "3.9",
    ),
    "epoch_unknown": (
        "服务端从备份恢复过，本机的手机盾不能再用，没有签名，未消耗 PIN 码次数。请法人作废后重新申请",
        (
            "The service was restored from a backup, so this phone's shield can't be used any more. Nothing was "
            "signed and no PIN attempt was spent. Ask your legal representative to revoke the shield, then apply again"
        ),
        "3.9",
    ),
    "not_logged_in": (
        "请先登录",
        "Log in first",
        "3.4",
    ),
    "ca_waiting": (
        "证书签发机构正在处理您的申请。可以关闭应用，稍后再打开查看",
        "The certificate authority is processing your application. You can close the app and look again later",
        "3.6",
    ),
    "no_key": (
        "本机尚未申请证书，请先申请",
        "This phone has no certificate yet. Apply for one first",
        "3.6",
    ),
    "same_pin": (
        "新 PIN 码不能与原 PIN 码相同，请换一个",
        "The new PIN is the old one. Choose another",
        "3.8",
    ),
    "weak_pin": (
        "PIN 码太简单，请换一个",
        "This PIN is too easy to guess. Choose another",
        "3.8",
    ),
    "bad_pin_form": (
        "PIN 码必须为 6 位数字，请重新输入",
        "A PIN is exactly 6 digits. Enter it again",
        "3.8",
    ),
    "no_renewal": (
        "没有可继续的证书更新，原证书不受影响。请重新更新",
        "There is no renewal to continue, and the certificate in use is unaffected. Start again",
        "3.10",
    ),
    "renewal_unfinished": (
        "证书更新还没有完成，请先继续或放弃更新",
        "A renewal is unfinished. Continue or cancel it first",
        "3.10",
    ),
    "renewed_already": (
        "证书已经更新，无需再更新",
        "The certificate has been renewed already. There is nothing more to do",
        "3.10",
    ),
    "not_bound": (
        "证书没有绑定，请重试",
        "The certificate was not bound; try again",
        "3.1",
    ),
    "nothing_scanned": (
        "没有待处理的扫码请求，请重新扫码",
        "No scanned request is waiting. Scan the code again",
        "3.1",
    ),
    "nothing_left": (
        "一份都不签，就请拒绝这个请求",
        "To sign none of the documents, decline the request",
        "3.1",
    ),
    "too_many_documents": (
        "一次最多签 64 份，请少选几个",
        "At most 64 documents are signed at a time. Choose fewer requests",
        "3.1",
    ),
    "no_such_document": (
        "没有这一份文件，请按显示的次序从 1 数起",
        "There is no such document. Number the documents from 1, in the order shown",
        "3.1",
    ),
    "foreign_return": (
        "返回地址与登记的不符，没有返回",
        "The return address is not the registered one. It was not opened",
        "3.1",
    ),
    "bad_code": (
        "不是本服务的二维码，请扫描业务系统页面上的二维码",
        "This is not a QR code of this service. Scan the one on the business system's page",
        "3.1",
    ),
    "bad_point": (
        "服务的数据核对没有通过，操作已停止。请联系客服",
        "A check of the service's data failed, so the app stopped. Call customer service",
        "3.1",
    ),
    # Only for a phone in a folder.
    "not_initialised": (
        "本文件夹中没有手机盾，请先初始化",
        "There is no phone in this folder; run init first",
        "3.9",
    ),
    "work_refused": (
        "服务器要求的安全验证无法完成，请检查服务器地址",
        "The server requires a security check that this client can't do. Check its address",
        "3.1",
    ),
    "already_initialised": (
        "本文件夹中已有手机盾，请直接使用",
        "This folder already holds a phone. Use it as it is",
        "3.6",
    ),
}
"""Errors that a phone detects, worded exactly as in the app. Users see these, so each names a FAQ entry."""

_OTHER_TEXTS: Final[Mapping[str, tuple[str, str, str | None]]] = {
    "webhook_refused": (
        "收到的通知并非来自本服务，或已过期",
        "This webhook is not the service's, or too old",
        None,
    ),
    "other_size": (
        "见证人记录的日志长度不同",
        "The witness knows the log with a different size",
        None,
    ),
    "witness_refused": (
        "见证人没有签署此检查点",
        "The witness refused the checkpoint",
        None,
    ),
    "timed_out": (
        "等待超时",
        "The request was not finished in time",
        None,
    ),
    # Verification
    "bad_signature": (
        "签名验证失败",
        "The signature does not verify",
        "3.10",
    ),
    "expired": (
        "证书已过期",
        "A certificate of the path has expired",
        None,
    ),
    "not_yet_valid": (
        "证书尚未生效",
        "A certificate of the path is not valid yet",
        None,
    ),
    "unknown_issuer": (
        "证书不是由受信任的机构签发",
        "The certificate does not lead to a trusted root",
        None,
    ),
    "not_a_ca": (
        "证书链中有不可签发证书的证书",
        "A certificate of the path may not sign certificates",
        None,
    ),
    "wrong_usage": (
        "证书的用途不符",
        "A certificate of the path does not permit this use",
        None,
    ),
    "unknown_critical_extension": (
        "证书含有无法识别的关键扩展",
        "A certificate has a critical extension that is not supported",
        None,
    ),
    "revoked": (
        "证书已作废",
        "The certificate is revoked",
        None,
    ),
    "on_hold": (
        "证书已挂失或冻结",
        "The certificate is on hold",
        None,
    ),
    "status_unknown": (
        "无法确定证书的状态",
        "The certificate's status can't be determined from what was given",
        None,
    ),
    "stale_status": (
        "证书状态信息不在有效期内",
        "The status information is not from the requested time",
        None,
    ),
    "status_missing": (
        "未提供证书状态（CRL 或 OCSP）",
        "Neither a CRL nor an OCSP response was given, and skipping the check was not requested",
        None,
    ),
    "unreadable": (
        "输入的数据无法解析",
        "The data to verify can't be read",
        None,
    ),
    "message_mismatch": (
        "所签内容与预期不符",
        "The signed data is not the expected data",
        None,
    ),
    "asker_unproven": (
        "签名本身不能证明由哪个业务系统发起",
        "A signature alone doesn't prove which business system requested it",
        None,
    ),
    "display_mismatch": (
        "所签的显示内容与证据不符",
        "What the phone showed is not what was signed",
        None,
    ),
    "from_future": (
        "证据的时间晚于验证时刻",
        "The evidence is later than the moment of the verification",
        None,
    ),
    "unknown_log": (
        "证据来自不受信任的透明日志",
        "The evidence is from an untrusted log",
        None,
    ),
    "check_ended": (
        "一个核对进程被终止，核对未完成；可减少 --processes 后重试",
        "A process of the check was terminated. Try again, with fewer --processes",
        None,
    ),
    "bad_log_form": (
        "透明日志的证明格式不正确",
        "The log's proof is malformed",
        None,
    ),
    "bad_log_signature": (
        "透明日志的检查点签名无效",
        "The checkpoint is not signed by the log's key",
        None,
    ),
    "bad_cosignature": (
        "透明日志检查点上，见证人的会签无效",
        "A cosignature on the checkpoint was not made by the witness that it names",
        None,
    ),
    "bundle_changed": (
        "证据包缺少一部分，或有一部分来自别的证据包",
        "A part of the bundle was taken away, or comes from another bundle",
        None,
    ),
    "bad_log_proof": (
        "透明日志的证明不成立",
        "The log's proof is not valid for this signature",
        None,
    ),
    "bad_time_stamp": (
        "时间戳无效",
        "A time stamp is not valid",
        None,
    ),
    "ca_compromised": (
        "不能采信：签发机构已被吊销，没有第三方时间戳证明签名早于吊销",
        "Not reliable: the issuing CA is revoked, and no third party stamped the signature before that",
        None,
    ),
    "other_session": (
        "这个请求不是您发起的，没有登录或签名",
        "You did not start this request. Nothing was logged in or signed",
        None,
    ),
    "unexpected_signer": (
        "签名人与预期不符",
        "The signer is not the one expected",
        "3.10",
    ),
}
"""Errors that programs detect: business systems and verifiers."""

TEXTS: Final[Mapping[str, tuple[str, str, str | None]]] = {**PHONE_TEXTS, **_OTHER_TEXTS}
