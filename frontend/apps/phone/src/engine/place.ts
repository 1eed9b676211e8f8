/**
 * Place where the app runs, and whether a key is safe there. Browsers inside other apps (微信, 支付宝 and others) delete
 * the data of pages and share nothing with the phone's browser. On an iPhone, the data of a Safari tab isn't
 * copied when the icon is added to the home screen, and is deleted after seven days without use. So neither
 * ever stores a key.
 */

export type Messenger = "wechat" | "wxwork" | "alipay" | "dingtalk" | "qq" | "weibo" | "lark" | "unnamed";

/** Kind of place. `kept`: the phone's own browser, or the app on the home screen; both keep their data. */
export type Place =
  | { readonly kind: "messenger"; readonly messenger: Messenger }
  | { readonly kind: "appleTab" }
  | { readonly kind: "kept" };

/** Properties and abilities of the browser. */
export interface Surroundings {
  readonly userAgent: string;
  /** Opened from the home screen. */
  readonly isInstalled: boolean;
  readonly touches: number;
  /** Names of the global objects by which the surrounding app talks to its pages. */
  readonly bridges: readonly string[];
  readonly hasDatabase: boolean;
  readonly hasServiceWorker: boolean;
}

/** Requirements of a screen on the place. */
export interface ScreenRequirements {
  /** The screen leads to a login or a key; false for screens that only display. */
  readonly isBeginning?: boolean;
  /** The screen creates a key. */
  readonly makesKey?: boolean;
  readonly isOpen?: boolean;
}

/** The order matters: 企业微信 also calls itself 微信. 手机 QQ is a messenger, QQ 浏览器 (MQQBrowser) isn't. */
const NAMES: readonly (readonly [Messenger, RegExp])[] = [
  ["wxwork", /wxwork\//i],
  ["wechat", /MicroMessenger/i],
  ["dingtalk", /DingTalk/i],
  ["alipay", /AlipayClient|AliApp\(AP\//i],
  ["lark", /\b(?:Lark|Feishu)\//i],
  ["weibo", /\bWeibo\b|__weibo__/i],
  ["qq", /(?:^|[^A-Za-z])QQ\/\d/],
  [
    "unnamed",
    /AliApp\(|baiduboxapp|BytedanceWebview|aweme|xiaohongshu|NewsArticle|Kwai\/|TBS\/.*MiniProgram/i,
  ],
];
const BRIDGES: Readonly<Record<string, Messenger>> = {
  WeixinJSBridge: "wechat",
  __wxjs_environment: "wechat",
  AlipayJSBridge: "alipay",
  DingTalkPC: "dingtalk",
  mqq: "qq",
  lark: "lark",
};
/** User agent of Android's WebView, which shows pages inside other apps. */
const ANDROID_VIEW = /Android.*; wv\)/;

export function placeOf(around: Surroundings): Place {
  if (around.isInstalled) {
    return { kind: "kept" };
  }
  const { userAgent } = around;
  const byName = NAMES.find(([, form]) => form.test(userAgent))?.[0];
  const byBridge = around.bridges.map((name) => BRIDGES[name]).find((name) => name !== undefined);
  const messenger = byName ?? byBridge;
  if (messenger !== undefined) {
    return { kind: "messenger", messenger };
  }
  const isApple =
    /iPhone|iPad|iPod/.test(userAgent) || (userAgent.includes("Macintosh") && around.touches > 1);
  // On an iPhone, a page inside another app doesn't name Safari and has no service worker.
  const isView = isApple
    ? !/Safari\//.test(userAgent) || !around.hasServiceWorker
    : ANDROID_VIEW.test(userAgent);
  if (isView || !around.hasDatabase) {
    return { kind: "messenger", messenger: "unnamed" };
  }
  return { kind: isApple ? "appleTab" : "kept" };
}

/**
 * Returns whether a screen is closed in this place: one that creates a key always, and in a messenger all
 * except those that only display.
 */
export function isScreenClosed(place: Place, wants: ScreenRequirements): boolean {
  if (place.kind === "kept") {
    return false;
  }
  return (
    wants.makesKey === true ||
    (place.kind === "messenger" && (wants.isBeginning === true || wants.isOpen !== true))
  );
}

let cached: Place | null = null;

/** Returns the place of this page, which doesn't change while the page is open. */
export function currentPlace(): Place {
  cached ??= placeOf({
    userAgent: navigator.userAgent,
    isInstalled:
      matchMedia("(display-mode: standalone)").matches ||
      (navigator as { standalone?: boolean }).standalone === true,
    touches: navigator.maxTouchPoints,
    bridges: Object.keys(BRIDGES).filter((name) => name in window),
    hasDatabase: "indexedDB" in window && (window.indexedDB as IDBFactory | null) !== null,
    hasServiceWorker: "serviceWorker" in navigator,
  });
  return cached;
}
