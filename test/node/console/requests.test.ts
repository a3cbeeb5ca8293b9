// Which requests does the headless console let in: own host, own origin, own cookie, and links that are used once?
import { describe, expect, test } from "vitest";
import { ConsoleLinks, ConsoleSessions, linkLifetime, sessionLifetime } from "../../../core/node/console/links.ts";
import { isOwnHost, isOwnOrigin, linkToken, sessionToken, splitTarget } from "../../../core/node/console/requests.ts";
import { systemRandom } from "../../../core/node/random.ts";
import { stoppedClock } from "../../kit/simulated.ts";

describe("one-time links", () => {
  test("are accepted once", () => {
    const links = new ConsoleLinks(systemRandom, stoppedClock());
    const { token } = links.issue();
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect([links.take(token), links.take(token), links.take(token.replace(/./, "x"))]).toEqual(["accepted", "used", "unknown"]);
  });

  test("are good until ten minutes have gone, and not after", () => {
    const clock = stoppedClock();
    const links = new ConsoleLinks(systemRandom, clock);
    const [early, late] = [links.issue(), links.issue()];
    clock.advance(linkLifetime - 1);
    expect(links.take(early.token)).toBe("accepted");
    clock.advance(1);
    expect(links.take(late.token)).toBe("expired");
  });

  test("are bounded in number: the oldest goes", () => {
    const links = new ConsoleLinks(systemRandom, stoppedClock());
    const tokens = Array.from({ length: 65 }, () => links.issue().token);
    expect(links.take(tokens[0] ?? "")).toBe("unknown");
    expect(links.take(tokens[1] ?? "")).toBe("accepted");
  });
});

describe("sessions", () => {
  test("last while they are used", () => {
    const clock = stoppedClock();
    const sessions = new ConsoleSessions(systemRandom, clock);
    const token = sessions.open();
    clock.advance(sessionLifetime - 1);
    expect(sessions.knows(token)).toBe(true);
    clock.advance(sessionLifetime - 1);
    expect(sessions.knows(token)).toBe(true);
    clock.advance(sessionLifetime);
    expect(sessions.knows(token)).toBe(false);
  });
});

describe("requests", () => {
  test.each(["127.0.0.1:4000", "localhost:4000"])("%s is our host", (host) => {
    expect(isOwnHost(host, 4000)).toBe(true);
    expect(isOwnOrigin({ host, origin: `http://${host}` }, 4000)).toBe(true);
  });

  test.each([undefined, "", "127.0.0.1", "127.0.0.1:4001", "evil.example:4000", "127.0.0.1.evil.example:4000", "[::1]:4000"])(
    "%s is not our host",
    (host) => {
      expect(isOwnHost(host, 4000)).toBe(false);
    },
  );

  test.each([undefined, "null", "http://localhost:4000", "https://127.0.0.1:4000", "http://127.0.0.1:4000/", "http://evil.example"])(
    "a WebSocket from %s is not ours",
    (origin) => {
      expect(isOwnOrigin({ host: "127.0.0.1:4000", ...(origin === undefined ? {} : { origin }) }, 4000)).toBe(false);
    },
  );

  test("one cookie of our name counts, and two do not", () => {
    expect(sessionToken("a=1; portcullis-session-4000=abc; b=2", 4000)).toBe("abc");
    expect(sessionToken("portcullis-session-4001=abc", 4000)).toBeUndefined();
    expect(sessionToken("portcullis-session-4000=abc; portcullis-session-4000=def", 4000)).toBeUndefined();
  });

  test("a link's token is the whole query", () => {
    const token = "A".repeat(43);
    expect(linkToken(`token=${token}`)).toBe(token);
    for (const query of ["", `token=${token}&x=1`, `token=${token}A`, `Token=${token}`, `token=${token.slice(1)}%41`])
      expect(linkToken(query)).toBeUndefined();
    expect(splitTarget("/open?a?b")).toEqual({ path: "/open", query: "a?b" });
  });
});
