/** The camera at the phone's back. */

/** Why there is no picture: not allowed, no camera, used by another app, or a browser that has none to give. */
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
/** Enough for a code that fills a fifth of the picture, and quick to read. */
const WANTED: MediaStreamConstraints = {
  audio: false,
  video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
};

/** Asks for the camera; throws CameraError. */
export async function openCamera(): Promise<MediaStream> {
  // Absent in browsers within apps, and where the page isn't secure.
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

/** Switches it off: its light goes out. */
export function closeCamera(stream: MediaStream): void {
  for (const track of stream.getTracks()) {
    track.stop();
  }
}

interface TorchCapabilities extends MediaTrackCapabilities {
  readonly torch?: boolean;
}

/** Whether its light can be switched. */
export function hasTorch(stream: MediaStream): boolean {
  const track = stream.getVideoTracks()[0];
  return (track?.getCapabilities?.() as TorchCapabilities | undefined)?.torch === true;
}

/** Switches the light; whether that worked. */
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

/** Calls `change` when the user allows the camera in the browser's settings; what it gives stops that. */
export function whenAllowed(change: () => void): () => void {
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
    .catch(() => null); // Firefox and older Safari don't know this name
  return () => {
    isOver = true;
    status?.removeEventListener("change", heard);
  };
}
