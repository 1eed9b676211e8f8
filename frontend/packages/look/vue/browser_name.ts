/** Describes a PC by its user agent: system and browser. */

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/MicroMessenger\/(\d+)/, "微信"],
  [/(?:360SE|360EE|QIHU)/, "360"],
  [/QQBrowser\/(\d+)/, "QQ"],
  [/MetaSr/, "搜狗"],
  [/Edg(?:e|A|iOS)?\/(\d+)/, "Edge"],
  [/OPR\/(\d+)/, "Opera"],
  [/(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/(?:Chrome|CriOS)\/(\d+)/, "Chrome"],
  [/Version\/(\d+)[.\d]* (?:Mobile\/\w+ )?Safari/, "Safari"],
  [/(?:MSIE |Trident\/.*rv:)(\d+)/, "IE"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/HarmonyOS|OpenHarmony/, "HarmonyOS"],
  [/Android/, "Android"],
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Windows NT 10/, "Windows"],
  [/Windows NT 6\.1/, "Windows 7"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/UOS|Kylin|Linux|X11/, "Linux"],
];

/** Returns the recognised parts; a text that isn't a user agent is returned unchanged. */
export function browserName(described: string): string[] {
  if (!/^Mozilla\/\d/.test(described)) {
    return [described];
  }
  const system = SYSTEMS.find(([sign]) => sign.test(described))?.[1];
  const browser = nameIn(described);
  const parts = [system, browser].filter((part) => part !== undefined);
  return parts.length > 0 ? parts : [described];
}

function nameIn(described: string): string | undefined {
  for (const [sign, name] of BROWSERS) {
    const match = sign.exec(described);
    if (match) {
      return match[1] === undefined ? name : `${name} ${match[1]}`;
    }
  }
  return undefined;
}
