// What would AMD's key distribution service answer to this request, for simulated chips? AMD 57230: its addresses, its 404s, its throttle,
// and faults on demand. Pure: path and client in, answer out; core/node/simulator/kds-server.ts carries it over HTTP.
import { concat, equalBytes, fromHex, toBase64, toHex } from "../base/bytes.ts";
import { utf8 } from "../base/utf8.ts";
import { encodeTcb } from "../snp/tcb.ts";
import { products } from "../snp/product.ts";
import { revocationList } from "./revocation-list.ts";
import type { Clock } from "../base/clock.ts";
import type { Product } from "../snp/product.ts";
import type { Signer } from "../snp/report.ts";
import type { Tcb } from "../snp/tcb.ts";
import type { Hierarchy } from "./hierarchy.ts";
import type { RevocationKind } from "./revocation-list.ts";

/** How the carrier is to deliver the answer. */
export type KdsDelivery = "whole" | "slow" | "truncated" | "never";

export interface KdsAnswer {
  readonly status: 200 | 400 | 404 | 429 | 500;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly delivery: KdsDelivery;
}

export type KdsFault = "error-500" | "hang" | "slow" | "truncated" | "another-chip" | "another-tcb" | "wrong-product" | "throttled";

export interface KdsParts {
  /** One for each product that this service knows. */
  readonly hierarchies: readonly Hierarchy[];
  /** The 64-byte CHIP_IDs that were ever sold; others are not found. */
  readonly chips: readonly Uint8Array[];
  readonly clock: Clock;
  /** Milliseconds between two VCEKs for one client. AMD's is about ten seconds, 0 is none. */
  readonly throttle?: number;
}

export class SimulatedKds {
  /** What goes wrong from now on. */
  fault: KdsFault | undefined;
  /** What the revocation lists say from now on. */
  revocation: RevocationKind = "empty";
  readonly #parts: KdsParts;
  readonly #lastVcek = new Map<string, number>();
  readonly #issued = new Map<string, Uint8Array>();

  constructor(parts: KdsParts) {
    this.#parts = parts;
  }

  /** @param client address of whoever asks. @param target path and query of the request. */
  answer(client: string, target: string): KdsAnswer {
    if (this.fault === "hang") return { ...refusal(500), delivery: "never" };
    if (this.fault === "error-500") return refusal(500);
    const answer = this.#find(client, target);
    return this.fault === "slow" || this.fault === "truncated" ? { ...answer, delivery: this.fault } : answer;
  }

  #find(client: string, target: string): KdsAnswer {
    const [path = "", query = ""] = target.split("?", 2);
    const [empty, signer, version, name, leaf = "", ...rest] = path.split("/");
    const hierarchy = this.#parts.hierarchies.find(({ product }) => product === this.#productFor(name));
    const known = empty === "" && (signer === "vcek" || signer === "vlek") && version === "v1" && rest.length === 0;
    if (!known || hierarchy === undefined || leaf === "") return refusal(404);
    if (leaf === "cert_chain") return found("application/x-pem-file", chainPem(hierarchy, signer));
    if (leaf === "crl") return found("application/pkix-crl", revocationList(hierarchy, this.#parts.clock.now(), this.revocation));
    // A VLEK needs a provider's credential, which nobody has here.
    return signer === "vcek" ? this.#vcek(client, hierarchy, leaf, query) : refusal(404);
  }

  #vcek(client: string, hierarchy: Hierarchy, id: string, query: string): KdsAnswer {
    if (this.#throttles(client)) return refusal(429);
    const chipId = chipIdFrom(hierarchy.product, id);
    const tcb = tcbFrom(hierarchy.product, query);
    if (tcb === undefined) return refusal(400);
    if (chipId === undefined || !this.#parts.chips.some((chip) => equalBytes(chip, chipId))) return refusal(404);
    return found("application/pkix-cert", this.#issue(hierarchy, chipId, tcb));
  }

  #issue(hierarchy: Hierarchy, asked: Uint8Array, askedTcb: Tcb): Uint8Array {
    const chipId = this.fault === "another-chip" ? hierarchy.chipId(1_000_000) : asked;
    const tcb = this.fault === "another-tcb" ? { ...askedTcb, snp: askedTcb.snp ^ 1 } : askedTcb;
    const key = `${hierarchy.product} ${toHex(chipId)} ${toHex(encodeTcb(tcb))}`;
    const vcek = this.#issued.get(key) ?? hierarchy.issue(this.#parts.clock.now(), tcb, { chipId });
    if (this.#issued.size < maximumIssued) this.#issued.set(key, vcek);
    return vcek;
  }

  /** Counts every request for a VCEK that it lets through, found or not. */
  #throttles(client: string): boolean {
    const { clock, throttle = defaultThrottle } = this.#parts;
    if (this.fault === "throttled") return true;
    const now = clock.monotonic();
    for (const [known, since] of this.#lastVcek) if (now - since >= throttle) this.#lastVcek.delete(known);
    if (this.#lastVcek.has(client)) return true;
    if (throttle > 0) this.#lastVcek.set(client, now);
    return false;
  }

  #productFor(name: string | undefined): Product | undefined {
    const product = products.find((known) => known === name);
    if (this.fault !== "wrong-product" || product === undefined) return product;
    return this.#parts.hierarchies.find((other) => other.product !== product)?.product;
  }
}

/** AMD's order: issuer of the leaf first, then the root. */
function chainPem({ authorities }: Hierarchy, signer: Signer): Uint8Array {
  const issuer = signer === "vcek" ? authorities.ask : authorities.asvk;
  return utf8([issuer, authorities.ark].map(({ certificate }) => pem(certificate)).join(""));
}

function pem(der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** Turin's addresses carry 8 bytes, the others' 64; any other length is a chip that does not exist. */
function chipIdFrom(product: Product, text: string): Uint8Array | undefined {
  const id = fromHex(text);
  if (id === undefined || id.length !== (product === "Turin" ? 8 : 64)) return undefined;
  return concat(id, new Uint8Array(64 - id.length));
}

/** All levels of the product, each once, decimal with or without leading zero; nothing else. */
function tcbFrom(product: Product, query: string): Tcb | undefined {
  const wanted = product === "Turin" ? ["fmcSPL", ...commonLevels] : commonLevels;
  const levels = new Map<string, number>();
  for (const pair of query.split("&")) {
    const [, name, digits] = /^([A-Za-z]+)=([0-9]{1,3})$/.exec(pair) ?? [];
    const level = Number(digits);
    if (name === undefined || !wanted.includes(name) || levels.has(name) || level > 255) return undefined;
    levels.set(name, level);
  }
  if (levels.size !== wanted.length) return undefined;
  const of = (name: string): number => levels.get(name) ?? 0;
  const fmc = product === "Turin" ? of("fmcSPL") : undefined;
  return { product, fmc, bootloader: of("blSPL"), tee: of("teeSPL"), snp: of("snpSPL"), microcode: of("ucodeSPL") };
}

function found(contentType: string, body: Uint8Array): KdsAnswer {
  return { status: 200, contentType, body, delivery: "whole" };
}

function refusal(status: 400 | 404 | 429 | 500): KdsAnswer {
  return { status, contentType: "text/plain", body: utf8(`simulated key service: ${status}\n`), delivery: "whole" };
}

const commonLevels = ["blSPL", "teeSPL", "snpSPL", "ucodeSPL"];
const defaultThrottle = 10_000;
const maximumIssued = 1000;
