/** The rear camera. */

/**
 * Why there is no picture: permission denied, no camera, used by another app, or not supported by the
 * browser.
 */
export type CameraFault = "refused" | "missing" | "busy" | "unsupported";

export class CameraError extends Error {
  readonly fault: CameraFault;

  constructor(fault: CameraFault) {
    super(fault);
    this.fault = fault;
  }
}

const FAULTS: Record<string, CameraFault> = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};
/** Resolution sufficient for a code that fills a fifth of the picture, and quick to decode. */
const WANTED: MediaStreamConstraints = {
  audio: false,
  video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
};

/** Opens the camera. Raises: CameraError. */
export async function openCamera(): Promise<MediaStream> {
  // Missing in browsers inside apps, and on insecure pages.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) {
    throw new CameraError("unsupported");
  }
  try {
    return await devices.getUserMedia(WANTED);
  } catch (error) {
    throw new CameraError(FAULTS[(error as Error).name] ?? "busy");
  }
}

/** Switches the camera off, including its light. */
export function closeCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) {
    track.stop();
  }
}

interface TorchCapabilities extends MediaTrackCapabilities {
  readonly torch?: boolean;
}

/** Returns whether the torch can be switched. */
export function hasTorch(stream: MediaStream): boolean {
  const track = stream.getVideoTracks()[0];
  return (track?.getCapabilities?.() as TorchCapabilities | undefined)?.torch === true;
}

/** Switches the torch and returns whether that worked. */
export async function switchTorch(stream: MediaStream, on: boolean): Promise<boolean> {
  try {
    await stream
      .getVideoTracks()[0]
      ?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
    return true;
  } catch {
    return false;
  }
}

/**
 * Calls `change` when the user allows the camera in the browser's settings. Returns a function that stops
 * this.
 */
export function onCameraAllowed(change: () => void): () => void {
  let status: PermissionStatus | null = null;
  let isOver = false;
  const heard = (): void => {
    if (status?.state === "granted") {
      change();
    }
  };
  void navigator.permissions
    ?.query({ name: "camera" as PermissionName })
    .then((stream) => {
      if (!isOver) {
        status = stream;
        status.addEventListener("change", heard);
      }
      return null;
    })
    .catch(() => null); // Firefox and older Safari don't know this permission name
  return () => {
    isOver = true;
    status?.removeEventListener("change", heard);
  };
}
