/**
 * A headless Chromium for tests, driven by the DevTools protocol over Deno's own WebSocket: the
 * dozen commands that these tests need are fewer lines than a package's set-up.
 *
 * @module
 */

import assert from "finestep/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The browser: `CHROMIUM_PATH`, or the first of the usual names in `PATH`; null where none is. */
function chromiumPath(): string | null {
  const given = Deno.env.get("CHROMIUM_PATH");
  if (given) return given;
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const paths = NAMES.flatMap((name) => folders.map((folder) => `${folder}/${name}`));
  return paths.find(isFile) ?? null;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

const PATH = chromiumPath();
if (PATH === null) console.info("skipped: no Chromium (not in PATH, and CHROMIUM_PATH is not set)");

type Json = Record<string, unknown>;

/** A size in CSS pixels. */
export interface Viewport {
  readonly width: number;
  readonly height: number;
}

/** A window wide enough for the list of questions beside two attempts. */
export const DESKTOP: Viewport = { width: 1280, height: 900 };
/** A phone held upright. */
export const PHONE: Viewport = { width: 390, height: 844 };

/**
 * Tests a page in the browser. Each step begins with the page newly opened at the size of a desktop,
 * and fails if the page complains or asks for anything but itself. Where the variable `SCREENSHOTS`
 * names a folder, what is seen at the end of each step is written there.
 */
export function browserTest(
  name: string,
  page: () => string | Promise<string>,
  steps: Readonly<Record<string, (browser: Browser) => Promise<void>>>,
): void {
  if (PATH === null) {
    Deno.test({ name, ignore: true, fn() {} });
    return;
  }
  const path = PATH;
  Deno.test(name, async (t) => {
    const folder = await Deno.makeTempDir({ prefix: "page" });
    const file = join(folder, "page.html");
    await Deno.writeTextFile(file, await page());
    const url = pathToFileURL(file).href;
    {
      await using browser = await Browser.start(path);
      for (const [step, body] of Object.entries(steps)) {
        await t.step(step, async () => {
          await browser.resize(DESKTOP);
          await browser.open(url);
          await body(browser);
          await saveScreenshot(browser, step);
          assert.deepEqual(browser.complaints, []);
          assert.deepEqual(browser.requests.filter((asked) => asked.split("#")[0] !== url), []);
        });
      }
    }
    await Deno.remove(folder, { recursive: true });
  });
}

async function saveScreenshot(browser: Browser, step: string): Promise<void> {
  const folder = Deno.env.get("SCREENSHOTS");
  if (!folder) return;
  const name = step.replaceAll(/[^a-z0-9]+/gi, "_");
  await Deno.writeFile(join(folder, `${name}.png`), await browser.screenshot());
}

/** A browser process with one tab, closed at the end of its `using` block. */
export class Browser implements AsyncDisposable {
  /** Exceptions, console errors and warnings of the page, since it was opened. */
  readonly complaints: string[] = [];
  /** What the page asked for over the network or from other files, since it was opened. */
  readonly requests: string[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #replies = new Map<number, PromiseWithResolvers<Json>>();
  readonly #events = new Map<string, (parameters: Json) => void>();
  #session: string | undefined;
  #lastId = 0;

  private constructor(process: Deno.ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
  }

  /** Starts the browser with an empty profile. */
  static async start(path: string): Promise<Browser> {
    const profile = await Deno.makeTempDir({ prefix: "chromium" });
    const process = new Deno.Command(path, {
      args: [
        ...["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"],
        ...["--disable-dev-shm-usage", "--disable-background-networking", "--disable-extensions"],
        ...["--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
      ],
      stderr: "piped",
      stdout: "null",
    }).spawn();
    const socket = new WebSocket(await announcedAddress(process.stderr));
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const browser = new Browser(process, profile, socket);
    await browser.#openTab();
    return browser;
  }

  /** Opens a page anew and waits until it is loaded. */
  async open(url: string): Promise<void> {
    // From one fragment of a page to another nothing would be loaded.
    await this.#load("about:blank");
    this.complaints.length = 0;
    this.requests.length = 0;
    await this.#load(url);
  }

  async #load(url: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<Json>();
    this.#events.set("Page.loadEventFired", resolve);
    await this.send("Page.navigate", { url });
    await promise;
  }

  /** The value of an expression in the page; a promise is awaited. */
  async evaluate<T>(expression: string): Promise<T> {
    const reply = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    const { result, exceptionDetails } = reply as { result: Json; exceptionDetails?: Json };
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return result.value as T;
  }

  /** Clicks in the middle of the first element of a selector, where a reader could. */
  async click(selector: string): Promise<void> {
    const [x, y] = await this.evaluate<[number, number]>(`{
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: "center" });
      const { left, top, width, height } = element.getBoundingClientRect();
      [left + width / 2, top + height / 2];
    }`);
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    }
  }

  /** Presses keys one after another, by what they give: `j`, `Enter`, `ArrowDown`. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
      const code = key === "Enter" ? { windowsVirtualKeyCode: 13 } : {};
      await this.send("Input.dispatchKeyEvent", { type: "keyDown", key, text, ...code });
      await this.send("Input.dispatchKeyEvent", { type: "keyUp", key, ...code });
    }
  }

  /** Gives the page this size. */
  async resize({ width, height }: Viewport): Promise<void> {
    const scale = { deviceScaleFactor: 1, mobile: width < 600 };
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, ...scale });
  }

  /** The visible part of the page as PNG. */
  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    return Uint8Array.fromBase64(data as string);
  }

  /** Sends a command of the protocol and gives its result. */
  send(method: string, params: Json = {}): Promise<Json> {
    const id = ++this.#lastId;
    const reply = Promise.withResolvers<Json>();
    this.#replies.set(id, reply);
    this.#socket.send(JSON.stringify({ id, method, params, sessionId: this.#session }));
    return reply.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.#session = undefined;
    // The browser may be gone before it answers.
    this.send("Browser.close").catch(() => {});
    await Promise.all([closed, this.#process.status]);
    // Its last helper processes may still be writing there.
    await Deno.remove(this.#profile, { recursive: true }).catch(() => {});
  }

  async #openTab(): Promise<void> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const attached = await this.send("Target.attachToTarget", { targetId, flatten: true });
    this.#session = attached.sessionId as string;
    const complain = (what: unknown) => void this.complaints.push(JSON.stringify(what));
    this.#events.set("Runtime.exceptionThrown", complain);
    this.#events.set("Log.entryAdded", complain);
    this.#events.set("Runtime.consoleAPICalled", (call) => {
      if (call.type === "error" || call.type === "warning") complain(call);
    });
    this.#events.set("Network.requestWillBeSent", ({ request }) => {
      this.requests.push((request as Json).url as string);
    });
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.send(`${domain}.enable`);
  }

  #receive({ id, result, error, method, params }: Json): void {
    if (typeof id !== "number") return this.#events.get(method as string)?.(params as Json);
    const reply = this.#replies.get(id)!;
    this.#replies.delete(id);
    if (error) reply.reject(new Error(JSON.stringify(error)));
    else reply.resolve(result as Json);
  }
}

/** The address that the browser writes when it is ready. */
async function announcedAddress(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = "";
  // Read to the end, so that the browser is never held up by a full pipe.
  const read = stderr.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({
      write(text) {
        said = `${said}${text}`.slice(-10_000);
        const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
        if (address) resolve(address);
      },
    }),
  );
  read.finally(() =>
    reject(new Error(`Cannot start the browser as it must announce itself: ${said}`))
  );
  return await promise;
}
