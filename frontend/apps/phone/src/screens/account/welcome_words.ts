/** Words of the first start. */

export const welcomeWords = {
  zh: {
    whatTitle: "密钥分成两半，合起来才能签名",
    what: "一半在这台手机里，由 6 位 PIN 码保护；另一半在服务器上。丢了手机，别人也签不了名。",
    cameraTitle: "相机：只用来扫二维码",
    camera: "扫一扫登录电脑系统、签申报数据。画面只在本机识别，不保存，不上传。第一次扫码时才会询问。",
    storageTitle: "存储：请允许长期保存",
    storage:
      "手机里的那一半密钥存在浏览器中。不允许的话，系统清理空间时可能把它删掉，只能请法人作废后重新申请。",
    start: "开始使用",
    asks: "点击后，浏览器可能询问是否允许保存数据，请选择允许。",
    refused: "浏览器没有答应长期保存。可以先用；把手机盾添加到主屏幕后，它会被长期保存。",
    goOn: "知道了，继续",
  },
  en: {
    whatTitle: "A key in two halves",
    what: "One half is in this phone, behind a 6-digit PIN, the other on the server. Only together do they sign: who finds your phone can't.",
    cameraTitle: "Camera: for QR codes only",
    camera:
      "Scan to log in on a PC or to sign a declaration. Pictures are read on the phone, never stored or sent. You are asked when you first scan.",
    storageTitle: "Storage: please let it be kept",
    storage:
      "The phone's half of the key is in this browser. If the system may clear it, it can vanish when space runs out; then the shield must be revoked and applied for anew.",
    start: "Get started",
    asks: "Your browser may now ask whether data may be stored. Choose Allow.",
    refused:
      "The browser didn't promise to keep the data. You can go on; once Mobile Shield is on your home screen it is kept.",
    goOn: "Continue",
  },
};
