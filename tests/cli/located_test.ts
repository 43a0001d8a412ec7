import assert from "finestep/assert";
import { join } from "node:path";
import { withFolder } from "../tiny/folders.ts";
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
  await withFolder(async (folder) => {
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
  });
});

Deno.test("finestep train in another folder names its data as it was named", async () => {
  await withFolder(async (folder) => {
    await using child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", join(ROOT, "main.ts"), "train"],
      cwd: folder,
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let said = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (/^Data: .*\n/m.test(said)) break;
    }
    child.kill("SIGKILL");
    assert.match(
      said,
      /^Data: fixtures\/minibird train \(1200 questions\), evaluated on fixtures\/minibird dev /m,
    );
    await child.status;
  });
});
