import { expect, test } from "vitest";

import { languageOf, type Placed } from "../src/language.ts";

/** An element with this nearest `lang` in its own tree, which stands in the shadow of `host`. */
function placed(lang: string | null, host?: Placed): Placed {
  return {
    closest: () => (lang === null ? null : { getAttribute: () => lang }),
    getRootNode: () => (host === undefined ? {} : { host }),
  };
}

test.each(["zh", "zh-CN", "ZH-hant-TW"])("%s is Chinese", (lang) => {
  expect(languageOf(placed(lang))).toBe("zh");
});

test.each(["en", "en-GB", "fr", "ja", "zha", "x"])("%s is told in English", (lang) => {
  expect(languageOf(placed(lang))).toBe("en");
});

test("where nothing is said it is Chinese", () => {
  expect(languageOf(placed(null))).toBe("zh");
  expect(languageOf(placed("", placed(null)))).toBe("zh");
});

test("the page's language counts through every shadow root", () => {
  expect(languageOf(placed(null, placed("en")))).toBe("en");
  expect(languageOf(placed(null, placed(null, placed("de"))))).toBe("en");
  expect(languageOf(placed("zh-CN", placed("en")))).toBe("zh");
});
