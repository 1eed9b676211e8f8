/** Words of an activation code: at the login, and for one more enterprise. */

export const activationWords = {
  zh: {
    label: "激活码",
    placeholder: "12 位，不分大小写",
    hint: "法人的激活码由客服当面交给您，7 天内有效，只能用一次。码里没有 0、O、1、I。",
    hours: "激活码输错次数太多，{n} 小时后再试。",
    minutes: "激活码输错次数太多，{n} 分钟后再试。",
    objected: "您的另一个账号叫停过这个账号的核验，此前的激活码都不能用了。请向客服当面领取新的激活码。",
  },
  en: {
    label: "Activation code",
    placeholder: "12 characters, upper or lower case",
    hint: "Handed over by customer service, valid for 7 days and one use. It has no 0, O, 1 or I.",
    hours: "Too many wrong activation codes. Try again in {n} h.",
    minutes: "Too many wrong activation codes. Try again in {n} min.",
    objected:
      "Your other account has stopped this one, so earlier codes are invalid. Get a new one from customer service in person.",
  },
};
