/** Texts of unlocking the app. */

export const unlockWords = {
  zh: {
    welcome: "欢迎回来",
    finger: "用指纹或面容打开",
    pin: "用 PIN 码打开",
    sms: "短信验证码登录",
    password: "密码登录",
    scan: "先扫码",
    own: "本机的手机盾属于{phone}，只能用这个账号登录",
    ownAccount: "申请时的账号",
    pinTitle: "输入 PIN 码",
    pinAct: "打开手机盾",
    pinDetail: "只打开手机盾，不签名。还可以试 {left} 次，和签名时共用",
    fingerGone: "指纹或面容打不开了，已关闭。请用 PIN 码打开，之后可在“我的”里重新开启",
    smsTitle: "短信验证码登录",
    smsText: "验证码发到账号绑定的手机号，用途写着“登录手机盾”，用途不对的不要填。",
    smsNever: "客服和同事都不会问您要验证码。",
    smsAct: "登录",
    missing: "请输入 6 位验证码",
    otherWay: "换一种方式",
    why: {
      sms: "本机的手机盾已停用或过期，PIN 码打不开；恢复后登录一次，就能再用 PIN 码。",
      password: "本机的手机盾已停用、锁死或作废，PIN 码和短信验证码都打不开，请用账号和密码登录。",
      last: "PIN 码只剩 1 次机会，留给登录和签名业务，请用短信验证码或密码打开。",
      locked: "PIN 码已锁死，短信验证码也打不开，请用账号和密码登录。",
      unusable: "本机的手机盾不能再用，PIN 码打不开，请用短信验证码或密码登录。",
    },
    wait: { login: "登录后继续：{name} 登录请求", signature: "登录后继续：{name} 签名请求" },
    waitHint: "请先打开手机盾，不用重新扫码",
    waitLeft: "剩 {time}",
  },
  en: {
    welcome: "Welcome back",
    finger: "Open with finger or face",
    pin: "Open with PIN",
    sms: "Use an SMS code",
    password: "Use the password",
    scan: "Scan first",
    own: "This phone's shield belongs to {phone}. Only that account can log in here",
    ownAccount: "the account that applied",
    pinTitle: "Enter PIN",
    pinAct: "Open Mobile Shield",
    pinDetail: "Opens the app, signs nothing. {left} tries left, the same as for signing",
    fingerGone:
      "Fingerprint or face can't open it any more and was switched off. Open it with the PIN; you can switch it on again under Me",
    smsTitle: "Log in by SMS code",
    smsText:
      "The code goes to the account's phone number and says 登录手机盾. Enter no code that is for anything else.",
    smsNever: "Neither customer service nor colleagues ever ask you for a code.",
    smsAct: "Log in",
    missing: "Enter the six digits",
    otherWay: "Another way",
    why: {
      sms: "This phone's shield is on hold or has expired, so its PIN doesn't open the app. Once the shield works again, log in once, and the PIN will open the app too.",
      password:
        "This phone's shield is on hold, locked or revoked: neither PIN nor SMS code opens the app, so log in with account and password.",
      last: "One PIN attempt is left, which is reserved for signing: open the app with an SMS code or the password.",
      locked:
        "The PIN is locked, and an SMS code doesn't open the app either: log in with account and password.",
      unusable:
        "This phone's shield can't be used any more, so its PIN doesn't open the app: log in with an SMS code or the password.",
    },
    wait: { login: "After this: login at {name}", signature: "After this: signature for {name}" },
    waitHint: "Open the app first. No need to scan again",
    waitLeft: "{time} left",
  },
};
