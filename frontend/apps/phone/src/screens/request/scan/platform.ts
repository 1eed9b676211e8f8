/** On what the app runs, as far as the way to the camera's permission differs. */

export type Platform = "wechat" | "ios" | "iosInstalled" | "android" | "androidInstalled" | "desktop";

/** Read off the browser's own description; `isInstalled`: opened from the home screen. */
export function platformOf(userAgent: string, isInstalled: boolean, touches = 0): Platform {
  if (/MicroMessenger/i.test(userAgent)) {
    return "wechat";
  }
  // An iPad says that it is a Mac, but is touched.
  if (/iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && touches > 1)) {
    return isInstalled ? "iosInstalled" : "ios";
  }
  if (/Android|HarmonyOS|OpenHarmony/i.test(userAgent)) {
    return isInstalled ? "androidInstalled" : "android";
  }
  return "desktop";
}

/** This device's. */
export function platform(): Platform {
  const isInstalled = matchMedia("(display-mode: standalone)").matches;
  return platformOf(navigator.userAgent, isInstalled, navigator.maxTouchPoints);
}
