/** Asynchronous tasks of a screen. If one finds that the login is over, the app opens the login screen. */

import { makeTask, type Task as AnyTask } from "@mshield/look/vue/task.ts";
import { ShieldError } from "@mshield/shield";

import { isLoginOver } from "./phone.ts";
import { toLogin } from "./to_login.ts";

export type Task = AnyTask<ShieldError>;

/** Converts any error to one with a code and messages. */
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
    if (isLoginOver(error)) {
      await toLogin();
      return null;
    }
    return asProblem(error);
  });
}
