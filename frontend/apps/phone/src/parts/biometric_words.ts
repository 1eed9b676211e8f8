export const words = {
  zh: {
    label: "用指纹或面容代替输入 PIN 码",
    cannot: "这部手机或浏览器不支持，或没有设置指纹、面容。",
    means:
      "PIN 码加密后存在本机，只有通过指纹或面容才能打开，是否正确仍由服务端核对和计次。打开后，凡是能用指纹、面容或锁屏密码解锁这部手机的人，都能用您的证书登录和签名。",
    ends: "修改 PIN 码、更新证书或退出登录后自动关闭。",
    pin: { title: "打开指纹或面容", act: "核对 PIN 码", detail: "只核对，不签任何内容" },
  },
  en: {
    label: "Finger or face in place of typing the PIN",
    cannot: "This phone or browser can't do it, or no finger or face is set up.",
    means:
      "The PIN is kept encrypted on this phone and opened by finger or face alone; the service still checks and counts it. Whoever can unlock this phone, by finger, face or its passcode, can then log in and sign with your certificate.",
    ends: "It is switched off when you change the PIN, renew the certificate or log out.",
    pin: {
      title: "Switch on finger or face",
      act: "Check your PIN",
      detail: "Checked only; nothing is signed",
    },
  },
};
