// @vitest-environment happy-dom
/** Reports of acts and errors at fields follow the page's present language. */

import { useWords } from "@mshield/look/vue/words.ts";
import { mount } from "@vue/test-utils";
import { afterEach, expect, test } from "vitest";
import { nextTick, reactive } from "vue";

import { useFieldErrors } from "../src/field_errors.ts";
import { i18n } from "../src/i18n.ts";
import { Problem } from "../src/problem.ts";
import { settings } from "../src/settings.ts";
import { useNotice } from "../src/notice.ts";

const words = {
  zh: { done: "已撤销 {name}", wrong: "手机号有误" },
  en: { done: "Ended {name}", wrong: "The number is wrong" },
};
const REFUSED = new Problem({ code: "captcha_wrong", zh: "验证码不正确", en: "Wrong captcha" });

afterEach(() => (settings.language = "zh"));

function screen() {
  const form = reactive({ phone: "1", captcha: "2" });
  let act!: () => void;
  let check!: () => boolean;
  let place!: (problem: Problem) => boolean;
  const page = mount(
    {
      setup() {
        const { t } = useWords(words);
        const { news, tell } = useNotice();
        const fields = useFieldErrors(form, {
          phone: () => (form.phone === "1" ? { sentence: t("wrong"), faq: null } : null),
          captcha: () => null,
        });
        act = () => tell(() => t("done", { name: "马思远" }));
        ({ check, place } = fields);
        return { news, errors: fields.errors };
      },
      template: "<p>{{ news }}|{{ errors.phone?.sentence }}|{{ errors.captcha?.sentence }}</p>",
    },
    { global: { plugins: [i18n] } },
  );
  return { form, page, act, check, place };
}

test("a report and errors at fields follow the language", async () => {
  const { page, act, check, place } = screen();
  expect(page.text()).toBe("||");
  act();
  expect(check()).toBe(false);
  expect(place(REFUSED)).toBe(true);
  await nextTick();
  expect(page.text()).toBe("已撤销 马思远|手机号有误|验证码不正确");
  settings.language = "en";
  await nextTick();
  expect(page.text()).toBe("Ended 马思远|The number is wrong|Wrong captcha");
});

test("an error disappears when its own field changes", async () => {
  const { form, page, check, place } = screen();
  check();
  place(REFUSED);
  form.captcha = "3";
  await nextTick();
  expect(page.text()).toBe("|手机号有误|");
  form.phone = "13800006027";
  await nextTick();
  expect(page.text()).toBe("||");
  expect(check()).toBe(true);
});
