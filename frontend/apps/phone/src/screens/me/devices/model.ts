/** The phone's model, if its browser reports it, as Chromium on Android does on request. */

interface BrowserWithHints {
  readonly userAgentData?: {
    getHighEntropyValues?(hints: readonly string[]): Promise<{ readonly model?: string }>;
  };
}

/** Returns the model; empty if unknown. */
export async function modelOf(browser: object): Promise<string> {
  const request = (browser as BrowserWithHints).userAgentData?.getHighEntropyValues?.(["model"]);
  const values = await request?.catch(() => null);
  return values?.model?.trim() ?? "";
}
