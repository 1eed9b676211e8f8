/** Words of the login. */

export const loginWords = {
  zh: {
    headline: "登录运行控制台",
    about: "供运营方员工使用。没有登录的，请向管理员要设置链接。",
    name: "姓名",
    nameHint: "管理员登记的姓名",
    password: "密码",
    captchaWhy: "近来有人输错过姓名或密码，不一定是您：请再填图中的字符。",
    next: "下一步",
    lacks: {
      name: "请输入姓名",
      password: "请输入密码",
      captcha: "请输入图中的字符",
      code: "请输入 6 位动态码",
    },
    working: "请稍候",
    secondTitle: "第二步验证",
    keyAbout: "插上或靠近您登记的安全密钥，或用本机的指纹、面容、PIN。",
    byKey: "使用安全密钥",
    orCode: "改用动态码",
    orKey: "改用安全密钥",
    secondAbout: "打开手机上的身份验证器应用，输入“手机盾控制台”的 6 位动态码。",
    code: "动态码",
    codeHint: "6 位数字",
    login: "登录",
    back: "重新输入姓名和密码",
    lost: "手机或密钥不在身边、丢了？请管理员重新发一个设置链接。",
    againTitle: "请再次验证身份",
    againAbout: "这项操作影响重大，需要 5 分钟内的第二步验证。刚才用过的动态码不算，请等下一个。",
    goOn: "验证并继续",
    endedBy: {
      1: "登录已结束，请重新登录。太久没有操作会自动退出。",
      disabled: "您的员工账号已由管理员停用，登录已结束。有疑问请联系安全管理员。",
      reset:
        "管理员为您重新发了设置链接，登录已结束，原来的密码和第二步验证都已作废。请用新的链接设置登录；不是您要求的，请马上联系安全管理员。",
      password: "您在别处改了密码，这里的登录已结束，请用新密码登录。不是您本人改的，请马上联系安全管理员。",
    },
    show: "显示密码",
  },
  en: {
    headline: "Log in to the console",
    about: "For the operator's staff. If you have no login yet, ask an administrator for a set-up address.",
    name: "Name",
    nameHint: "As the administrator entered it",
    password: "Password",
    captchaWhy:
      "There were recent failed logins, not necessarily yours: please also enter the characters in the picture.",
    next: "Next",
    lacks: {
      name: "Enter your name",
      password: "Enter your password",
      captcha: "Enter the characters in the picture",
      code: "Enter the 6 digits",
    },
    working: "One moment",
    secondTitle: "Step 2",
    keyAbout:
      "Plug in or hold up the security key that you added, or use this computer's fingerprint, face or PIN.",
    byKey: "Use security key",
    orCode: "Use a one-time code instead",
    orKey: "Use a security key instead",
    secondAbout: "Open the authenticator app on your phone and enter its 6-digit code for this console.",
    code: "One-time code",
    codeHint: "6 digits",
    login: "Log in",
    back: "Enter name and password again",
    lost: "No phone or key, or lost it? Ask an administrator for a new set-up address.",
    againTitle: "Verify your second factor again",
    againAbout:
      "This act needs a second factor from the last five minutes. A used code is not accepted; wait for the next one.",
    goOn: "Verify and continue",
    endedBy: {
      1: "The session has ended; log in again. Sessions also end after some time without use.",
      disabled:
        "Your access was disabled by two officers, and your session has ended. Ask a security officer.",
      reset:
        "Your login was reset, so this session has ended; the old password and second factors are no longer valid. Use the new set-up address. If you didn't request it, contact a security officer at once.",
      password:
        "Your password was changed elsewhere, so this session has ended. Log in with the new one. If it wasn't you, call a security officer at once.",
    },
    show: "Show password",
  },
};
