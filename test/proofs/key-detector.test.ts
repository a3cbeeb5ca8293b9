// Would the redaction proof see a key? Whoever looks for nothing and finds nothing has proved nothing.
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { encodings, KeyDetector } from "./key-detector.ts";

describe("the key detector", () => {
  const key = new Uint8Array(randomBytes(64));
  const detector = new KeyDetector({ key });

  test.each(Object.keys(encodings))("finds any eight bytes of a key: %s", (name) => {
    const encode = encodings[name];
    if (encode === undefined) throw new Error(name);
    for (let index = 0; index + 8 <= key.length; index++) {
      const written = encode(key.slice(index, index + 8), index);
      const planted = Buffer.concat([Buffer.from('{"line":"'), Buffer.from(written), Buffer.from('"}')]);
      expect([index, detector.find(planted)]).toEqual([index, expect.arrayContaining([`key: ${name}`])]);
    }
  });

  test("finds a whole key in the ways in which programs write one", () => {
    const whole = Buffer.from(key);
    const ways = [
      whole,
      whole.toString("hex"),
      whole.toString("base64"),
      whole.toString("base64url"),
      `xx${Buffer.concat([Buffer.from("a"), whole]).toString("base64")}`,
      `xx${Buffer.concat([Buffer.from("ab"), whole]).toString("base64")}`,
      JSON.stringify(key),
      JSON.stringify(whole),
      JSON.stringify({ key: [...key] }, undefined, 2),
      JSON.stringify(whole.toString("latin1")),
      encodeURIComponent(whole.toString("base64")),
      Buffer.from(whole.toString("hex"), "utf16le"),
      Buffer.from(key.toReversed()).toString("hex"),
      [...key].join(", "),
    ];
    expect(ways.filter((way) => detector.find(way).length === 0)).toEqual([]);
  });

  test("finds nothing where there is nothing, and names no byte of what it finds", () => {
    expect(detector.find(randomBytes(2 ** 20))).toEqual([]);
    expect(detector.find(key.subarray(0, 7))).toEqual([]);
    for (const name of detector.find(key)) expect(detector.find(name)).toEqual([]);
  });
});
