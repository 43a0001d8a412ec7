/**
 * The tests under the JSR profile. Arguments are those of the task `test`; `jsr/checkout.ts` says what
 * the environment has to hold where JSR cannot be reached.
 *
 * @module
 */

import { JsrCheckout } from "./jsr/checkout.ts";

await using checkout = await JsrCheckout.make();
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["run", "--allow-all", "tasks/test.ts", ...Deno.args],
  cwd: checkout.path,
}).spawn().status;
Deno.exitCode = code;
