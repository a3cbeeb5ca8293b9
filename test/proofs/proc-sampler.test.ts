// Would the redaction proof see a key that was given to a program, even one that lives for a moment, below another one?
import { spawn } from "node:child_process";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { KeyDetector } from "./key-detector.ts";
import { ProcessSampler } from "./proc-sampler.ts";

test.skipIf(process.platform !== "linux")("arguments and environment of a program's short-lived child are seen", async () => {
  const [first, second] = [new Uint8Array(randomBytes(64)), new Uint8Array(randomBytes(64))];
  const sampler = await ProcessSampler.start();
  const script = `sleep 0.1; env SECOND=${Buffer.from(second).toString("base64")} sleep 0.1; : ${Buffer.from(first).toString("hex")}`;
  await once(spawn("/bin/sh", ["-c", `/bin/sh -c '${script}'; exit 0`], { stdio: "ignore" }), "exit");
  const sampled = await sampler.stop();
  const detector = new KeyDetector({ first, second });
  expect(sampled.some(({ command }) => detector.find(command).includes("first: hex"))).toBe(true);
  expect(sampled.some(({ environment }) => detector.find(environment).some((name) => name.startsWith("second: base64")))).toBe(true);
});
