import assert from "finestep/assert";
import { ROOT } from "../tiny/workplace.ts";

/** The program's leave to use the network when a command has ended. */
async function networkAfter(...args: string[]): Promise<string> {
  const probe = `addEventListener("unload", () =>
    console.error(Deno.permissions.querySync({ name: "net" }).state));`;
  const preload = `data:application/javascript,${encodeURIComponent(probe)}`;
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "--preload", preload, "main.ts", ...args],
    cwd: ROOT,
  }).output();
  return new TextDecoder().decode(stderr).trim();
}

Deno.test("a command without use for the network has given it up, as has help", async () => {
  assert.deepEqual(
    [
      await networkAfter("leaderboard", "--help"),
      await networkAfter("--version"),
      await networkAfter("eval", "--help"),
    ],
    ["prompt", "prompt", "granted"],
  );
});
