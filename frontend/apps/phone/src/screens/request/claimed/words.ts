/** Texts of confirming a login before the app is unlocked. */

export const claimedWords = {
  zh: {
    with: "登录用",
    withShield: "本机的手机盾",
    opens: "登录后，手机盾也同时打开",
    both: "同时打开手机盾\n还可以试 {left} 次，和签名时共用",
    otherWay: "换一种方式打开手机盾",
    notMePin: "打开手机盾，拒绝这个请求",
    notMeDetail: "不登录{system}\n还可以试 {left} 次，和签名时共用",
  },
  en: {
    with: "You log in with",
    withShield: "This phone's shield",
    opens: "Mobile Shield opens with the login",
    both: "Opens Mobile Shield too\n{left} tries left, the same as for signing",
    otherWay: "Open Mobile Shield another way",
    notMePin: "Open Mobile Shield and decline this",
    notMeDetail: "Doesn't log in to {system}\n{left} tries left, the same as for signing",
  },
};
