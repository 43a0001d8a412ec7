import assert from "finestep/assert";
import { join } from "node:path";
import { ROOT } from "../tiny/workplace.ts";

/** What `located()` gives in a folder; another process has a folder of its own. */
async function locatedIn(folder: string, paths: readonly string[]): Promise<string[]> {
  const module = JSON.stringify(import.meta.resolve("../../src/cli/located.ts"));
  const program = `import { located } from ${module};
    console.log(JSON.stringify(${JSON.stringify(paths)}.map(located)));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", program],
    cwd: folder,
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("located() finds what the program brings along, but what is in the folder first", async () => {
  const folder = await Deno.makeTempDir({ prefix: "finestep" });
  await Deno.mkdir(join(folder, "fixtures", "policy"), { recursive: true });
  const paths = [
    "fixtures/minibird",
    "fixtures/policy",
    "results/gate.json",
    "src",
    "fixtures/none",
  ];
  assert.deepEqual(await locatedIn(folder, paths), [
    join(ROOT, "fixtures/minibird"),
    "fixtures/policy",
    join(ROOT, "results/gate.json"),
    "src",
    "fixtures/none",
  ]);
  await Deno.remove(folder, { recursive: true });
});
