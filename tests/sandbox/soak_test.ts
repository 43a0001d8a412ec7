import assert from "finestep/assert";
import { ROOT } from "../tiny/workplace.ts";
import { NEEDS_LINUX } from "./processes.ts";
import type { SoakRecord } from "./soak.ts";

Deno.test({
  name: "SqlPool leaves no process, descriptor or file behind after 20,000 statements",
  ...NEEDS_LINUX,
  async fn() {
    const args = ["run", "-A", "tasks/soak.ts", "20000", "--json"];
    const soak = new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stderr: "inherit" });
    const { stdout } = await soak.output();
    const record: SoakRecord = JSON.parse(new TextDecoder().decode(stdout));
    const { endings, left, surprises, kills, grownMiB } = record;
    assert.deepEqual(surprises, []);
    assert.equal(Object.values(endings).reduce((sum, count) => sum + count), 20_000);
    assert.equal(kills, 40);
    assert.deepEqual(left, { processes: 0, descriptors: 0, files: 0 });
    assert.ok(grownMiB < 250, `${grownMiB} MiB`);
  },
});
