/** The phone's model, where its browser tells it: Chromium on Android does, when asked. */

interface Described {
  readonly userAgentData?: {
    getHighEntropyValues?(hints: readonly string[]): Promise<{ readonly model?: string }>;
  };
}

/** Empty where it isn't known. */
export async function modelOf(browser: object): Promise<string> {
  const asked = (browser as Described).userAgentData?.getHighEntropyValues?.(["model"]);
  const standing = await asked?.catch(() => null);
  return standing?.model?.trim() ?? "";
}
