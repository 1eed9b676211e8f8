/** Words of second factors: an authenticator on the phone, or a security key. */

export const factorWords = {
  zh: {
    way: "验证方式",
    totp: "身份验证器",
    webauthn: "安全密钥",
    scan: "用手机上的身份验证器应用（如系统自带的密码应用、Microsoft Authenticator、FreeOTP）扫描二维码，然后输入它显示的动态码。",
    picture: "身份验证器的二维码",
    type: "不能扫描？手工输入这个密钥",
    secret: "密钥",
    code: "动态码",
    codeHint: "6 位数字",
    keyAbout: "USB 或 NFC 安全密钥，或本机的指纹、面容、PIN。点下面的按钮，按浏览器的提示操作。",
    noKeys: "这个浏览器不支持安全密钥，请用身份验证器。",
  },
  en: {
    way: "Second factor",
    totp: "Authenticator app",
    webauthn: "Security key",
    scan: "Scan the code with an authenticator app on your phone, such as its own password app, Microsoft Authenticator or FreeOTP; then enter the code that it shows.",
    picture: "Code for the authenticator",
    type: "Can't scan? Type this key",
    secret: "Key",
    code: "One-time code",
    codeHint: "6 digits",
    keyAbout:
      "A USB or NFC security key, or this computer's fingerprint, face or PIN. Press the button below and follow the browser's instructions.",
    noKeys: "This browser doesn't support security keys. Use an authenticator app.",
  },
};
