/** The console's calls, by the types of the service's own document. */

import type { paths } from "@mshield/api/console.ts";
import { makeClient } from "@mshield/desk/client.ts";

import { secondFactorAgain } from "./second_factor.ts";
import { session } from "./session.ts";

export const api = makeClient<paths>(() => session.csrf, secondFactorAgain);
