/**
 * Sentences of the engine's own errors by code: Chinese, English and the entry of the manual's FAQ (chapter
 * 3).
 */

type Text = readonly [zh: string, en: string, faq: string];

export const TEXTS: Readonly<Record<string, Text>> = {
  network: ["网络异常，请在网络稳定后重新操作", "The network failed; try again when it is stable", "3.1"],
  malformed: [
    "服务的答复无法识别，操作已停止。请更新应用后再试",
    "The service sent an answer that can't be read, so the app stopped. Update the app and try again",
    "3.1",
  ],
  bad_proof: [
    "服务端的证明无效，操作已停止，请勿继续并联系客服",
    "The service's proof is invalid, so the app stopped. Don't continue; contact customer service",
    "3.1",
  ],
  bad_answer: [
    "服务端返回的签名无效，操作已停止，请联系客服",
    "The service's signature doesn't match this phone's key, so the app stopped. Contact customer service",
    "3.1",
  ],
  bad_request_info: [
    "证书请求的内容与本人所填信息或本机密钥不符，操作已停止。请核对后重新申请",
    "The certificate request does not name this user or this phone's key; stopped. Check the data and apply again",
    "3.3",
  ],
  bad_certificate: [
    "签发的证书与本机密钥或证书请求不符，操作已停止。请联系客服",
    "The issued certificate is not for this phone's key or for the names requested; stopped. Call customer service",
    "3.1",
  ],
  bad_task: [
    "待签内容与所示请求不符，已拒绝签名。请在电脑上重新发起",
    "What is to be signed does not match the request shown; not signed. Start it again on the PC",
    "3.1",
  ],
  retry: ["签名未完成，请重试", "The signature was not completed; try again", "3.1"],
  worker: ["手机盾内部出错，请重新打开本应用", "A part of the app has stopped; open the app again", "3.1"],
  phone_in_use: [
    "手机盾正在执行另一操作，请稍等再试",
    "Another operation of this phone is running. Wait a moment and try again",
    "3.1",
  ],
  storage: [
    "无法读写本机存储，请检查剩余空间和浏览器的隐私设置",
    "This browser's storage cannot be read or written; check its space and privacy settings",
    "3.9",
  ],
  damaged_state: [
    "手机盾的数据已损坏，请联系法人作废后重新申请",
    "The phone's stored data is damaged. Ask your legal representative to revoke the shield, then apply again",
    "3.9",
  ],
  damaged_slot: [
    "本机密钥数据已损坏，未消耗 PIN 码次数。请联系法人作废后重新申请",
    "The phone's stored key share is damaged; no PIN attempt was spent. Ask your legal representative to revoke the shield, then apply again",
    "3.9",
  ],
  epoch_unknown: [
    "服务端从备份恢复过，本机的手机盾不能再用，没有签名，未消耗 PIN 码次数。请法人作废后重新申请",
    "The service was restored from a backup, so this phone's shield can't be used any more. Nothing was signed and no PIN attempt was spent. Ask your legal representative to revoke the shield, then apply again",
    "3.9",
  ],
  not_logged_in: ["请先登录", "Log in first", "3.4"],
  ca_waiting: [
    "证书签发机构正在处理您的申请。可以关闭应用，稍后再打开查看",
    "The certificate authority is processing your application. You can close the app and look again later",
    "3.6",
  ],
  no_key: ["本机尚未申请证书，请先申请", "This phone has no certificate yet. Apply for one first", "3.6"],
  same_pin: ["新 PIN 码不能与原 PIN 码相同，请换一个", "The new PIN is the old one. Choose another", "3.8"],
  weak_pin: ["PIN 码太简单，请换一个", "This PIN is too easy to guess. Choose another", "3.8"],
  bad_pin_form: ["PIN 码必须为 6 位数字，请重新输入", "A PIN is exactly 6 digits. Enter it again", "3.8"],
  no_renewal: [
    "没有可继续的证书更新，原证书不受影响。请重新更新",
    "There is no renewal to continue, and the certificate in use is unaffected. Start again",
    "3.10",
  ],
  renewal_unfinished: [
    "证书更新还没有完成，请先继续或放弃更新",
    "A renewal is unfinished. Continue or cancel it first",
    "3.10",
  ],
  renewed_already: [
    "证书已经更新，无需再更新",
    "The certificate has been renewed already. There is nothing more to do",
    "3.10",
  ],
  not_bound: ["证书没有绑定，请重试", "The certificate was not bound; try again", "3.1"],
  nothing_left: ["一份都不签，就请拒绝这个请求", "To sign none of the documents, decline the request", "3.1"],
  too_many_documents: [
    "一次最多签 64 份，请少选几个",
    "At most 64 documents are signed at a time. Choose fewer requests",
    "3.1",
  ],
  nothing_scanned: [
    "没有待处理的扫码请求，请重新扫码",
    "No scanned request is waiting. Scan the code again",
    "3.1",
  ],
  foreign_return: [
    "返回地址与登记的不符，没有返回",
    "The return address is not the registered one. It was not opened",
    "3.1",
  ],
  bad_code: [
    "不是本服务的二维码，请扫描业务系统页面上的二维码",
    "This is not a QR code of this service. Scan the one on the business system's page",
    "3.1",
  ],
  bad_point: [
    "服务的数据核对没有通过，操作已停止。请联系客服",
    "A check of the service's data failed, so the app stopped. Call customer service",
    "3.1",
  ],
};
