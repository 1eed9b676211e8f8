/** The app's shared texts, in the user's language. Each screen adds its own with `useWords(words)`. */

import { makeWords } from "@mshield/look/vue/words.ts";

import { settings } from "../settings.ts";
import { shared } from "./shared.ts";

export const i18n = makeWords(() => settings.language, shared);
