/**
 * `deno task fixtures`: writes fixtures/minibird anew.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { buildMinibird, FIXTURE_SEED } from "./minibird/mod.ts";

buildMinibird(FIXTURE_SEED, fileURLToPath(new URL("../fixtures/minibird", import.meta.url)));
