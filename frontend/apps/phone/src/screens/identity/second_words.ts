/** Texts about another account in the user's name. */

import { proofWords } from "./words.ts";

export const secondWords = {
  zh: {
    way: proofWords.zh.way,
    title: "有人以您的名义核验了另一个账号",
    text: "它 {when} 起有效，之后能以您的名义申请证书。如果不是您本人，请在这之前叫停。",
    phone: "它的手机号",
    for: "备案企业",
    by: "核验方式",
    at: "核验时间",
    notMe: "不是我，叫停",
    isMe: "是您本人办的，不用处理。",
    again: "这个账号被叫停过一次，后来又由客服发了激活码。不是您本人，请立即打客服电话。",
    ask: {
      title: "叫停另一个账号？",
      text: "它的核验立即失效，不能申请证书。客服会收到提醒，也会通知那个账号。",
      once: "如果其实是您本人，要再到客服当面领取激活码。对同一个账号只能叫停一次。",
      stay: "先不叫停",
      act: "不是我，叫停",
    },
    stopped: "已叫停。请告诉企业法人；有疑问请打客服电话。",
  },
  en: {
    way: proofWords.en.way,
    title: "Another account was verified in your name",
    text: "From {when} on it can apply for a certificate in your name. If it isn't you, stop it before that.",
    phone: "Its number",
    for: "Filed by",
    by: "Verified by",
    at: "Verified",
    notMe: "This isn't me: stop it",
    isMe: "If it is you, there is nothing to do.",
    again:
      "It was stopped once, and customer service has handed over a new code since. If it isn't you, call them at once.",
    ask: {
      title: "Stop the other account?",
      text: "Its verification ends at once, and it can't apply. Customer service and that account are notified.",
      once: "If it is you after all, you have to get another activation code in person. It can be stopped only once.",
      stay: "Leave it",
      act: "This isn't me: stop it",
    },
    stopped: "Stopped. Tell your legal representative; if in doubt, call customer service.",
  },
};
