/** Words of the component in Chinese and English, one entry per state and kind. */

export type Language = "zh" | "en";
export type Kind = "login" | "signature";

/** A displayed state: those of a request, and those that only a page can detect. */
export type DisplayState =
  | "connecting"
  | "waiting"
  | "scanned"
  | "signed"
  | "declined"
  | "not_me"
  | "expired"
  | "cancelled"
  | "offline"
  | "unknown";

export interface Words {
  readonly title: string;
  readonly text: string;
}

type Table = Record<DisplayState, Words>;

const ZH_LOGIN: Table = {
  connecting: { title: "正在取二维码", text: "" },
  waiting: { title: "请用手机盾扫码登录", text: "" },
  scanned: { title: "已扫码，请在手机上确认", text: "手机上的数字应当相同" },
  signed: { title: "已登录", text: "正在打开系统" },
  declined: { title: "手机上已取消", text: "没有人登录" },
  not_me: { title: "手机上已拒绝", text: "手机上选了“不是我发起的”，没有人登录" },
  expired: { title: "二维码已失效", text: "没有人登录" },
  cancelled: { title: "已取消", text: "没有人登录" },
  offline: { title: "网络不稳定", text: "二维码已收起，正在重新连接" },
  unknown: { title: "这个二维码已不能用", text: "没有人登录，请重新打开页面" },
};
const EN_LOGIN: Table = {
  connecting: { title: "Fetching the code", text: "" },
  waiting: { title: "Scan with Mobile Shield to log in", text: "" },
  scanned: { title: "Scanned. Confirm on the phone", text: "The phone shows the same number" },
  signed: { title: "Logged in", text: "Opening the system" },
  declined: { title: "Cancelled on the phone", text: "Nobody was logged in" },
  not_me: {
    title: "Declined on the phone",
    text: "The phone said: I did not start this. Nobody was logged in",
  },
  expired: { title: "The code has expired", text: "Nobody was logged in" },
  cancelled: { title: "Cancelled", text: "Nobody was logged in" },
  offline: { title: "The connection failed", text: "The code is hidden until it is back" },
  unknown: { title: "This code no longer works", text: "Nobody was logged in. Open the page again" },
};
const ZH_SIGN: Table = {
  ...ZH_LOGIN,
  waiting: { title: "请用手机盾扫码签名", text: "" },
  signed: { title: "已签名", text: "签名已送到业务系统" },
  declined: { title: "手机上已取消", text: "没有签名" },
  not_me: { title: "手机上已拒绝", text: "手机上选了“不是我发起的”，没有签名" },
  expired: { title: "二维码已失效", text: "没有签名" },
  cancelled: { title: "已取消", text: "没有签名" },
  unknown: { title: "这个二维码已不能用", text: "没有签名，请重新打开页面" },
};
const EN_SIGN: Table = {
  ...EN_LOGIN,
  waiting: { title: "Scan with Mobile Shield to sign", text: "" },
  signed: { title: "Signed", text: "The signature went to the business system" },
  declined: { title: "Cancelled on the phone", text: "Nothing was signed" },
  not_me: {
    title: "Declined on the phone",
    text: "The phone said: I did not start this. Nothing was signed",
  },
  expired: { title: "The code has expired", text: "Nothing was signed" },
  cancelled: { title: "Cancelled", text: "Nothing was signed" },
  unknown: { title: "This code no longer works", text: "Nothing was signed. Open the page again" },
};
const TABLES: Record<Language, Record<Kind, Table>> = {
  zh: { login: ZH_LOGIN, signature: ZH_SIGN },
  en: { login: EN_LOGIN, signature: EN_SIGN },
};

export interface Phrases {
  readonly code: Record<Kind, string>;
  readonly match: Words;
  readonly steps: readonly [string, string];
  readonly retry: string;
  /** For users without a camera: the button, and where to type the code. */
  readonly short: Words;
  /** The countdown under the panel. */
  left(seconds: number): string;
  /** Announced once to a screen reader, ten seconds before the end. */
  soon(seconds: number): string;
}

const PHRASES: Record<Language, Phrases> = {
  zh: {
    code: { login: "登录二维码", signature: "签名二维码" },
    match: { title: "核对数字", text: "扫码后，手机上应显示同样的数字" },
    steps: ["打开手机盾，点“扫一扫”", "核对数字，输入 6 位 PIN 码"],
    retry: "再试一次",
    short: { title: "扫不了？输入短码", text: "在手机盾点“扫一扫”，再点“输入”。20 秒内输完" },
    left: (seconds) => `${clock(seconds)}后失效`,
    soon: (seconds) => `还有 ${seconds} 秒失效`,
  },
  en: {
    code: { login: "Login QR code", signature: "Signature QR code" },
    match: { title: "Compare the number", text: "After the scan the phone shows the same one" },
    steps: ["Open Mobile Shield and tap Scan", "Compare the number, enter your 6-digit PIN"],
    retry: "Try again",
    short: {
      title: "Can't scan? Type a short code",
      text: 'In Mobile Shield tap "Scan", then "Type", within 20 seconds',
    },
    left: (seconds) => `Expires in ${seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`}`,
    soon: (seconds) => `Expires in ${seconds} seconds`,
  },
};

function clock(seconds: number): string {
  return seconds < 100 ? `${seconds} 秒` : `${Math.ceil(seconds / 60)} 分钟`;
}

/** Returns the words of a state. */
export function wordsOf(language: Language, kind: Kind, shown: DisplayState): Words {
  return TABLES[language][kind][shown];
}

/** Returns the phrases around them. */
export function phrasesOf(language: Language): Phrases {
  return PHRASES[language];
}
