/** Where a link to the app may lead on: to the app's own screens and nowhere else. */

import { expect, test } from "vitest";

import { ownPath } from "../vue/own_path.ts";

test.for(["/", "/inbox", "/sign?request=1&k=2", "/me/certificate#end"])("%s is the app's own", (path) => {
  expect(ownPath(path)).toBe(path);
});

test.for([
  "//elsewhere.example",
  "/\\elsewhere.example",
  "https://elsewhere.example/",
  "javascript:alert(1)",
  "inbox",
  "",
  null,
  undefined,
  ["/inbox", "/"],
])("%s is not", (path) => {
  expect(ownPath(path)).toBeNull();
});
