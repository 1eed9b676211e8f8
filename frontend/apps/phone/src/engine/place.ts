/**
 * Where the app runs, as far as a key is safe there. Browsers inside other apps (微信, 支付宝 and others) clear what pages
 * keep and share nothing with the phone's browser; what a tab on an iPhone keeps stays behind when the icon is added, and is
 * cleared after seven days without use. So neither ever holds a key.
 */

export type Messenger = "wechat" | "wxwork" | "alipay" | "dingtalk" | "qq" | "weibo" | "lark" | "unnamed";

/** `kept`: the phone's own browser, or the app from the home screen. */
export type Place =
  | { readonly kind: "messenger"; readonly messenger: Messenger }
  | { readonly kind: "appleTab" }
  | { readonly kind: "kept" };

/** What the browser says of itself, and what it can do. */
export interface Surroundings {
  readonly userAgent: string;
  /** Opened from the home screen. */
  readonly isInstalled: boolean;
  readonly touches: number;
  /** Names in the page by which an app speaks with its pages. */
  readonly bridges: readonly string[];
  readonly hasDatabase: boolean;
  readonly hasServiceWorker: boolean;
}

/** What a screen wants of the place. */
export interface Wants {
  /** It leads to a login or a key: not for those who only look. */
  readonly isBeginning?: boolean;
  /** A key comes to be on it. */
  readonly makesKey?: boolean;
  readonly isOpen?: boolean;
}

/** In this order: 企业微信 calls itself 微信 too. 手机 QQ is one, QQ 浏览器 (MQQBrowser) isn't. */
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
/** By this Android's own component for pages in other apps calls itself. */
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
  // A page in another app names no Safari on an iPhone, and gets no service worker.
  const isView = isApple
    ? !/Safari\//.test(userAgent) || !around.hasServiceWorker
    : ANDROID_VIEW.test(userAgent);
  if (isView || !around.hasDatabase) {
    return { kind: "messenger", messenger: "unnamed" };
  }
  return { kind: isApple ? "appleTab" : "kept" };
}

/** Whether a screen stays shut here: one that makes a key, and in a messenger all but those that only show. */
export function isShut(place: Place, wants: Wants): boolean {
  if (place.kind === "kept") {
    return false;
  }
  return (
    wants.makesKey === true ||
    (place.kind === "messenger" && (wants.isBeginning === true || wants.isOpen !== true))
  );
}

let known: Place | null = null;

/** This page's; it doesn't change while the page stands. */
export function here(): Place {
  known ??= placeOf({
    userAgent: navigator.userAgent,
    isInstalled:
      matchMedia("(display-mode: standalone)").matches ||
      (navigator as { standalone?: boolean }).standalone === true,
    touches: navigator.maxTouchPoints,
    bridges: Object.keys(BRIDGES).filter((name) => name in window),
    hasDatabase: "indexedDB" in window && (window.indexedDB as IDBFactory | null) !== null,
    hasServiceWorker: "serviceWorker" in navigator,
  });
  return known;
}
