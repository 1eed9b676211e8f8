/** The platform of the app, as far as granting the camera permission differs. */

export type Platform = "wechat" | "ios" | "iosInstalled" | "android" | "androidInstalled" | "desktop";

/** Detects the platform from the user agent; `isInstalled`: opened from the home screen. */
export function platformOf(userAgent: string, isInstalled: boolean, touches = 0): Platform {
  if (/MicroMessenger/i.test(userAgent)) {
    return "wechat";
  }
  // An iPad reports a Mac, but has a touch screen.
  if (/iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && touches > 1)) {
    return isInstalled ? "iosInstalled" : "ios";
  }
  if (/Android|HarmonyOS|OpenHarmony/i.test(userAgent)) {
    return isInstalled ? "androidInstalled" : "android";
  }
  return "desktop";
}

/** Returns the platform of this device. */
export function platform(): Platform {
  const isInstalled = matchMedia("(display-mode: standalone)").matches;
  return platformOf(navigator.userAgent, isInstalled, navigator.maxTouchPoints);
}
