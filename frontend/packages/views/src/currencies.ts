/** Currencies of views v1 (section 4); the first name is displayed. A change needs a new version. */

const CURRENCIES = [
  "CNY 人民币",
  "USD 美元",
  "EUR 欧元",
  "JPY 日本元 日元",
  "HKD 港币 港元",
  "GBP 英镑",
  "KRW 韩国元 韩元",
  "AUD 澳大利亚元 澳元",
  "CAD 加拿大元 加元",
  "CHF 瑞士法郎",
  "SGD 新加坡元",
  "NZD 新西兰元",
  "TWD 新台币 台币",
  "MOP 澳门元",
  "THB 泰国铢 泰铢",
  "RUB 俄罗斯卢布 卢布",
  "SEK 瑞典克朗",
  "NOK 挪威克朗",
  "DKK 丹麦克朗",
  "INR 印度卢比",
  "MYR 马来西亚林吉特 林吉特",
  "VND 越南盾",
  "IDR 印尼盾",
  "PHP 菲律宾比索",
].map((line) => line.split(" "));

/** Displayed names by code. */
export const CURRENCY_NAMES: ReadonlyMap<string, string> = new Map(
  CURRENCIES.map(([code, name]) => [code!, name!]),
);
/** Codes by name, for all names. */
export const CURRENCY_CODES: ReadonlyMap<string, string> = new Map(
  CURRENCIES.flatMap(([code, ...names]) => names.map((name) => [name, code!] as const)),
);

/** Returns the code for a code or a name; undefined otherwise. */
export const currencyOf = (text: string): string | undefined =>
  CURRENCY_NAMES.has(text) ? text : CURRENCY_CODES.get(text);
