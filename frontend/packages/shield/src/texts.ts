/** The engine's own errors in sentences: code to Chinese, English and the entry of the manual's FAQ (chapter 3). */

type Text = readonly [zh: string, en: string, faq: string | null];

export const TEXTS: Readonly<Record<string, Text>> = {
  network: ["网络异常，请在网络稳定后重新操作", "The network failed; try again when it is stable", "3.1"],
  malformed: [
    "服务端返回的数据格式不正确",
    "The service sent an answer that is not of the protocol's form",
    null,
  ],
  bad_proof: [
    "服务端的证明无效，操作已停止，请勿继续并联系客服",
    "The service's proof does not hold; stopped. Do not go on, and call customer service",
    null,
  ],
  bad_answer: [
    "服务端返回的签名无效，操作已停止，请联系客服",
    "The service's signature does not fit this phone's key; stopped. Call customer service",
    null,
  ],
  bad_request_info: [
    "证书请求的内容与本人所填信息或本机密钥不符，操作已停止",
    "The certificate request does not name this user or this phone's key; stopped",
    null,
  ],
  bad_certificate: [
    "签发的证书与本机密钥或证书请求不符，操作已停止",
    "The issued certificate is not for this phone's key or for the names requested; stopped",
    null,
  ],
  bad_task: [
    "待签内容与所示请求不符，已拒绝签名",
    "What is to be signed does not match the request shown; not signed",
    null,
  ],
  retry: ["签名未完成，请重试", "The signature was not completed; try again", null],
  worker: ["手机盾内部出错，请重新打开本应用", "A part of the app has stopped; open the app again", null],
  phone_in_use: ["手机盾正在执行另一操作", "Another operation of this phone is running", null],
  storage: [
    "无法读写本机存储，请检查剩余空间和浏览器的隐私设置",
    "This browser's storage cannot be read or written; check its space and privacy settings",
    "3.9",
  ],
  damaged_state: ["手机盾的数据已损坏", "The phone's stored data is damaged", "3.9"],
  damaged_slot: [
    "本机密钥数据已损坏，未消耗 PIN 码次数",
    "The phone's stored key share is damaged; no PIN attempt was spent",
    "3.9",
  ],
  not_logged_in: ["请先登录", "Log in first", "3.4"],
  no_key: ["本机尚未申请证书", "This phone has no certificate yet", null],
  same_pin: ["新 PIN 码不能与原 PIN 码相同", "The new PIN is the old one", null],
  weak_pin: ["PIN 码太简单", "This PIN is too easy to guess", null],
  bad_pin_form: ["PIN 码必须为 6 位数字", "A PIN is exactly 6 digits", null],
  no_renewal: [
    "没有可继续的证书更新，原证书不受影响。请重新更新",
    "There is no renewal to go on with, and the certificate in use is unaffected. Begin it again",
    "3.10",
  ],
  renewal_unfinished: [
    "证书更新还没有完成，请先继续或放弃更新",
    "A renewal is unfinished: go on with it or give it up first",
    "3.10",
  ],
  renewed_already: ["证书已经更新", "The certificate has been renewed already", null],
  not_bound: ["证书没有绑定，请重试", "The certificate was not bound; try again", null],
  nothing_scanned: ["没有待处理的扫码请求", "No scanned request is waiting", null],
  foreign_return: [
    "返回地址与登记的不符，没有返回",
    "The return address is not the registered one. It was not opened",
    null,
  ],
  bad_code: ["不是本服务的二维码", "This is not a QR code of this service", null],
};
