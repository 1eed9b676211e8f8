// @vitest-environment happy-dom
/** A task discards results that come too late. */

import { effectScope } from "vue";
import { expect, test, vi } from "vitest";

import { makeTask } from "../vue/task.ts";

const sentenceOf = (error: unknown): string => (error as Error).message;
const later = <T>() => Promise.withResolvers<T>();

test("a second press does nothing, and the first one's result is used", async () => {
  const task = makeTask(sentenceOf);
  const first = later<string>();
  const again = vi.fn(async () => "again");
  const running = task.run(() => first.promise);
  expect(await task.run(again)).toBeUndefined();
  expect(again).not.toHaveBeenCalled();
  expect(task.isBusy.value).toBe(true);
  first.resolve("first");
  expect(await running).toBe("first");
  expect(task.isBusy.value).toBe(false);
});

test("of two questions the later one's answer is used, whichever arrives first", async () => {
  const task = makeTask(sentenceOf);
  const [old, young] = [later<string>(), later<string>()];
  const answers = [task.ask(() => old.promise), task.ask(() => young.promise)];
  old.resolve("old");
  expect(await answers[0]).toBeUndefined();
  expect(task.isBusy.value).toBe(true);
  young.resolve("young");
  expect(await answers[1]).toBe("young");
  expect(task.isBusy.value).toBe(false);
});

test("an error of a superseded question isn't reported", async () => {
  const task = makeTask(sentenceOf);
  const old = later<string>();
  const overtaken = task.ask(() => old.promise);
  expect(await task.ask(async () => "young")).toBe("young");
  old.reject(new Error("no network"));
  await overtaken;
  expect(task.problem.value).toBeNull();
});

test("once its screen was left, a task has neither result nor navigation", async () => {
  const explain = vi.fn(sentenceOf);
  const scope = effectScope();
  const [one, two] = scope.run(() => [makeTask(explain), makeTask(explain)])!;
  const [good, bad] = [later<string>(), later<string>()];
  const results = [one!.run(() => good.promise), two!.run(() => bad.promise)];
  scope.stop();
  good.resolve("done");
  bad.reject(new Error("unauthenticated"));
  expect(await Promise.all(results)).toEqual([undefined, undefined]);
  expect(explain).not.toHaveBeenCalled();
  const next = vi.fn(async () => "next");
  expect(await one!.run(next)).toBeUndefined();
  expect(next).not.toHaveBeenCalled();
});

test("a dropped run is discarded, and another may begin", async () => {
  const task = makeTask(sentenceOf);
  const slow = later<string>();
  let stillCounts: (() => boolean) | null = null;
  const running = task.run((counts) => {
    stillCounts = counts;
    return slow.promise;
  });
  expect(stillCounts!()).toBe(true);
  task.drop();
  expect(stillCounts!()).toBe(false);
  expect(await task.run(async () => "next")).toBe("next");
  slow.resolve("slow");
  expect(await running).toBeUndefined();
});
