import assert from "finestep/assert";
import { filled, PAGES } from "../tasks/readme.ts";

for (const page of PAGES) {
  const [name] = /(?:docs\/)?[^/]+$/.exec(page.pathname)!;
  Deno.test(`${name} shows what is recorded: deno task readme`, async () => {
    const text = await Deno.readTextFile(page);
    assert.equal(await filled(text), text);
  });
}
