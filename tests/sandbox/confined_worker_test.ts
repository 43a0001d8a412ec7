import assert from "finestep/assert";
import { dirname } from "node:path";
import { SQL_WORKER } from "../../src/sandbox/own_process.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import { ATTACKS, runAttacks } from "./attacks.ts";
import { sampleDatabase } from "./sample_database.ts";

const COMPILED = import.meta.resolve("../../src/cli/compiled.ts");
const CONFINED = import.meta.resolve("../../src/sandbox/confined_worker.ts");

/** A worker as a compiled program starts it, with the permissions of the whole program. */
function confined(root: string, memoryMiB = 1024, module = COMPILED): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-all", "--unstable-worker-options", module],
      ...[SQL_WORKER, JSON.stringify([root]), String(memoryMiB), "77"],
    ],
    env: { TZ: "UTC" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
}

Deno.test("a compiled program's SQL worker ends each attack on files as that of a process with flags does", async () => {
  using sample = sampleDatabase();
  const attacks = ATTACKS.filter(({ name }) => /^(write|schema|file|pragma): /.test(name));
  assert.ok(attacks.length > 30);
  const records = await runAttacks(sample.path, attacks, confined(dirname(sample.path)));
  const surprises = records.filter(({ attack, seen, damage }) => {
    return seen !== attack.ending || damage.length > 0;
  });
  assert.deepEqual(surprises, []);
});

Deno.test("a compiled program's SQL worker cannot read outside its roots", async () => {
  using sample = sampleDatabase();
  using other = sampleDatabase();
  await using pool = new SqlPool({ roots: [], workers: 1 }, confined(dirname(sample.path)));
  assert.equal((await pool.execute(sample.path, "SELECT 1")).kind, "rows");
  const refused = await pool.execute(other.path, "SELECT 1");
  assert.equal(refused.kind, "error");
  assert.match(refused.kind === "error" ? refused.message : "", /Requires read access to/);
});

Deno.test("a compiled program's SQL worker ends over its memory, and the next serves", async () => {
  using sample = sampleDatabase();
  await using pool = new SqlPool({ roots: [], workers: 1 }, confined(dirname(sample.path), 40));
  // A process of Deno alone holds more.
  assert.equal((await pool.execute(sample.path, SLOW)).kind, "too_large");
});

/** Runs long enough for its memory to be looked at. */
const SLOW = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
  SELECT count(*) FROM n`;

Deno.test("a compiled program's SQL worker gives up every permission of the program", async () => {
  using sample = sampleDatabase();
  // As soon as nothing is left, the process ends.
  const probe = `
    import ${JSON.stringify(CONFINED)};
    const names = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];
    const states = () => names.map((name) => Deno.permissions.querySync({ name }).state);
    let looks = 0;
    setInterval(() => {
      if (states().every((state) => state === "prompt")) Deno.exit(0);
      if (looks++ < 10_000) return;
      console.error(names, states());
      Deno.exit(1);
    }, 1);`;
  const module = `data:application/javascript,${encodeURIComponent(probe)}`;
  await using worker = confined(dirname(sample.path), 1024, module).spawn();
  const { success } = await worker.status;
  await worker.stdin.abort();
  await worker.stdout.cancel();
  assert.ok(success, await worker.stderr.text());
});
