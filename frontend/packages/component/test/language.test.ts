import { expect, test } from "vitest";

import { languageOf, type Placed } from "../src/language.ts";

/** Returns an element with this nearest `lang` in its own tree, inside the shadow of `host`. */
function placed(lang: string | null, host?: Placed): Placed {
  return {
    closest: () => (lang === null ? null : { getAttribute: () => lang }),
    getRootNode: () => (host === undefined ? {} : { host }),
  };
}

test.each(["zh", "zh-CN", "ZH-hant-TW"])("%s is Chinese", (lang) => {
  expect(languageOf(placed(lang))).toBe("zh");
});

test.each(["en", "en-GB", "fr", "ja", "zha", "x"])("uses English for %s", (lang) => {
  expect(languageOf(placed(lang))).toBe("en");
});

test("uses Chinese without any `lang`", () => {
  expect(languageOf(placed(null))).toBe("zh");
  expect(languageOf(placed("", placed(null)))).toBe("zh");
});

test("finds the page's language through every shadow root", () => {
  expect(languageOf(placed(null, placed("en")))).toBe("en");
  expect(languageOf(placed(null, placed(null, placed("de"))))).toBe("en");
  expect(languageOf(placed("zh-CN", placed("en")))).toBe("zh");
});
