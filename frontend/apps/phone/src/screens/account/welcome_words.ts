/** Texts of the first start. */

export const welcomeWords = {
  zh: {
    whatTitle: "密钥分成两半，合起来才能签名",
    what: "一半在这台手机里，由 6 位 PIN 码保护；另一半在服务器上。丢了手机，别人也签不了名。",
    cameraTitle: "相机：只用来扫二维码",
    camera: "扫一扫登录电脑系统、签申报数据。画面只在本机识别，不保存，不上传。第一次扫码时才会询问。",
    storageTitle: "存储：手机里的一半密钥",
    storage:
      "存在这个浏览器里。申请证书时浏览器可能询问是否允许长期保存，请选择允许；清除浏览数据会把它删掉。",
    tabTitle: "先添加到主屏幕，再申请证书",
    tab: "在标签页里申请的证书不会带进图标，7 天没打开还会被 iPhone 清掉。请先添加到主屏幕，以后都从图标打开。",
    tabHow: "怎样添加到主屏幕",
    tabStart: "先在标签页里看看",
    start: "开始使用",
  },
  en: {
    whatTitle: "A key in two halves",
    what: "One half is on this phone, protected by a 6-digit PIN, the other on the server. They sign only together, so whoever finds your phone can't.",
    cameraTitle: "Camera: for QR codes only",
    camera:
      "Scan to log in on a PC or to sign a declaration. Pictures are read on the phone, never stored or sent. You are asked when you first scan.",
    storageTitle: "Storage: the phone's half of the key",
    storage:
      "It is in this browser. When you apply you may be asked whether data may be stored: choose Allow. Clearing browsing data deletes it.",
    tabTitle: "Home Screen first, then apply",
    tab: "A certificate applied for in a tab is not in the app behind the icon, and iPhone clears it after seven days without use. Add the icon first and always start from it.",
    tabHow: "How to add it",
    tabStart: "Just look around in the tab",
    start: "Get started",
  },
};
