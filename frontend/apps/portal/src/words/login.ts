/** Words of the login. */

export const loginWords = {
  zh: {
    headline: "谁的手机盾，由企业的法人管",
    about: "在这里查看本企业备案人员和他们的手机盾。出了事，按手机盾号停用，几秒内生效。",
    lost: { what: "手机丢了", act: "挂失。找回后解挂失，照常使用" },
    left: { what: "有人离岗", act: "冻结或作废。作废前的签名仍然有效" },
    pin: { what: "PIN 码忘了或锁死了", act: "作废，本人再重新申请" },
    login: "登录",
    way: { shield: "手机盾扫码", password: "账号密码" },
    byShield: "用法人自己的手机盾扫码。手机丢了，请用账号密码登录。",
    tryAgain: "换一个二维码",
    guide: "手机丢了、忘记 PIN 码怎么办",
    noAccount: "没有账号？已在其他平台注册过的不用再注册。",
    register: "注册",
    account: "账号",
    accountHint: "手机号，与手机盾 App 相同",
    accountAt: "{name}的账号",
    password: "密码",
    forgot: "忘记密码？在这里重设",
    reset: "密码已重设，所有登录已退出。请用新密码登录。",
    forgotAt: "账号和密码由{name}管理。忘记密码，请到{name}找回。手机盾不保存这个密码。",
    page: {
      title: "在{name}的页面登录",
      text: "浏览器会打开{name}。登录后自动回到这里，再输入短信验证码。密码只在对方页面输入。",
      go: "前往{name}登录",
    },
    back: {
      working: "正在登录",
      failed: "没有登录",
      over: "对方页面没有完成登录，或已超时。手机盾没有受影响，请再登录一次。",
      elsewhere:
        "这次登录已经结束，或不是在这个浏览器里开始的。如果是您用命令开始的，请把地址栏的地址粘贴给那个命令，不要发给任何人。",
      retry: "重试",
      again: "返回登录",
    },
    activation: {
      needed: "还没有核验您就是备案里的法人",
      number: {
        title: "备案的手机号和账号的不同，要重新核验",
        text: "密码没有问题。备案机构登记了另一个手机号，或您的账号换了号码，凭备案手机号的核验就结束了，所以现在登录不了。手机盾照常使用。重新核验的办法，任选一种：",
        change: "请客服把账号改绑到备案的手机号，再用新号码登录，短信验证码就能核验。",
        code: "向客服当面领取激活码，在下面输入，再输入短信验证码。",
        office: "备案的手机号有误的，请备案机构改正，再登录。",
      },
      neededText: "账号没有问题。请输入激活码，再输入短信验证码。没有激活码，请联系客服。",
      later:
        "核验已通过，{when} 起可以用这个账号登录。您另有一个已核验的账号，它已收到短信提醒，所以要等一等。",
    },
    next: "下一步",
    lacks: {
      account: "请输入账号",
      password: "请输入密码",
      captcha: "请输入图中的字符",
      code: "请输入短信里的 6 位数字",
      activation: "请输入激活码",
    },
    working: "请稍候",
    noShield: "不需要手机盾就能登录：丢的可能正是您自己的手机。",
    codeTitle: "输入短信验证码",
    sent: "已发送到 {to}",
    code: "短信验证码",
    codeHint: "6 位数字",
    sentAgain: "已再次发送到 {to}，以新的为准",
    again: "没收到？{left} 秒后可再发一次",
    sendAgain: "没收到？再发一次",
    beginAgain: "换一个账号登录",
    endedBy: {
      1: "登录已结束，请重新登录。太久没有操作会自动退出。",
      staff: "客服结束了您的登录。不是您联系的客服，请先改密码；有疑问请打客服电话。",
      filing:
        "您已不再是任何企业备案的法人，登录已结束，没有改动任何手机盾。法人有变更的，请新法人登录；登记有误的，请联系客服。手机盾遗失而没有法人可办的，客服可以紧急暂停。",
    },
  },
  en: {
    headline: "The legal representative manages the enterprise's shields",
    about:
      "See who is on file and which shields they have. If something goes wrong, stop a shield by its number; it takes effect within seconds.",
    lost: { what: "A phone is lost", act: "Report the loss. Lift it once the phone is found" },
    left: { what: "Somebody leaves", act: "Freeze or revoke. What was signed before stays valid" },
    pin: { what: "A PIN is forgotten or locked", act: "Revoke it; the holder then applies again" },
    login: "Log in",
    way: { shield: "Scan with shield", password: "Password" },
    byShield:
      "Scan with the legal representative's own shield. If that phone is lost, log in with the password.",
    tryAgain: "Another code",
    guide: "What to do about a lost phone or a forgotten PIN",
    noAccount: "No account? If you are registered on another platform, you don't need one.",
    register: "Register",
    account: "Account",
    accountHint: "Phone number, as in the app",
    accountAt: "Your account at {name}",
    password: "Password",
    forgot: "Forgot your password? Reset it here",
    reset: "The password is set and all logins have ended. Log in with the new one.",
    forgotAt:
      "{name} keeps this account and its password. Forgotten? Reset it there. Mobile Shield doesn't store it.",
    page: {
      title: "Log in at {name}",
      text: "Your browser opens {name} and comes back here afterwards; then enter the SMS code. Only that page sees your password.",
      go: "Go to {name}",
    },
    back: {
      working: "Logging in",
      failed: "Nobody was logged in",
      over: "The login there was not finished, or took too long. Your shield is unaffected. Please log in again.",
      elsewhere:
        "This login has ended, or was not started in this browser. If you started it with a command, paste the address in the address bar into that command, and don't give it to anybody.",
      retry: "Try again",
      again: "Back to the login",
    },
    activation: {
      needed: "Your identity as the legal representative on file isn't verified yet",
      number: {
        title: "The number on file isn't your account's: verify again",
        text: "Your password is right, but the number on file differs from your account's, so the verification by the filed number has ended and you can't log in now. Your shield works as before. To verify again, do one of these:",
        change:
          "Have customer service bind the account to the number on file, and log in with it: the SMS code verifies you.",
        code: "Get an activation code from customer service in person, and enter it here, then the SMS code.",
        office: "If the number on file is wrong, have the office correct it, and log in again.",
      },
      neededText:
        "Your account is right. Enter your activation code, then the SMS code. If you have no code, call customer service.",
      later:
        "You are verified, and this account can log in from {when}. You have another verified account, which was notified by SMS; that is why you have to wait.",
    },
    next: "Next",
    lacks: {
      account: "Enter your account",
      password: "Enter your password",
      captcha: "Enter the characters in the picture",
      code: "Enter the SMS's 6 digits",
      activation: "Enter your activation code",
    },
    working: "One moment",
    noShield: "No shield is needed to log in: the lost phone may be your own.",
    codeTitle: "Enter the SMS code",
    sent: "Sent to {to}",
    code: "SMS code",
    codeHint: "6 digits",
    sentAgain: "Sent to {to} again: use the newer code",
    again: "No code? Another one in {left} s",
    sendAgain: "No code? Send another",
    beginAgain: "Log in with another account",
    endedBy: {
      1: "The session has ended; log in again. Sessions also end after some time without use.",
      staff:
        "Customer service ended your login. If you didn't call them, change your password first; ask them if in doubt.",
      filing:
        "You are no longer on file as any enterprise's legal representative, so your login has ended. No shield was changed. The new legal representative logs in now; if the filing is wrong, call customer service. They can also suspend a lost shield while nobody else can.",
    },
  },
};
