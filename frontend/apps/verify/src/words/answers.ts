/** A reader's questions about a signature, with short answers; the checks have longer ones. */

const zh = {
  who: "谁",
  what: "签了什么",
  when: "什么时候",
  signing: {
    title: "证书，签名时",
    passed: "正常",
    noted: "正常，之后停用",
    failed: "已停用",
    unchecked: "没有核对",
  },
  now: "证书，现在",
  ca: { title: "签发机构，现在", passed: "正常", noted: "已吊销", failed: "已吊销", unchecked: "没有核对" },
  parts: {
    signed: "日志也为整份证据签了名，没有取走或替换任何部分",
    untold: "证据没有说明有哪些部分（没有日志对整份证据的签名）",
  },
  log: { title: "透明日志", passed: "已公开", noted: "已公开", failed: "证明不成立", unchecked: "没有核对" },
  nobody: "文件里没有签署人的证书",
  nothing: "没有原文",
  claimed: "证书上写的是 {who}",
  comma: "，",
  semicolon: "；",
  unchanged: "原文没有改动，SM3 指纹 {print}",
  undated: "没有可信的时间",
  checkedAs: "签名里没有时间戳，以 {at} 的状态核对",
  by: {
    outside: "时间戳机构 {authority}，独立于签名服务",
    own: "时间戳由签名服务自己的 {authority} 作出，不是第三方",
    service: "签名服务的时钟，没有时间戳作证",
  },
  logTime: {
    outside: "检查点有第三方时间戳，不晚于 {at} 已在日志里",
    own: "检查点有签名服务自己的时间戳，不是第三方，{at}",
    none: "检查点没有时间戳",
  },
  witnesses: {
    some: "见证人会签了检查点：{who}",
    one: "{name}（{at}）",
    none: "已知的见证人没有会签这个检查点",
  },
  source: { outside: "时间戳服务", own: "签名服务的时间戳", service: "签名服务的时钟" },
};

const en: typeof zh = {
  who: "Who",
  what: "Signed what",
  when: "When",
  signing: {
    title: "Certificate then",
    passed: "Good",
    noted: "Good, ended since",
    failed: "Stopped",
    unchecked: "Not checked",
  },
  now: "Certificate now",
  ca: {
    title: "Issuing CA now",
    passed: "Good",
    noted: "Revoked",
    failed: "Revoked",
    unchecked: "Not checked",
  },
  parts: {
    signed: "The log signed the bundle as a whole, so no part was taken away or exchanged",
    untold: "The bundle doesn't tell what belongs to it (the log didn't sign it as a whole)",
  },
  log: {
    title: "Transparency log",
    passed: "Public",
    noted: "Public",
    failed: "The proof fails",
    unchecked: "Not checked",
  },
  nobody: "The file holds no certificate of who signed",
  nothing: "No document",
  claimed: "The certificate says {who}",
  comma: ", ",
  semicolon: "; ",
  unchanged: "The document is unchanged, SM3 fingerprint {print}",
  undated: "No trusted time",
  checkedAs: "The signature holds no time stamp; checked as of {at}",
  by: {
    outside: "Time stamp by {authority}, independent of the signing service",
    own: "Time stamp by the signing service's own {authority}: no third party",
    service: "The signing service's clock, with no time stamp as a witness",
  },
  logTime: {
    outside: "A third party stamped the checkpoint: in the log by {at}",
    own: "The service's own time stamp on the checkpoint, no third party's: {at}",
    none: "No time stamp on the checkpoint",
  },
  witnesses: {
    some: "Witnesses cosigned the checkpoint: {who}",
    one: "{name} ({at})",
    none: "No known witness cosigned this checkpoint",
  },
  source: { outside: "Time stamp", own: "The service's time stamp", service: "The service's clock" },
};

export const answerWords = { zh, en };
