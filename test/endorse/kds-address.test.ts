// Are the addresses those that AMD's key service answers?
import { expect, test } from "vitest";
import { chainUrl, crlUrl, vcekUrl } from "../../core/endorse/kds-address.ts";

const chipId = new Uint8Array(64).map((_, index) => (index < 8 ? 0xa0 + index : 0));
const tcb = { product: "Milan", fmc: undefined, bootloader: 4, tee: 0, snp: 24, microcode: 219 } as const;

test("a Milan VCEK: the whole id, four levels, decimal", () => {
  expect(vcekUrl("Milan", chipId, tcb)).toBe(
    `https://kdsintf.amd.com/vcek/v1/Milan/a0a1a2a3a4a5a6a7${"00".repeat(56)}?blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=219`,
  );
});

test("a Turin VCEK: eight bytes of id, FMC first", () => {
  expect(vcekUrl("Turin", chipId, { ...tcb, product: "Turin", fmc: 1 }, "http://127.0.0.1:1")).toBe(
    "http://127.0.0.1:1/vcek/v1/Turin/a0a1a2a3a4a5a6a7?fmcSPL=01&blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=219",
  );
});

test("chains and lists, by kind of key", () => {
  expect(chainUrl("Genoa", "vcek")).toBe("https://kdsintf.amd.com/vcek/v1/Genoa/cert_chain");
  expect(chainUrl("Genoa", "vlek")).toBe("https://kdsintf.amd.com/vlek/v1/Genoa/cert_chain");
  expect(crlUrl("Turin", "vcek")).toBe("https://kdsintf.amd.com/vcek/v1/Turin/crl");
  expect(crlUrl("Turin", "vlek", "http://x")).toBe("http://x/vlek/v1/Turin/crl");
});
