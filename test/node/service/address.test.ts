// HOST:PORT, in and out.
import { describe, expect, test } from "vitest";
import { defaultListen, hostPortText, parseHostPort } from "../../../core/node/service/address.ts";

describe("an address", () => {
  test.each(["127.0.0.1:7443", "manager.example:1", "[::1]:7443", "0.0.0.0:0", "[fe80::1]:65535"])(
    "%s is read and written alike",
    (text) => {
      const parsed = parseHostPort(text);
      expect(parsed.ok && hostPortText(parsed.value)).toBe(text);
    },
  );

  test.each([
    "",
    "7443",
    ":7443",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:65536",
    "127.0.0.1:x",
    "::1:7443",
    "[::1]",
    "a b:1",
    "http://a:1",
    "127.0.0.1:7443 ",
  ])("%j is none", (text) => {
    const parsed = parseHostPort(text);
    expect(parsed.ok ? "" : parsed.failure.code).toBe("service.listen-address");
  });

  test("is loopback where nobody said another", () => {
    expect(hostPortText(defaultListen)).toBe("127.0.0.1:7443");
  });
});
