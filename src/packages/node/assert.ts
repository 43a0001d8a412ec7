/**
 * `finestep/assert` of the default profile: node:assert/strict, which Deno has built in.
 *
 * @module
 */

import strict from "node:assert/strict";
import type { Assert } from "../assert.ts";

const assert: Assert = strict as Assert;
export default assert;
