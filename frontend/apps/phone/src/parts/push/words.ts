export const words = {
  zh: {
    title: "提醒",
    requests: "有请求等我确认时",
    notices: "有新通知时",
    means:
      "提醒只说有请求或通知，不说是谁、什么内容；打开手机盾才能看到。推送由浏览器厂商的服务送达，它知道何时提醒过这部手机。",
    unsupported: "这个浏览器不能提醒。苹果手机请先把手机盾添加到主屏幕，再从主屏幕打开。",
    denied: "浏览器不允许手机盾发通知。请在系统的通知设置里允许后再打开。",
    refused: "没有允许通知，提醒没有打开。",
    none: "这个服务没有开通提醒。",
  },
  en: {
    title: "Notifications",
    requests: "When a request waits for me",
    notices: "When there is a notice",
    means:
      "A notification says only that there is a request or a notice: open the app to see it. The browser's maker delivers it and knows when this phone received one.",
    unsupported:
      "This browser can't notify you. On an iPhone add the app to the home screen first and open it there.",
    denied:
      "The browser doesn't let the app notify you. Allow it in the system's settings, then switch it on here.",
    refused: "Notifications were not allowed, so nothing was switched on.",
    none: "This service sends no notifications.",
  },
};
