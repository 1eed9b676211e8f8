/** A captcha as picture and as sound. The sound is fetched when it is asked for and can be heard again. */

import type { Captcha } from "@mshield/shield";
import { tryOnScopeDispose } from "@vueuse/core";
import { readonly, type Ref, ref } from "vue";

import { shield } from "./shield.ts";
import { type Task, useTask } from "./task.ts";

/** `waiting`: the sound is here, but the browser wants another tap before it plays. */
export type Sound = "none" | "playing" | "waiting";

export interface CaptchaUse {
  readonly drawing: Task;
  readonly hearing: Task;
  /** The present one's id; empty where there is none. */
  readonly id: Readonly<Ref<string>>;
  /** Address of its picture. */
  readonly picture: Readonly<Ref<string | null>>;
  readonly sound: Readonly<Ref<Sound>>;
  draw(): Promise<void>;
  hear(): Promise<void>;
}

/** `make` asks for one that has a picture where a person must read one. */
export function useCaptcha(make: () => Promise<Captcha> = () => shield.captcha()): CaptchaUse {
  const [drawing, hearing] = [useTask(), useTask()];
  const id = ref("");
  const picture = ref<string | null>(null);
  const sound = ref<Sound>("none");
  const player = new Audio();
  player.addEventListener("ended", () => (sound.value = "none"));
  tryOnScopeDispose(forget);

  function forget(): void {
    player.pause();
    for (const address of [picture.value, player.src]) {
      if (address?.startsWith("blob:")) {
        URL.revokeObjectURL(address);
      }
    }
    player.removeAttribute("src");
    sound.value = "none";
  }

  async function draw(): Promise<void> {
    const captcha = await drawing.run(make);
    if (captcha) {
      forget();
      picture.value = captcha.image && addressOf(captcha.image, "image/png");
      id.value = captcha.id;
    }
  }

  async function hear(): Promise<void> {
    if (!player.src) {
      let asked: string;
      let wav: Uint8Array | undefined;
      do {
        asked = id.value;
        wav = await hearing.run(() => shield.captchaAudio(asked));
        // Where another picture has come meanwhile, that one's is to be heard.
      } while (wav && id.value !== asked);
      if (!wav) {
        return;
      }
      player.src = addressOf(wav, "audio/wav");
    }
    player.currentTime = 0;
    try {
      await player.play();
      sound.value = "playing";
    } catch {
      // Some browsers let a sound begin only within the tap itself, not once it has been fetched.
      sound.value = "waiting";
    }
  }

  return {
    drawing,
    hearing,
    id: readonly(id),
    picture: readonly(picture),
    sound: readonly(sound),
    draw,
    hear,
  };
}

function addressOf(bytes: Uint8Array, type: string): string {
  return URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
}
