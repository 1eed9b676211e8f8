export const words = {
  zh: {
    finger: "下次用指纹或面容代替输入 PIN 码？",
    fingerText: "PIN 码加密后存在本机，只有通过指纹或面容才能打开。凡能解锁这部手机的人，都能用您的证书。",
    fingerYes: "打开指纹或面容",
    fingerDone: "已打开，下次直接用指纹或面容。可以在设置里关闭。",
    push: "请求来时提醒您？",
    pushText: "对方按手机盾号发来的请求，只有打开手机盾才看得到。提醒里没有内容。",
    pushYes: "打开提醒",
    pushDone: "提醒已打开，可以在设置里关闭。",
    pushRefused: "没有允许通知，提醒没有打开。",
    later: "以后再说",
  },
  en: {
    finger: "Fingerprint or face instead of the PIN next time?",
    fingerText:
      "The PIN is stored encrypted on this phone and can only be decrypted with your fingerprint or face. Anyone who can unlock this phone can then use your certificate.",
    fingerYes: "Use finger or face",
    fingerDone: "It is on from the next time. Switch it off in the settings.",
    push: "Be notified of requests?",
    pushText:
      "Requests sent to your shield's number show only when the app is open. A notification has no content.",
    pushYes: "Notify me",
    pushDone: "It is on; switch it off in the settings.",
    pushRefused: "Notifications were not allowed, so nothing was switched on.",
    later: "Not now",
  },
};
