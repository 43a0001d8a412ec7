import assert from "finestep/assert";
import { join } from "node:path";
import { TAR_END, tarHeader, tarPadding } from "../../tasks/compile/tar.ts";

const FILES: Readonly<Record<string, string>> = {
  "a": "",
  "folder/b c": "x".repeat(512),
  "folder/c": "y".repeat(513),
  [`${"long/".repeat(30)}${"n".repeat(90)}.js`]: "z",
};

Deno.test({
  name: "tarHeader() begins files that tar unpacks with their paths, bytes and rights",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "finestep" });
    const parts = Object.entries(FILES).flatMap(([path, text]) => {
      const bytes = new TextEncoder().encode(text);
      const entry = { path, sizeBytes: bytes.length, isExecutable: path === "a" };
      return [tarHeader(entry), bytes, tarPadding(bytes.length)];
    });
    await Deno.writeFile(join(folder, "x.tar"), await new Blob([...parts, TAR_END]).bytes());
    const { success } = await new Deno.Command("tar", { args: ["-xf", "x.tar"], cwd: folder })
      .output();
    assert.ok(success);
    for (const [path, text] of Object.entries(FILES)) {
      assert.equal(await Deno.readTextFile(join(folder, path)), text);
      const { mode } = await Deno.stat(join(folder, path));
      assert.equal(mode! & 0o777, path === "a" ? 0o755 : 0o644, path);
    }
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test("tarHeader() refuses a path that the form has no place for", () => {
  assert.throws(
    () => tarHeader({ path: "n".repeat(101), sizeBytes: 0, isExecutable: false }),
    /^RangeError: Cannot pack a file as its path must fit into a ustar header: n+$/,
  );
});
