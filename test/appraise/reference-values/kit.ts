// Signed reference values for the tests: a key, a statement in its envelope, and CoRIMs built from AMD's profile by hand.
import { encode, Tagged } from "cborg";
import { encodeEnvelope, signedBytes } from "../../../core/appraise/reference-values/envelope.ts";
import { encodeStatement, type SignedReference } from "../../../core/appraise/reference-values/statement.ts";
import { fromHex } from "../../../core/base/bytes.ts";
import { utf8 } from "../../../core/base/utf8.ts";
import { nodePrimitives } from "../../../core/node/primitives.ts";
import { nodeSigning } from "../../../core/node/signing.ts";

export const at = Date.UTC(2026, 10, 24, 12);
export const owner = signerOf(11);
export const stranger = signerOf(12);

export const reference: SignedReference = {
  label: "kernel 6.12.9",
  measurement: "ab".repeat(48),
  vmm: "qemu",
  vcpus: 4,
  vcpuModel: "EPYC-Milan",
  vcpuSignature: 0xa0_0f11,
  guestFeatures: "0x1",
  firmware: { name: "OVMF.amdsev.fd", sha256: "01".repeat(32) },
  kernel: { name: "vmlinuz", sha256: "02".repeat(32) },
  initrd: { name: "initrd.img", sha256: "03".repeat(32) },
  commandLine: "console=ttyS0",
  guestPolicy: "0x30000",
  guestSvn: 3,
};
const { kernel: _kernel, initrd: _initrd, commandLine: _line, guestPolicy: _policy, guestSvn: _svn, ...bare } = reference;
export const firmwareOnly: SignedReference = { ...bare, label: "firmware only", measurement: "cd".repeat(48) };

export function payloadOf(...values: readonly SignedReference[]): Uint8Array {
  return encodeStatement({ madeAt: at, values });
}

export function envelopeOf(payload: Uint8Array, signer = owner): Uint8Array {
  return utf8(encodeEnvelope(payload, signer.key, signer.sign(signedBytes(payload)), nodePrimitives));
}

export interface CorimChoices {
  readonly profile?: unknown;
  readonly classId?: unknown;
  readonly measurements?: readonly unknown[];
  readonly environment?: Map<unknown, unknown>;
  readonly triples?: Map<unknown, unknown>;
  readonly tags?: readonly unknown[];
  readonly validity?: Map<unknown, unknown>;
  /** Older drafts wrap it in tag 500, and a signed one in 502 too. */
  readonly wrapped?: boolean;
}

export const chipClass = new Tagged(111, fromHex("2b060104019c780301") ?? new Uint8Array(0));
export const digest384 = new Uint8Array(48).fill(0xab);

/** A measurement-map: mkey, and what is under it. */
export function measurement(mkey: unknown, ...values: readonly (readonly [unknown, unknown])[]): Map<unknown, unknown> {
  return new Map<unknown, unknown>([
    [0, mkey],
    [1, new Map(values)],
  ]);
}

export function corimMap(choices: CorimChoices = {}): Tagged {
  const {
    profile = new Tagged(32, "tag:amd.com,2024:snp-corim-profile"),
    classId = chipClass,
    measurements = [measurement(641, [2, [[7, digest384]]])],
    environment = new Map<unknown, unknown>([[0, new Map([[0, classId]])]]),
    triples = new Map<unknown, unknown>([[0, [[environment, measurements]]]]),
    tags = [comid(triples)],
    validity,
  } = choices;
  const entries: [unknown, unknown][] = [
    [0, "corim-1"],
    [1, tags],
    [3, profile],
  ];
  if (validity !== undefined) entries.push([4, validity]);
  return new Tagged(501, new Map(entries));
}

export function comid(triples: Map<unknown, unknown>): Tagged {
  return new Tagged(
    506,
    encode(
      new Map<unknown, unknown>([
        [1, new Map([[0, "comid-1"]])],
        [4, triples],
      ]),
    ),
  );
}

export function unsignedCorim(choices: CorimChoices = {}): Uint8Array {
  const map = corimMap(choices);
  return new Uint8Array(encode(choices.wrapped === true ? new Tagged(500, map) : map));
}

/** @param headers of the protected header, beside alg. */
export function signedCorim(
  choices: CorimChoices = {},
  headers: readonly (readonly [unknown, unknown])[] = [],
  signer = owner,
): Uint8Array {
  const head = encode(new Map<unknown, unknown>([[1, -35], ...headers]));
  return coseOf(head, encode(corimMap(choices)), signer, choices.wrapped === true);
}

export function coseOf(head: Uint8Array, payload: unknown, signer = owner, wrapped = false): Uint8Array {
  const signature = signer.sign(new Uint8Array(encode(["Signature1", head, new Uint8Array(0), payload])));
  const cose = new Tagged(18, [head, new Map(), payload, signature]);
  return new Uint8Array(encode(wrapped ? new Tagged(500, new Tagged(502, cose)) : cose));
}

function signerOf(seed: number): { readonly key: Uint8Array; readonly sign: (message: Uint8Array) => Uint8Array } {
  const scalar = new Uint8Array(48).fill(seed);
  const key = nodeSigning.publicKeyP384(scalar);
  if (key === undefined) throw new Error("no key");
  return { key, sign: (message) => nodeSigning.signP384(scalar, message) };
}
