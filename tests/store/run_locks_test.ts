import assert from "finestep/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStore, RunStore } from "../../src/store/run_store.ts";
import { RUN } from "./episodes.ts";
import { withFolder } from "../tiny/folders.ts";

const STORE_MODULE = fileURLToPath(new URL("../../src/store/run_store.ts", import.meta.url));

Deno.test("a run goes on as long as the process that works on it, also when that is killed", () =>
  withPath(async (path) => {
    const worker = await working(path);
    {
      using store = openStore(path);
      assert.equal(store.run(1).status, "running");
      assert.deepEqual(store.running(), [1]);
    }
    worker.kill("SIGKILL");
    await worker.status;
    using store = openStore(path);
    assert.deepEqual([store.run(1).status, store.run(1).finished], ["interrupted", null]);
    assert.deepEqual(store.running(), []);
    store.reopenRun(1);
    assert.deepEqual([store.run(1).status, store.running()], ["running", [1]]);
  }));

Deno.test("a run of another process is refused, and left as it is", () =>
  withPath(async (path) => {
    const worker = await working(path);
    using store = openStore(path);
    for (const goOn of [() => store.reopenRun(1), () => store.truncateAfter(1, 0)]) {
      assert.throws(goOn, {
        name: "RangeError",
        message:
          `Cannot go on with run 1 as one process alone may work on it: another one does, in ${path}`,
      });
    }
    assert.equal(store.run(1).status, "running");
    worker.kill("SIGKILL");
    await worker.status;
  }));

Deno.test("a run that is finished or whose store is closed is let go of", () =>
  withPath((path) => {
    using reader = openStore(path);
    {
      using store = openStore(path);
      const [finished, failed, left] = [RUN, RUN, RUN].map((start) => store.startRun(start));
      store.finishRun(finished, "finished");
      store.finishRun(failed, "failed");
      assert.deepEqual(reader.running(), [left]);
    }
    const statuses = reader.runs().map(({ status }) => status);
    assert.deepEqual(statuses, ["finished", "failed", "interrupted"]);
    const locks = Array.from(Deno.readDirSync(`${path}.running`), ({ name }) => name);
    assert.deepEqual(locks.sort(), ["2", "3"]);
  }));

Deno.test("a store in memory has its runs for itself", () => {
  using store = new RunStore(":memory:");
  const id = store.startRun(RUN);
  assert.equal(store.run(id).status, "running");
  store.finishRun(id, "interrupted");
  store.reopenRun(id);
  assert.deepEqual(store.running(), [id]);
});

/** A process that works on run 1. */
async function working(path: string): Promise<Deno.ChildProcess> {
  const code = `
    import { openStore } from ${JSON.stringify(STORE_MODULE)};
    const store = openStore(${JSON.stringify(path)});
    store.startRun(${JSON.stringify(RUN)});
    console.log("works");
    await new Promise((resolve) => setTimeout(resolve, 600_000));`;
  const args = ["eval", "--ext=ts", code];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  for await (const _ of child.stdout) return child;
  throw new Error("it ended before it worked on a run");
}

async function withPath(test: (path: string) => void | Promise<void>): Promise<void> {
  await withFolder((folder) => test(join(folder, "runs.sqlite")));
}
