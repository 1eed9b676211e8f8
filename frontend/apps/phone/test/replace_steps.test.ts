// @vitest-environment happy-dom
/** The guide says that it waits for the legal person only if they were asked. */

import { expect, test } from "vitest";

import ReplaceSteps from "../src/screens/certificate/ReplaceSteps.vue";
import { mounted } from "./mounted.ts";

test.for([
  [true, "已请法人办理，正在等待"],
  [false, "法人作废后，这里会自动更新"],
] as const)("asked: %s", async ([isAsked, said]) => {
  const own = { number: "MS10720468813", organisation: "北潮", name: "林知远" };
  const props = { about: "forgotten", own, isRevoked: false, isWatching: true, isAsked };
  const { wrapper } = await mounted(ReplaceSteps, props);
  expect(wrapper.get(".told").text()).toContain(said);
  wrapper.unmount();
});
