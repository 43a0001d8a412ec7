import assert from "finestep/assert";
import { arithmeticSha256 } from "../../src/engines/arithmetic.ts";

Deno.test("arithmeticSha256() is the same each time", async () => {
  const first = await arithmeticSha256({ threads: 1 });
  assert.match(first, /^[0-9a-f]{64}$/);
  assert.equal(await arithmeticSha256({ threads: 1 }), first);
});
