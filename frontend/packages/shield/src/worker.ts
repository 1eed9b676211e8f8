/** The worker's entry: a share lives in this thread, and only as long as an operation takes. */

import type { Port } from "./remote_secrets.ts";
import { serveSecrets } from "./serve_secrets.ts";

serveSecrets(globalThis as unknown as Port);
