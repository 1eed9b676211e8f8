export const words = {
  zh: {
    title: "已锁定",
    text: "您离开了一段时间，屏幕上的内容已清除。没有提交任何内容。",
    goOn: "继续使用",
    biometric: "用指纹或面容继续",
    notOpened: "没有通过指纹或面容，请再试一次。",
    logOut: "退出登录",
    byPin: "输入 PIN 码继续",
    pin: { title: "打开手机盾", act: "核对 PIN 码", detail: "只核对，不签任何内容；输错也计入 5 次" },
    spent: "PIN 码只剩 1 次机会，为了不锁死手机盾，这里不再用 PIN 码打开。请退出后用密码登录。",
    shut: "本机的手机盾现在打不开应用，请退出登录，登录页会告诉您怎样登录。",
    logOutHint: "无法使用以上方式？可退出登录后用密码登录。证书不受影响。",
  },
  en: {
    title: "Locked",
    text: "You were away for a while, so what was on the screen was cleared. Nothing was submitted.",
    goOn: "Go on",
    biometric: "Continue with fingerprint or face",
    notOpened: "Finger or face was not accepted. Try again.",
    logOut: "Log out",
    byPin: "Enter the PIN to continue",
    pin: {
      title: "Open the app",
      act: "Check your PIN",
      detail: "Only checked, nothing is signed; a wrong PIN counts as one of the 5 attempts",
    },
    spent:
      "One PIN attempt is left. So that opening the app doesn't lock the shield, the PIN isn't accepted here: log out and use your password.",
    shut: "This phone's shield can't open the app now: log out, and the login page shows which ways are available.",
    logOutHint: "If none of it works, log out and use your password. Your certificate is unaffected.",
  },
};
