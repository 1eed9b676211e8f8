export const words = {
  zh: {
    title: "已锁定",
    text: "您离开了一段时间，屏幕上的内容已清除。没有提交任何内容。",
    goOn: "继续使用",
    biometric: "用指纹或面容继续",
    notOpened: "没有通过指纹或面容，请再试一次。",
    logOut: "退出登录",
    logOutHint: "用不了指纹或面容时，可以退出后用密码登录。证书不受影响。",
  },
  en: {
    title: "Locked",
    text: "You were away for a while, so what was on the screen was cleared. Nothing was submitted.",
    goOn: "Go on",
    biometric: "Go on with finger or face",
    notOpened: "Finger or face was not accepted. Try again.",
    logOut: "Log out",
    logOutHint: "If neither works, log out and use your password. Your certificate is unaffected.",
  },
};
