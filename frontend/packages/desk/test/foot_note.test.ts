// @vitest-environment happy-dom
/** The foot names time zone, contacts and operator, and omits what isn't specified. */

import { exact, setTimeZone } from "@mshield/look/vue/dates.ts";
import { mount } from "@vue/test-utils";
import { afterEach, expect, test, vi } from "vitest";

import { about, loadAbout } from "../src/about.ts";
import FootNote from "../src/FootNote.vue";
import { i18n } from "../src/i18n.ts";
import { settings } from "../src/settings.ts";

const ZONE = { name: "Asia/Shanghai", zh: "中国标准时间 UTC+08:00", en: "China Standard Time UTC+08:00" };
const NOBODY = {
  operator: null,
  icp_number: null,
  service_phone: null,
  service_hours_zh: null,
  service_hours_en: null,
  service_chat: null,
  complaint_phone: null,
  complaint_url: null,
  closing_days: 7,
  time_zone: ZONE,
};

afterEach(() => {
  vi.unstubAllGlobals();
  setTimeZone(null);
  settings.language = "zh";
});

function serve(body: object | null): void {
  vi.stubGlobal("fetch", async () => {
    if (body === null) throw new TypeError("no network");
    return Response.json(body);
  });
}

const foot = (hasTimes: boolean) => mount(FootNote, { props: { hasTimes }, global: { plugins: [i18n] } });

test("an operator who specifies nothing has only the zone, which all times use", async () => {
  serve(NOBODY);
  await loadAbout();
  expect(exact(0)).toBe("1970-01-01 08:00:00 UTC+08:00");
  expect(foot(true).text()).toBe("时间按 中国标准时间 UTC+08:00 显示");
  expect(foot(false).html()).toBe("<!--v-if-->");
});

test("names operator and contacts in either language, and keeps them if the service can't be reached", async () => {
  serve({
    ...NOBODY,
    operator: "东方电子口岸",
    icp_number: "沪ICP备2026001号",
    service_phone: "021 12360",
    service_hours_zh: "工作日 9–17",
    service_hours_en: "weekdays 9–17",
    service_chat: "https://ask.example.cn/",
  });
  await loadAbout();
  serve(null);
  await loadAbout();
  expect(about.value?.operator).toBe("东方电子口岸");
  const shown = foot(false);
  expect(shown.find(".phone").text()).toBe("客服021 12360工作日 9–17");
  expect(shown.find('a[href="tel:02112360"]').exists()).toBe(true);
  expect(shown.find('a[href="https://beian.miit.gov.cn/"]').text()).toBe("沪ICP备2026001号");
  expect(shown.find('a[href="https://ask.example.cn/"]').text()).toBe("在线客服");
  settings.language = "en";
  await shown.vm.$nextTick();
  expect(shown.find(".phone").text()).toBe("Customer service021 12360weekdays 9–17");
});
