// The gate before TLS: caps, rate, and bounded memory.
import { expect, test } from "vitest";
import { ConnectionGate, sourceOf } from "../../../core/node/tls/connection-gate.ts";

const limits = { connections: 4, connectionsPerAddress: 2, burst: 3, refillPerSecond: 1, addresses: 2 };

test("one address: its cap, then room again when one leaves", () => {
  const gate = new ConnectionGate(limits);
  const first = gate.admit("192.0.2.1", 0);
  expect(gate.admit("192.0.2.1", 0)).toBeDefined();
  expect(gate.admit("192.0.2.1", 0)).toBeUndefined();
  first?.();
  expect(gate.admit("192.0.2.1", 0)).toBeDefined();
});

test("the rate: below, at and above the bucket", () => {
  const gate = new ConnectionGate(limits);
  for (let i = 0; i < 3; i++) gate.admit("192.0.2.1", 0)?.();
  expect(gate.admit("192.0.2.1", 999)).toBeUndefined();
  const next = gate.admit("192.0.2.1", 1000);
  expect(next).toBeDefined();
  next?.();
  expect(gate.admit("192.0.2.1", 1001)).toBeUndefined();
});

test("all addresses together", () => {
  const gate = new ConnectionGate({ ...limits, addresses: 100 });
  const admitted = Array.from({ length: 10 }, (_, i) => gate.admit(`192.0.2.${i}`, 0)).filter((leave) => leave !== undefined);
  expect(admitted.length).toBe(4);
});

test("addresses beyond the table share one bucket; quiet ones make room", () => {
  const gate = new ConnectionGate({ ...limits, connections: 100 });
  const leave = [gate.admit("192.0.2.1", 0), gate.admit("192.0.2.2", 0)];
  const shared = Array.from({ length: 5 }, (_, i) => gate.admit(`198.51.100.${i}`, 0)).filter((one) => one !== undefined);
  expect(shared.length).toBe(2);
  for (const one of [...leave, ...shared]) one?.();
  expect(gate.admit("203.0.113.1", 60_000)).toBeDefined();
  expect(gate.admit("203.0.113.2", 60_000)).toBeDefined();
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
])("%s counts as %s", (address, source) => expect(sourceOf(address)).toBe(source));
