import assert from "finestep/assert";
import { join } from "node:path";
import {
  type Checkpoint,
  configHash,
  type Disk,
  latestCheckpoint,
  REAL_DISK,
  saveCheckpoint,
} from "../../src/trainer/checkpoint.ts";
import { withFolder } from "../tiny/folders.ts";

Deno.test("latestCheckpoint() gives back what saveCheckpoint() saved, to the bit", async () => {
  await withFolder(async (folder) => {
    const saved = checkpoint(3);
    await saveCheckpoint(folder, saved);
    const { path, warnings, ...loaded } = await latestCheckpoint(folder);
    assert.deepEqual(loaded, saved);
    assert.deepEqual(warnings, []);
    assert.equal(path, join(folder, "step-000003"));
  });
});

Deno.test("latestCheckpoint() finds the newest by number, not by name", async () => {
  await withFolder(async (folder) => {
    for (const trainStep of [999_999, 1_000_000]) {
      await saveCheckpoint(folder, checkpoint(trainStep));
    }
    assert.equal((await latestCheckpoint(folder)).trainStep, 1_000_000);
  });
});

Deno.test("saveCheckpoint() that dies at any write leaves a checkpoint to go on from", async () => {
  const writes = await countWrites();
  assert(writes > 10, `${writes} writes`);
  for (let n = 0; n < writes; n++) {
    await withFolder(async (folder) => {
      await saveCheckpoint(folder, checkpoint(1));
      const dying = diskThatDies(n);
      await assert.rejects(saveCheckpoint(folder, checkpoint(2), { keep: 1, disk: dying.disk }));
      const { path: _, warnings, ...loaded } = await latestCheckpoint(folder);
      assert.deepEqual(loaded, checkpoint(dying.hasManifest() ? 2 : 1), `died at write ${n}`);
      assert(warnings.every((warning) => warning.startsWith("Skipped checkpoint ")));

      const next = loaded.trainStep + 1;
      await saveCheckpoint(folder, checkpoint(next));
      assert.equal((await latestCheckpoint(folder)).trainStep, next);
    });
  }
});

for (const file of ["model.safetensors", "adam_m.safetensors", "adam_v.safetensors"]) {
  Deno.test(`latestCheckpoint() skips a checkpoint with a flipped bit in ${file}`, async () => {
    await withFolder(async (folder) => {
      await saveCheckpoint(folder, checkpoint(1));
      const newest = await saveCheckpoint(folder, checkpoint(2));
      const bytes = await Deno.readFile(join(newest, file));
      bytes[bytes.length - 1] ^= 1;
      await Deno.writeFile(join(newest, file), bytes);
      await assertSkips(folder, newest, file);
    });
  });
}

Deno.test("latestCheckpoint() skips a checkpoint with another number in its manifest", async () => {
  await withFolder(async (folder) => {
    await saveCheckpoint(folder, checkpoint(1));
    const newest = await saveCheckpoint(folder, checkpoint(2));
    const path = join(newest, "manifest.json");
    const manifest = await Deno.readTextFile(path);
    assert(manifest.includes('"cursorPosition": 16'));
    await Deno.writeTextFile(
      path,
      manifest.replace('"cursorPosition": 16', '"cursorPosition": 17'),
    );
    await assertSkips(folder, newest, "manifest.json");
  });
});

Deno.test("latestCheckpoint() says where it looked when there is none", async () => {
  await withFolder(async (folder) => {
    const missing = join(folder, "missing");
    await assert.rejects(latestCheckpoint(missing), {
      message: `Cannot resume as no checkpoint is complete: ${missing}`,
    });
  });
});

Deno.test("latestCheckpoint() says why each was skipped when none is complete", async () => {
  await withFolder(async (folder) => {
    const path = await saveCheckpoint(folder, checkpoint(1));
    await Deno.remove(join(path, "manifest.json"));
    await assert.rejects(latestCheckpoint(folder), {
      message: /no checkpoint is complete: .*\nSkipped checkpoint .*step-000001: No such file/,
    });
  });
});

Deno.test("latestCheckpoint() refuses a newer program's checkpoint instead of going back", async () => {
  await withFolder(async (folder) => {
    await saveCheckpoint(folder, checkpoint(1));
    const path = await saveCheckpoint(folder, checkpoint(2));
    await Deno.writeTextFile(join(path, "manifest.json"), '{ "version": 9 }');
    await assert.rejects(latestCheckpoint(folder), {
      name: "RangeError",
      message: /it is of version 9: this program reads up to 1/,
    });
  });
});

Deno.test("saveCheckpoint() keeps the newest ones", async () => {
  await withFolder(async (folder) => {
    for (const trainStep of [1, 2, 3, 4]) {
      await saveCheckpoint(folder, checkpoint(trainStep), { keep: 2 });
    }
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    assert.deepEqual(names.sort(), ["step-000003", "step-000004"]);
  });
});

Deno.test("saveCheckpoint() never removes a complete one for the sake of a torn one", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "step-000009"));
    await saveCheckpoint(folder, checkpoint(4), { keep: 1 });
    assert.equal((await latestCheckpoint(folder)).trainStep, 4);
  });
});

Deno.test("saveCheckpoint() refuses to replace a complete checkpoint", async () => {
  await withFolder(async (folder) => {
    await saveCheckpoint(folder, checkpoint(1));
    await assert.rejects(saveCheckpoint(folder, checkpoint(1)), Deno.errors.AlreadyExists);
  });
});

Deno.test("saveCheckpoint() says that the disk is full", async () => {
  await withFolder(async (folder) => {
    const full = () =>
      Promise.reject(Object.assign(new Error("No space left (os error 28)"), { code: "ENOSPC" }));
    const saving = saveCheckpoint(folder, checkpoint(5), { disk: { ...REAL_DISK, write: full } });
    await assert.rejects(saving, {
      message: `Cannot save the checkpoint of step 5 as the disk is full: ${
        join(folder, "step-000005")
      }`,
    });
  });
});

Deno.test("configHash() does not depend on the order of options", () => {
  assert.equal(configHash({ a: 1, b: "x" }), configHash({ b: "x", a: 1 }));
  assert.notEqual(configHash({ a: 1, b: "x" }), configHash({ a: 2, b: "x" }));
});

/** A checkpoint whose numbers all depend on its step. */
function checkpoint(trainStep: number): Checkpoint {
  const tensor = (start: number) => ({ shape: [2, 3], data: new Float32Array(6).fill(start / 3) });
  return {
    trainStep,
    cursorPosition: 8 * trainStep,
    sampledTokens: 100 * trainStep,
    configHash: configHash({ seed: 1 }),
    engineState: {
      tensors: new Map([
        ["model.norm.weight", tensor(trainStep)],
        ["adam.m.model.norm.weight", tensor(-trainStep)],
        ["adam.v.model.norm.weight", tensor(trainStep * trainStep)],
      ]),
      optimizerSteps: trainStep,
    },
  };
}

/** A disk that dies at its n-th change, in the middle of it where it is a file. */
function diskThatDies(n: number): { disk: Disk; count: () => number; hasManifest: () => boolean } {
  let changes = 0;
  let hasManifest = false;
  const dies = () => changes++ === n;
  const death = new Error("power loss");
  const disk: Disk = {
    async makeDirectory(path) {
      if (dies()) throw death;
      await REAL_DISK.makeDirectory(path);
    },
    async write(path, bytes) {
      const isLast = dies();
      await REAL_DISK.write(path, isLast ? bytes.subarray(0, bytes.length / 2) : bytes);
      if (isLast) throw death;
    },
    async rename(from, to) {
      if (dies()) throw death;
      await REAL_DISK.rename(from, to);
      hasManifest ||= to.endsWith("manifest.json");
    },
    async syncDirectory(path) {
      if (dies()) throw death;
      await REAL_DISK.syncDirectory(path);
    },
    async remove(path) {
      if (dies()) throw death;
      await REAL_DISK.remove(path);
    },
  };
  return { disk, count: () => changes, hasManifest: () => hasManifest };
}

/** Changes of a save that also removes an older checkpoint. */
async function countWrites(): Promise<number> {
  const { disk, count } = diskThatDies(Infinity);
  await withFolder(async (folder) => {
    await saveCheckpoint(folder, checkpoint(1));
    await saveCheckpoint(folder, checkpoint(2), { keep: 1, disk });
  });
  return count();
}

/** Asserts that the newest checkpoint is passed over for the one before, and that it says why. */
async function assertSkips(folder: string, newest: string, file: string): Promise<void> {
  const { trainStep, warnings } = await latestCheckpoint(folder);
  assert.equal(trainStep, 1);
  assert.deepEqual(warnings, [`Skipped checkpoint ${newest}: ${file} differs from its checksum`]);
}
