// Does the console work over a MessagePort, as in Electron? The page gets a bridge like the preload's, with a port whose other end
// leads to the service.
import { describe, expect, test } from "vitest";
import { needs } from "../kit/needs.ts";
import { expectText, useConsole } from "./console.ts";
import { idOf, pendingLaunch } from "./fixture-values.ts";

describe("over a port", needs("chromium"), () => {
  const open = useConsole();

  test("it asks, is told of changes, and says when the service went away", async () => {
    const { page, service } = await open(() => {}, "/", { before: bridge });
    await expectText(page, "Nothing waits");
    service.launches = [pendingLaunch()];
    service.tell({ kind: "launch", id: idOf("pending") });
    await page.getByRole("article", { name: "billing-db-01" }).waitFor();
    await service.stop();
    await expectText(page, "The console lost the service");
  });

  test("a service that gives no port is not connected", async () => {
    const { page } = await open(() => {}, "/", { before: refusingBridge });
    await expectText(page, "Nothing can be shown or decided here.");
    expect(await page.getByRole("navigation").count()).toBe(0);
  });
});

/** In the page: what electron/preload does, with a socket in the place of the utility process. */
function bridge(): void {
  const connect = async (): Promise<boolean> => {
    const { port1, port2 } = new MessageChannel();
    const socket = new WebSocket(`ws://${location.host}/api`);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    port2.addEventListener("message", ({ data }: MessageEvent<string>) => socket.send(data));
    socket.addEventListener("message", ({ data }: MessageEvent<string>) => port2.postMessage(data));
    socket.addEventListener("close", () => port2.close());
    port2.start();
    window.postMessage("portcullis-port", location.origin, [port1]);
    return true;
  };
  Object.defineProperty(window, "portcullis", { value: Object.freeze({ connect }) });
}

function refusingBridge(): void {
  Object.defineProperty(window, "portcullis", { value: Object.freeze({ connect: () => Promise.resolve(false) }) });
}
