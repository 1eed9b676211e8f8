/** A captcha as image and audio. The audio is loaded on demand and can be played again. */

import type { Captcha } from "@mshield/shield";
import { tryOnScopeDispose } from "@vueuse/core";
import { readonly, type Ref, ref } from "vue";

import { shield } from "./shield.ts";
import { type Task, useTask } from "./task.ts";

/** State of the audio. `waiting`: it is loaded, but the browser requires another tap to play it. */
export type Sound = "none" | "playing" | "waiting";

export interface CaptchaUse {
  readonly drawing: Task;
  readonly hearing: Task;
  /** Id of the current captcha; empty if there is none. */
  readonly id: Readonly<Ref<string>>;
  /** Address of the current captcha's image. */
  readonly picture: Readonly<Ref<string | null>>;
  readonly sound: Readonly<Ref<Sound>>;
  draw(): Promise<void>;
  hear(): Promise<void>;
}

/** Manages one captcha at a time; `make` requests a new one, with an image if the user must read one. */
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
      let requestedId: string;
      let wav: Uint8Array | undefined;
      do {
        requestedId = id.value;
        wav = await hearing.run(() => shield.captchaAudio(requestedId));
        // If the captcha was replaced meanwhile, load the audio of the new one.
      } while (wav && id.value !== requestedId);
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
      // Some browsers play audio only directly in response to a tap, not after a download.
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
