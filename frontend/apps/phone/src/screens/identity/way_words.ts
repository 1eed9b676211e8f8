/** Texts around each way of verification. */
export const aroundWords = {
  zh: {
    refused: {
      hours: "现在不能用这种方式，{n} 小时后再试，或换一种方式。",
      minutes: "现在不能用这种方式，{n} 分钟后再试，或换一种方式。",
    },
    other: "换一种方式核验",
  },
  en: {
    refused: {
      hours: "This way is closed now. Try again in {n} h, or choose another way.",
      minutes: "This way is closed now. Try again in {n} min, or choose another way.",
    },
    other: "Choose another way",
  },
};

export const consentWords = {
  zh: {
    title: "用现有的手机盾同意",
    head: "用另一部手机扫码",
    text: "在那部手机上打开手机盾，点“扫一扫”，核对内容和数字，输入 PIN 码。要用同一企业、同一用户类型的手机盾。",
    again: "换一个二维码",
    later: "同意以后，您原来的账号会收到短信提醒，过了等候时间才能申请证书。",
    refresh: "再查一次",
    done: "知道了",
  },
  en: {
    title: "Consent by your shield",
    head: "Scan with your other phone",
    text: "Open the shield there, tap Scan, compare what is shown and the number, and enter the PIN. It must be a shield of the same company and user type.",
    again: "Show a new code",
    later: "Your other account is then notified by SMS, and you can apply after the waiting time.",
    refresh: "Look again",
    done: "All right",
  },
};

export const realNameWords = {
  zh: {
    title: "运营商核验",
    head: "向运营商核验手机号",
    text: "核对 {phone} 是不是用您的姓名和证件号码办理的。",
    agree: "我同意",
    agreeText: "同意把我的姓名、证件号码和手机号发给运营商核验服务，只用来核对这一次。",
    missing: "请先同意，再核验",
    codeMissing: "请输入短信验证码",
    act: "同意并核验",
    limit: "每天最多核验 3 次。",
  },
  en: {
    title: "Check with the carrier",
    head: "Check your number with its carrier",
    text: "Whether {phone} is registered under your name and id number.",
    agree: "I agree",
    agreeText:
      "My name, id number and phone number are sent to the carrier's checking service, for this one check.",
    missing: "Agree first",
    codeMissing: "Enter the SMS code",
    act: "Agree and check",
    limit: "Three checks a day at most.",
  },
};
