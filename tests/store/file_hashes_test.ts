import assert from "finestep/assert";
import { join } from "node:path";
import { FileHashes, fileSha256 } from "../../src/store/file_hashes.ts";
import { StoreFile } from "../../src/store/store_file.ts";
import { sha256 } from "../tiny/workplace.ts";

Deno.test("fileSha256() is the SHA-256 of the bytes", async () => {
  assert.equal(
    await fileSha256("fixtures/minibird/dev.json"),
    await sha256("fixtures/minibird/dev.json"),
  );
});

Deno.test("FileHashes.sha256() notices that a file has changed", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "a.sqlite");
  using file = new StoreFile(":memory:");
  const hashes = new FileHashes(file);
  const write = async (text: string, time: number) => {
    await Deno.writeTextFile(path, text);
    await Deno.utime(path, time, time);
    return await hashes.sha256(path);
  };
  const first = await write("one", 1000);
  assert.equal(await hashes.sha256(path), first);
  const second = await write("two", 2000);
  assert.notEqual(second, first);
  assert.equal(second, await sha256(path));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("FileHashes.sha256() reads a file once", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "a.sqlite");
  using file = new StoreFile(":memory:");
  const hashes = new FileHashes(file);
  await Deno.writeTextFile(path, "one");
  await Deno.utime(path, 1000, 1000);
  const first = await hashes.sha256(path);
  // Other bytes of the same size and time: only a second reading would tell.
  await Deno.writeTextFile(path, "two");
  await Deno.utime(path, 1000, 1000);
  assert.equal(await hashes.sha256(path), first);
  await Deno.remove(folder, { recursive: true });
});
