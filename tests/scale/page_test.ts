import assert from "finestep/assert";
import { filledPage } from "../../tasks/scale.ts";

Deno.test("docs/scale.md shows what tasks/scale.ts computes", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/scale.md", import.meta.url));
  assert.equal(await filledPage(page), page, "run `deno task scale`");
  assert.match(page, /<!-- growth -->\n\n\|/);
});
