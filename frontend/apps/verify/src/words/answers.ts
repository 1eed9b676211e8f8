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
    signed: "日志对整份证据签了名，没有缺少或替换任何部分",
    untold: "证据没有列出自己的组成部分（日志没有对整份证据签名）",
  },
  log: { title: "透明日志", passed: "已公开", noted: "已公开", failed: "证明无效", unchecked: "没有核对" },
  nobody: "文件里没有签署人的证书",
  nothing: "缺少原文",
  claimed: "证书所载：{who}",
  comma: "，",
  semicolon: "；",
  unchanged: "原文没有改动，SM3 指纹 {print}",
  undated: "没有可信的时间",
  checkedAs: "签名没有时间戳，按 {at} 的状态核对",
  by: {
    outside: "时间戳机构 {authority}，独立于签名服务",
    own: "时间戳由签名服务自己的 {authority} 作出，不是第三方",
    service: "签名服务的时钟，没有时间戳证明",
  },
  logTime: {
    outside: "检查点有第三方时间戳，证明 {at} 前已记入日志",
    own: "检查点有签名服务自己的时间戳（{at}），不是第三方",
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
  what: "What was signed",
  when: "When",
  signing: {
    title: "Certificate at signing",
    passed: "Good",
    noted: "Good, ended later",
    failed: "Revoked or on hold",
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
    signed: "The log signed the whole bundle, so no part was removed or replaced",
    untold: "The bundle doesn't list its parts (the log did not sign it as a whole)",
  },
  log: {
    title: "Transparency log",
    passed: "Public",
    noted: "Public",
    failed: "The proof is invalid",
    unchecked: "Not checked",
  },
  nobody: "The file has no certificate of the signer",
  nothing: "The document is missing",
  claimed: "According to the certificate: {who}",
  comma: ", ",
  semicolon: "; ",
  unchanged: "The document is unchanged, SM3 fingerprint {print}",
  undated: "No trusted time",
  checkedAs: "The signature has no time stamp; checked as of {at}",
  by: {
    outside: "Time stamp by {authority}, independent of the signing service",
    own: "Time stamp by the signing service's own {authority}, not a third party",
    service: "The signing service's clock, not confirmed by a time stamp",
  },
  logTime: {
    outside: "A third party time-stamped the checkpoint: in the log by {at}",
    own: "The service itself time-stamped the checkpoint, not a third party: {at}",
    none: "No time stamp on the checkpoint",
  },
  witnesses: {
    some: "Witnesses cosigned the checkpoint: {who}",
    one: "{name} ({at})",
    none: "No known witness cosigned this checkpoint",
  },
  source: { outside: "Time stamp", own: "The service's own time stamp", service: "The service's clock" },
};

export const answerWords = { zh, en };
