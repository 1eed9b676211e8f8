/** A link to the app may lead only to the app's own screens. */

import { expect, test } from "vitest";

import { ownPath } from "../vue/own_path.ts";

test.for(["/", "/inbox", "/sign?request=1&k=2", "/me/certificate#end"])("accepts %s", (path) => {
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
])("refuses %s", (path) => {
  expect(ownPath(path)).toBeNull();
});
