/** Work of a screen; the end of the login leads to it. */

import { makeTask, type Task as AnyTask } from "@mshield/look/vue/task.ts";
import { ShieldError } from "@mshield/shield";

import { hasEnded } from "./phone.ts";
import { toLogin } from "./to_login.ts";

export type Task = AnyTask<ShieldError>;

/** An error of any kind as one with a code and sentences. */
export function asProblem(error: unknown): ShieldError {
  if (error instanceof ShieldError) {
    return error;
  }
  console.error(error);
  return new ShieldError("app_failed", undefined, {
    zh: "本应用出错了，没有提交任何内容。请重新打开后再试",
    en: "The app has failed; nothing was sent. Open it again and try once more",
  });
}

export function useTask(): Task {
  return makeTask<ShieldError>(async (error) => {
    if (hasEnded(error)) {
      await toLogin();
      return null;
    }
    return asProblem(error);
  });
}
