/**
 * Continuous scanning of the camera's picture until the screen is left; paused while the page is hidden.
 *
 * Measurement: `mshield-scan`, from the camera's first frame to the first code.
 */

import { useDocumentVisibility } from "@vueuse/core";
import { onBeforeUnmount, onMounted, readonly, type Ref, ref, type ShallowRef, shallowRef, watch } from "vue";

import {
  CameraError,
  type CameraFault,
  closeCamera,
  hasTorch,
  openCamera,
  switchTorch,
  onCameraAllowed,
} from "./camera.ts";
import { type Reader, reader } from "./decoder.ts";
import { Picture } from "./picture.ts";

/**
 * Minimum pause between two pictures. It is longer if decoding takes longer, so that half the time is left
 * for the screen.
 */
const PAUSE_MS = 40;
const MEASURE = "mshield-scan";

export interface Scanning {
  readonly fault: Readonly<Ref<CameraFault | null>>;
  /** True if there is a picture. */
  readonly isLive: Readonly<Ref<boolean>>;
  readonly hasTorch: Readonly<Ref<boolean>>;
  readonly isTorchOn: Readonly<Ref<boolean>>;
  toggleTorch(): Promise<void>;
  /** Asks for the camera again. */
  start(): Promise<void>;
  stop(): void;
}

type Video = Readonly<ShallowRef<HTMLVideoElement | null>>;

/** Shows the camera in `video`, and calls `onTexts` with the texts of each picture that has any. */
export function useScanning(video: Video, onTexts: (texts: readonly string[]) => Promise<void>): Scanning {
  const fault = ref<CameraFault | null>(null);
  const isLive = ref(false);
  const torch = ref(false);
  const isTorchOn = ref(false);
  const stream = shallowRef<MediaStream | null>(null);
  const visibility = useDocumentVisibility();
  /** Controller of the current start; aborting it stops everything that belongs to it. */
  let run = new AbortController();

  async function start(): Promise<void> {
    stop();
    const { signal } = run;
    // Start both in parallel, since both take time. An error of the decoder is reported when it is needed.
    const reading = reader();
    reading.catch(() => null);
    try {
      const opened = await openCamera();
      if (signal.aborted || video.value === null) {
        closeCamera(opened);
        return;
      }
      stream.value = opened;
      fault.value = null;
      torch.value = hasTorch(opened);
      opened.getVideoTracks()[0]?.addEventListener("ended", () => fail("busy"), { signal });
      video.value.srcObject = opened;
      await video.value.play();
    } catch (error) {
      if (!signal.aborted) {
        fail(error instanceof CameraError ? error.fault : "busy");
      }
      return;
    }
    if (!signal.aborted) {
      isLive.value = true;
      performance.mark(MEASURE);
      await readAll(await reading, signal);
    }
  }

  async function readAll(read: Reader, signal: AbortSignal): Promise<void> {
    const picture = new Picture();
    let isFirst = true;
    while (!signal.aborted && video.value !== null) {
      const from = performance.now();
      const image = picture.of(video.value);
      const texts = image ? await read(image) : [];
      if (signal.aborted) {
        return;
      }
      if (texts.length > 0) {
        if (isFirst) {
          isFirst = false;
          performance.measure(MEASURE, MEASURE);
        }
        await onTexts(texts);
      }
      const took = performance.now() - from;
      await new Promise((resolve) => setTimeout(resolve, Math.max(PAUSE_MS, took)));
    }
  }

  function fail(why: CameraFault): void {
    stop();
    fault.value = why;
  }

  function stop(): void {
    run.abort();
    run = new AbortController();
    if (stream.value) {
      closeCamera(stream.value);
      stream.value = null;
    }
    if (video.value) {
      video.value.srcObject = null;
    }
    isLive.value = false;
    torch.value = false;
    isTorchOn.value = false;
  }

  async function toggleTorch(): Promise<void> {
    const on = !isTorchOn.value;
    if (stream.value && (await switchTorch(stream.value, on))) {
      isTorchOn.value = on;
    }
  }

  const unwatch = onCameraAllowed(() => {
    if (fault.value === "refused") {
      void start();
    }
  });
  onMounted(start);
  watch(visibility, (now) => (now === "visible" ? void start() : stop()));
  onBeforeUnmount(() => {
    unwatch();
    stop();
  });

  return {
    fault: readonly(fault),
    isLive: readonly(isLive),
    hasTorch: readonly(torch),
    isTorchOn: readonly(isTorchOn),
    toggleTorch,
    start,
    stop,
  };
}
