import assert from "finestep/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { refuseFolder, refuseToOverwrite, writeWhole } from "../../src/cli/whole_file.ts";
import { withFolder } from "../tiny/folders.ts";

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("writeWhole() writes parts one after the other, and says what it wrote", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "new", "a.txt");
    const { sha256, parts } = await writeWhole(path, ["é", "", "😀\n"]);
    assert.equal(parts, 3);
    assert.equal(sha256, createHash("sha256").update(await Deno.readFile(path)).digest("hex"));
    assert.equal(await Deno.readTextFile(path), "é😀\n");
    assert.deepEqual(namesIn(join(folder, "new")), ["a.txt"]);
  });
});

Deno.test("writeWhole() leaves what was there when a part fails, and nothing beside it", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await writeWhole(path, ["before"]);
    function* failing() {
      yield "half";
      throw new RangeError("no more");
    }
    await assert.rejects(writeWhole(path, failing()), /no more/);
    assert.equal(await Deno.readTextFile(path), "before");
    assert.deepEqual(namesIn(folder), ["a.txt"]);
  });
});

Deno.test("refuseFolder() refuses a folder, not a file or nothing", async () => {
  await withFolder((folder) => {
    assert.throws(() => refuseFolder(folder), /^Error: Cannot write .* it is a folder$/);
    for (const path of ["", join(folder, "nothing")]) refuseFolder(path);
  });
});

Deno.test("refuseToOverwrite() refuses where something is, and only there", async () => {
  await withFolder((folder) => {
    assert.throws(() => refuseToOverwrite(folder), /is there already: "--force" writes over it$/);
    refuseToOverwrite(join(folder, "nothing"));
  });
});
