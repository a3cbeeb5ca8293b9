// Is exactly what AMD's profile surely calls a launch measurement taken from a CoRIM, everything else named as not taken, and nothing
// believed that nobody signed?
import { encode, Tagged } from "cborg";
import { describe, expect, test } from "vitest";
import { parseCorim, type Corim } from "../../../core/appraise/reference-values/corim.ts";
import { readReferences, verifyReferences } from "../../../core/appraise/reference-values/references.ts";
import { fromHex, toHex } from "../../../core/base/bytes.ts";
import { must } from "../../../core/base/result.ts";
import { nodePrimitives } from "../../../core/node/primitives.ts";
import { at, chipClass, comid, digest384, measurement, owner, signedCorim, stranger, unsignedCorim, type CorimChoices } from "./kit.ts";

const code = (expected: string) => ({ ok: false, failure: { code: expected } });
const value = { digest: toHex(digest384), label: "CoRIM corim-1" };
const seconds = at / 1_000;

describe("what is taken", () => {
  test.each<[string, CorimChoices]>([
    ["the digest under mkey 641", {}],
    ["wrapped, as older drafts have it", { wrapped: true }],
    ["with the profile in a list", { profile: [new Tagged(32, "tag:amd.com,2024:snp-corim-profile")] }],
    ["with the profile of the editor's copy", { profile: new Tagged(32, "tag:amd.com,2025:snp-corim-profile") }],
    ["said of reports that a provider's key signs", { classId: new Tagged(111, fromHex("2b060104019c780302")) }],
    [
      "once, where it is there twice",
      {
        measurements: [
          measurement(641, [
            2,
            [
              [7, digest384],
              [7, digest384],
            ],
          ]),
        ],
      },
    ],
  ])("%s, unsigned and signed", (_, choices) => {
    for (const bytes of [unsignedCorim(choices), signedCorim(choices)]) {
      const corim = must(parseCorim(bytes));
      expect(corim.values).toEqual([value]);
      expect(corim.notTaken).toEqual([]);
    }
  });

  test("has the name that it was given, or says of which chip it was said", () => {
    const named = must(parseCorim(unsignedCorim({ measurements: [measurement(641, [2, [[7, digest384]]], [11, " kernel 6.12 "])] })));
    expect(named.values).toEqual([{ ...value, label: "kernel 6.12" }]);
    const environment = new Map<unknown, unknown>([
      [0, new Map([[0, chipClass]])],
      [1, new Tagged(560, new Uint8Array(64).fill(0xc1))],
    ]);
    expect(must(parseCorim(unsignedCorim({ environment }))).values[0]?.label).toBe("CoRIM corim-1, said of c1c1c1c1c1c1c1c1…");
    const measurements = [measurement(641, [2, [[7, digest384]]], [11, "x".repeat(200)])];
    const both = must(parseCorim(unsignedCorim({ environment, measurements }))).values[0]?.label;
    expect(both).toBe(`${"x".repeat(60)}, said of c1c1c1c1c1c1c1c1…`);
  });

  test("is found among all that a report has, as the reference values that Veraison publishes list it", () => {
    const bytes = (length: number) => new Tagged(560, new Uint8Array(length).fill(1));
    const environment = new Map<unknown, unknown>([
      [0, new Map([[0, chipClass]])],
      [1, bytes(48)],
    ]);
    const version = (text: string, scheme: number) =>
      new Map<unknown, unknown>([
        [0, text],
        [1, scheme],
      ]);
    const tcb = 15_208_092_991_676_743_683n;
    const measurements = [
      measurement(0, [0, version("2", 4)]),
      measurement(1, [1, new Tagged(553, 0)]),
      ...[2, 3, 4, 5, 7].map((mkey) => measurement(mkey, [4, bytes(8)])),
      measurement(6, [1, new Tagged(552, tcb)]),
      measurement(640, [4, bytes(64)]),
      measurement(641, [2, [[7, digest384]]]),
      ...[645, 646].map((mkey) => measurement(mkey, [4, bytes(32)])),
      ...[647, 3329, 3968].map((mkey) => measurement(mkey, [1, new Tagged(552, 6_059_311_823_650_291_722n)])),
      measurement(3328, [4, bytes(64)]),
      ...[3330, 3936].map((mkey) => measurement(mkey, [0, version("1.55.8", 16_384)])),
    ];
    for (const file of [unsignedCorim({ environment, measurements }), signedCorim({ environment, measurements })]) {
      const corim = must(parseCorim(file));
      expect(corim.values).toEqual([{ ...value, label: "CoRIM corim-1, said of 0101010101010101…" }]);
      expect(corim.notTaken).toHaveLength(measurements.length - 1);
    }
  });

  test("comes from every CoMID, triple and measurement", () => {
    const digest = (byte: number) => measurement(641, [2, [[7, new Uint8Array(48).fill(byte)]]]);
    const environment = new Map<unknown, unknown>([[0, new Map([[0, chipClass]])]]);
    const triples = (...bytes: readonly number[]) =>
      new Map<unknown, unknown>([[0, bytes.map((byte) => [environment, [digest(byte), digest(byte + 1)]])]]);
    const corim = must(parseCorim(unsignedCorim({ tags: [comid(triples(1, 3)), comid(triples(5))] })));
    expect(corim.values.map((one) => one.digest.slice(0, 2))).toEqual(["01", "02", "03", "04", "05", "06"]);
  });
});

describe("what is not taken, and said so", () => {
  const of = (choices: CorimChoices): Corim => must(parseCorim(unsignedCorim(choices)));
  test.each<[string, CorimChoices, string]>([
    [
      "a profile that is not known",
      { profile: new Tagged(32, "http://amd.com/please-permalink-me") },
      "the profile http://amd.com/please-permalink-me is not known here",
    ],
    ["a profile by OID", { profile: new Tagged(111, Uint8Array.of(1, 2)) }, "the profile OID 0102 is not known here"],
    ["mkey 0, which other drafts use", { measurements: [measurement(0, [2, [[7, digest384]]])] }, "mkey 0: only MEASUREMENT (641) is read"],
    [
      "an mkey that is no number",
      { measurements: [measurement("641", [2, [[7, digest384]]])] },
      "mkey of another kind: only MEASUREMENT (641) is read",
    ],
    ["another digest", { measurements: [measurement(641, [2, [[1, new Uint8Array(32)]]])] }, "a digest that is not SHA-384 of 48 bytes"],
    [
      "a digest of another length",
      { measurements: [measurement(641, [2, [[7, new Uint8Array(47)]]])] },
      "a digest that is not SHA-384 of 48 bytes",
    ],
    [
      "a digest with more to it",
      { measurements: [measurement(641, [2, [[7, digest384, 1]]])] },
      "a digest that is not SHA-384 of 48 bytes",
    ],
    [
      "a demand beside the digest",
      { measurements: [measurement(641, [2, [[7, digest384]]], [1, new Tagged(552, 1)])] },
      "a measurement that demands more than its digest",
    ],
    [
      "something that only one may vouch for",
      { measurements: [new Map([...measurement(641, [2, [[7, digest384]]]), [2, [new Tagged(554, "key")]]])] },
      "a measurement that only somebody named may vouch for",
    ],
    [
      "another environment",
      { classId: new Tagged(111, fromHex("2b060104019c780303")) },
      "reference values of something else than an SEV-SNP report",
    ],
    [
      "an environment of a group",
      {
        environment: new Map<unknown, unknown>([
          [0, new Map([[0, chipClass]])],
          [2, new Tagged(37, new Uint8Array(16))],
        ]),
      },
      "reference values of something else than an SEV-SNP report",
    ],
    [
      "an environment of a vendor's",
      {
        environment: new Map<unknown, unknown>([
          [
            0,
            new Map<unknown, unknown>([
              [0, chipClass],
              [1, "vendor"],
            ]),
          ],
        ]),
      },
      "reference values of something else than an SEV-SNP report",
    ],
    [
      "an environment by UUID",
      { classId: new Tagged(37, new Uint8Array(16)) },
      "reference values of something else than an SEV-SNP report",
    ],
    [
      "a triple with a condition",
      { triples: new Map([[0, [[new Map([[0, new Map([[0, chipClass]])]]), [measurement(641, [2, [[7, digest384]]])], "more"]]]]) },
      "a reference value with a condition",
    ],
    ["other kinds of triples", { triples: new Map([[1, []]]) }, "statements of other kinds than reference values"],
    ["a tag that is no CoMID", { tags: [new Tagged(505, Uint8Array.of(0xa0))] }, "a tag that is no CoMID"],
  ])("%s", (_, choices, why) => {
    expect(of(choices)).toMatchObject({ values: [], notTaken: [why] });
  });

  test("a CoRIM without a profile", () => {
    const bytes = encode(
      new Tagged(
        501,
        new Map<unknown, unknown>([
          [0, "x"],
          [1, [comid(new Map())]],
        ]),
      ),
    );
    expect(must(parseCorim(new Uint8Array(bytes)))).toMatchObject({
      values: [],
      notTaken: ["it names no profile, so that its keys have no meaning"],
    });
  });

  test("more measurements than a policy may name", () => {
    const measurements = Array.from({ length: 260 }, (_, index) =>
      measurement(641, [
        2,
        [
          [
            7,
            new Uint8Array(48)
              .fill(1)
              .fill(index >> 8, 0, 1)
              .fill(index & 255, 1, 2),
          ],
        ],
      ]),
    );
    const corim = of({ measurements });
    expect(corim.values).toHaveLength(256);
    expect(corim.notTaken).toEqual(["more than 256 measurements"]);
  });

  test("sentences stay few and short, and steer no terminal", () => {
    const measurements = Array.from({ length: 100 }, (_, index) => measurement(700 + index, [2, [[7, digest384]]]));
    const corim = of({ measurements, profile: new Tagged(32, "tag:amd.com,2024:snp-corim-profile") });
    expect(corim.notTaken).toHaveLength(32);
    const odd = of({ profile: new Tagged(32, `\u001b[2J${"x".repeat(190)}`) });
    expect(odd.notTaken[0]).toMatch(/^the profile \?\[2J/);
    expect(odd.notTaken[0]?.length).toBeLessThanOrEqual(200);
  });
});

describe("who signed it", () => {
  const verify = (bytes: Uint8Array, key = owner.key, when = at) =>
    verifyReferences(must(readReferences(bytes)), key, when, nodePrimitives);

  test("the named key, and nobody else's", () => {
    for (const wrapped of [false, true]) {
      expect(verify(signedCorim({ wrapped })).ok).toBe(true);
      expect(verify(signedCorim({ wrapped }), stranger.key)).toMatchObject(code("reference.signature"));
      expect(verify(signedCorim({ wrapped }, [], stranger))).toMatchObject(code("reference.signature"));
    }
  });

  test("nobody: it is shown and never verified", () => {
    expect(must(readReferences(unsignedCorim())).values).toEqual([value]);
    expect(verify(unsignedCorim())).toMatchObject(code("reference.unsigned"));
  });

  test("covers protected header and payload", () => {
    const bytes = signedCorim();
    const taken = Array.from(bytes, (byte, index) => bytes.with(index, byte ^ 1)).filter((other) => {
      const read = readReferences(other);
      return read.ok && verifyReferences(read.value, owner.key, at, nodePrimitives).ok;
    });
    expect(taken).toEqual([]);
  });

  const times = (from: number | undefined, until: number) =>
    new Map<unknown, unknown>([...(from === undefined ? [] : [[0, new Tagged(1, from)] as const]), [1, new Tagged(1, until)]]);
  const meta = (validity: Map<unknown, unknown>) =>
    [
      8,
      encode(
        new Map<unknown, unknown>([
          [0, new Map([[0, "vendor"]])],
          [1, validity],
        ]),
      ),
    ] as const;
  test.each<[string, CorimChoices, readonly (readonly [unknown, unknown])[], boolean]>([
    ["valid until now", { validity: times(undefined, seconds) }, [], true],
    ["valid until a second ago", { validity: times(undefined, seconds - 1) }, [], false],
    ["valid from now", { validity: times(seconds, seconds + 10) }, [], true],
    ["valid from the next second", { validity: times(seconds + 1, seconds + 10) }, [], false],
    ["signed until a second ago", {}, [meta(times(undefined, seconds - 1))], false],
    ["signed until now", {}, [meta(times(undefined, seconds))], true],
    ["with a CWT that expired", {}, [[15, new Map([[4, seconds - 1]])]], false],
    ["with a CWT from later", {}, [[15, new Map([[5, seconds + 1]])]], false],
    [
      "with a CWT that is valid",
      {},
      [
        [
          15,
          new Map<unknown, unknown>([
            [1, "vendor"],
            [4, seconds],
            [5, seconds],
          ]),
        ],
      ],
      true,
    ],
  ])("%s", (_, choices, headers, valid) => {
    const verified = verify(signedCorim(choices, headers));
    if (valid) expect(verified.ok).toBe(true);
    else expect(verified).toMatchObject(code("reference.not-valid-now"));
  });
});
