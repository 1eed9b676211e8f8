/** Texts of the screens before the login. */

export const brandWords = {
  zh: { name: "手机盾", line: "企业的登录与签名，在您手里" },
  en: { name: "Mobile Shield", line: "Your company's logins and signatures, in your hand" },
};

export const loginWords = {
  zh: {
    account: "账号",
    password: "密码",
    captcha: "图形验证码",
    captchaHint: "输入右图字符",
    captchaPicture: "图形验证码",
    another: "换一张图形验证码",
    sound: { none: "听语音验证码", loading: "正在载入", playing: "正在播放", waiting: "点这里播放" },
    missing: {
      account: "请输入账号，一般是您的手机号",
      password: "请输入密码",
      captcha: "请输入图中字符，看不清可以换一张或听语音",
    },
    forgot: "忘记密码",
    act: "登录",
    register: "我要注册",
    registered: "注册成功，请用刚才设置的密码登录",
    reset: "密码已重设，请用新密码登录",
    elsewhere: "已注册过的企业用户无需再次注册，可直接登录。",
    elsewhereAt: "已在{names}注册的企业用户，选择该系统，用原账号直接登录，无需再次注册。",
    theirs: {
      password: "账号和密码由{name}管理。忘记密码，请到{name}找回。手机盾不保存这个密码。",
      page: "账号由{name}管理，无需在手机盾注册。",
    },
    page: {
      title: "在{name}的页面登录",
      text: "浏览器会打开{name}。登录后自动回到手机盾，密码只在对方页面输入。",
      go: "前往{name}登录",
    },
    own: "已在本机申请，只能用申请时的账号登录。",
    help: "登录遇到问题？",
    other: {
      why: "没有登录，手机盾没有受影响。申请证书后，本机只允许申请时的账号登录。",
      rule: "为什么不能换账号",
    },
  },
  en: {
    account: "Account",
    password: "Password",
    captcha: "Characters in the picture",
    captchaHint: "As shown",
    captchaPicture: "Picture with characters to type",
    another: "Another picture",
    sound: { none: "Hear them instead", loading: "Loading", playing: "Playing", waiting: "Tap to play" },
    missing: {
      account: "Enter your account, usually your phone number",
      password: "Enter your password",
      captcha: "Enter the characters. Hard to read? Take another picture, or hear them",
    },
    forgot: "Forgot password",
    act: "Log in",
    register: "Register",
    registered: "You are registered. Log in with the password you just set",
    reset: "The password was reset. Log in with the new one",
    elsewhere: "Registered before? Log in right away, there is no need to register again.",
    elsewhereAt:
      "Registered at {names}? Choose it and log in with that account. There is no need to register again.",
    theirs: {
      password:
        "{name} keeps this account and its password. Forgotten? Reset it there. Mobile Shield doesn't store it.",
      page: "{name} keeps this account. There is no need to register here.",
    },
    page: {
      title: "Log in at {name}",
      text: "Your browser opens {name} and comes back here afterwards. Only that page sees your password.",
      go: "Go to {name}",
    },
    own: "was applied for on this phone. Only that account can log in here.",
    help: "Trouble logging in?",
    other: {
      why: "Nobody was logged in and the shield is unaffected. After an application only the account that applied can log in on this phone.",
      rule: "Why not another account",
    },
  },
};

/** Texts of the return from an outside system's page. */
export const outsideWords = {
  zh: {
    title: "登录",
    working: "正在登录",
    failed: "没有登录",
    over: "对方页面没有完成登录，或者已超时。手机盾没有受影响，请再登录一次。",
    elsewhere:
      "这次登录已经结束，或不是在这个浏览器里开始的。如果是您用命令开始的，请把地址栏的地址粘贴给那个命令，不要发给任何人。",
    again: "返回登录",
  },
  en: {
    title: "Log in",
    working: "Logging in",
    failed: "Nobody was logged in",
    over: "The login there was not finished, or took too long. Your shield is unaffected. Please log in again.",
    elsewhere:
      "This login has ended, or was not started in this browser. If you started it with a command, paste the address in the address bar into that command, and don't give it to anybody.",
    again: "Back to the login",
  },
};

/** Labels and errors of the fields shared by registration and password reset. */
const identity = {
  zh: {
    idNumber: "证件号码",
    phone: "手机号",
    phoneHint: "11 位手机号",
    enter: "请输入",
    password: "登录密码",
    newPassword: "新密码",
    passwordHint: "至少 10 位",
    strength: {
      label: "密码强度",
      1: "太弱",
      2: "一般",
      3: "较强",
      4: "很强",
    },
    weakness: {
      too_short: "至少 10 位，还差 {missing} 位",
      too_long: "最多 128 位",
      too_simple: "字母、数字、符号至少用两种，不要只重复几个字符",
      personal: "不要包含您的手机号",
      common: "这是常见密码，很容易被猜到",
    },
    none: {
      idNumber: "请填写证件号码",
      phone: "请填写手机号",
      smsCode: "请填写短信验证码",
      password: "请设置密码",
    },
    wrong: {
      idNumber: "证件号码有误，请按证件核对",
      phone: "手机号有误，请输入 11 位手机号",
      smsCode: "请输入短信里的 6 位数字",
    },
  },
  en: {
    idNumber: "Id number",
    phone: "Phone",
    phoneHint: "11 digits",
    enter: "Required",
    password: "Password",
    newPassword: "New password",
    passwordHint: "10 characters or more",
    strength: {
      label: "Strength",
      1: "Too weak",
      2: "Fair",
      3: "Good",
      4: "Strong",
    },
    weakness: {
      too_short: "10 characters or more: {missing} to go",
      too_long: "128 characters at most",
      too_simple: "Use two of letters, digits and signs, and more than a few characters",
      personal: "It must not contain your phone number",
      common: "This is a common password and easily guessed",
    },
    none: {
      idNumber: "Enter your id number",
      phone: "Enter your phone number",
      smsCode: "Enter the SMS code",
      password: "Choose a password",
    },
    wrong: {
      idNumber: "The id number is invalid. Check it against the document",
      phone: "The phone number is invalid. Enter its 11 digits",
      smsCode: "Enter the 6 digits of the SMS",
    },
  },
};

export const passwordWords = identity;

export const registerWords = {
  zh: {
    ...identity.zh,
    title: "注册",
    name: "姓名",
    nameHint: "与证件一致",
    noName: "请填写姓名",
    wrongName: "姓名有误，请按证件填写",
    idType: "证件类型",
    types: {
      resident_id: "居民身份证",
      passport: "护照",
      hk_macau_permit: "港澳居民来往内地通行证",
      taiwan_permit: "台湾居民来往大陆通行证",
      foreign_resident_id: "外国人永久居留身份证",
    },
    forgets: "填写内容不会保存，刷新或关闭页面后需重新填写。查看帮助后返回，内容仍在。",
    act: "注册",
    exists: "直接登录",
  },
  en: {
    ...identity.en,
    title: "Register",
    name: "Name",
    nameHint: "As on the document",
    noName: "Enter your name",
    wrongName: "The name is invalid. Enter it as on the document",
    idType: "Id document",
    types: {
      resident_id: "Resident identity card",
      passport: "Passport",
      hk_macau_permit: "Mainland travel permit for Hong Kong and Macau residents",
      taiwan_permit: "Mainland travel permit for Taiwan residents",
      foreign_resident_id: "Foreign permanent resident identity card",
    },
    forgets:
      "Nothing you enter is stored on the phone: reload or close this page, and you have to enter it again. While you read the help it stays.",
    act: "Register",
    exists: "Log in instead",
  },
};

export const forgotWords = {
  zh: {
    ...identity.zh,
    title: "重设密码",
    lead: "用注册时的手机号和证件号码，证明是您本人。",
    idNumberHint: "注册时的证件",
    ends: "重设后，这个账号在所有手机和电脑上的登录都会结束。PIN 码和证书不受影响。",
    act: "重设密码",
  },
  en: {
    ...identity.en,
    title: "Reset password",
    lead: "Confirm your identity with the phone number and ID number you registered with.",
    idNumberHint: "As registered",
    ends: "Afterwards this account is logged out everywhere, on phones and PCs. PIN and certificate are unaffected.",
    act: "Reset password",
  },
};

export const readFirstWords = {
  zh: { read: "去看并勾选" },
  en: { read: "Read them and agree" },
};
