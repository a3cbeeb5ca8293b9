// What does a host's own configuration say about a launch? The same members for every host, so that one set of rules judges them all.
// A member that is not there was not said; one that is `unread` was said in a way that cannot be known from the text alone. Nothing here is guessed.
import type { Host } from "../launch-kit.ts";

export type Said<T> = { readonly known: T } | { readonly unread: string };

export interface SeenLaunch {
  readonly host: Host;
  /** How the guest's memory is protected; `none` where nothing says so. */
  readonly protection: Said<Protection>;
  /** POLICY, as it is in effect: a host's default is said by its reader. */
  readonly policy?: Said<bigint>;
  readonly kernelHashes?: Said<boolean>;
  /** Base64. */
  readonly hostData?: Said<string>;
  /** Base64. */
  readonly idBlock?: Said<string>;
  /** Base64. */
  readonly idAuth?: Said<string>;
  readonly authorKey?: Said<boolean>;
  readonly vcekDisabled?: Said<boolean>;
  /** Changes SEV_FEATURES. */
  readonly secureTsc?: Said<boolean>;
  /** Proxmox VE's own object: it looks up where the encryption bit is, and brings its memory by itself. */
  readonly looksUp?: true;
  readonly cbitpos?: Said<number>;
  readonly reducedPhysBits?: Said<number>;
  /** Its path. */
  readonly firmware?: Said<string>;
  /** Not by the one way that SNP allows. */
  readonly firmwareByFlash?: true;
  readonly kernel?: Said<string>;
  readonly initrd?: Said<string>;
  readonly commandLine?: Said<string>;
  /** That exist when the VM starts. */
  readonly vcpus: Said<number>;
  readonly cpu?: Said<string>;
  readonly memoryMib?: Said<number>;
  /** Guest memory that can be shared with the host page by page. */
  readonly memoryBackend?: Said<boolean>;
  readonly kvm?: Said<boolean>;
  /** Name and path of each fw_cfg file. */
  readonly fwCfg: readonly { readonly name: string; readonly file: string }[];
  /** Paths of all disk images. */
  readonly disks: readonly string[];
  /** Set up beside what is in effect, and in effect as soon as that is taken away: Proxmox VE's amd-sev beside an object in args. */
  readonly shadowed?: { readonly policy: bigint; readonly kernelHashes: boolean };
  /** Whole parts of the text that could not be read: what is in them may change everything. */
  readonly unread: readonly Unread[];
  /** What does not count, and why. */
  readonly asides: readonly Unread[];
}

export type Protection = "snp" | "sev" | "sev-es" | "other" | "none";

export interface Unread {
  readonly option: string;
  /** A whole sentence. */
  readonly why: string;
}

export function said<T>(text: string | undefined, read: (text: string) => T | undefined): Said<T> | undefined {
  if (text === undefined) return undefined;
  const known = hasUnread(text) ? undefined : read(text);
  return known === undefined ? { unread: text } : { known };
}

/** Puts a member in only where there is one. */
export function member<Name extends string, T>(name: Name, value: T | undefined): { readonly [name in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [name in Name]: T });
}

/** In place of what a shell would have put there. */
export function unreadText(name: string): string {
  return `${unreadMark}${name.replaceAll(/\s/g, "_")}`;
}

export function hasUnread(text: string): boolean {
  return text.includes(unreadMark);
}

/** For a sentence. */
export function withoutMarks(text: string): string {
  return text.replaceAll(unreadMark, "$");
}

export function asText(text: string): string {
  return text;
}

/** Decimal, or hex with 0x. With a zero before it QEMU reads octal and libvirt does not: nothing here does. */
export function asNumber(text: string): number | undefined {
  const number = /^(?:0|[1-9][0-9]{0,14}|0x[0-9a-fA-F]{1,12})$/.test(text) ? Number(text) : undefined;
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined;
}

export function asUint64(text: string): bigint | undefined {
  if (!/^(?:0|[1-9][0-9]{0,19}|0[xX][0-9a-fA-F]{1,16})$/.test(text)) return undefined;
  const number = BigInt(text);
  return number < 2n ** 64n ? number : undefined;
}

export function asSwitch(text: string): boolean | undefined {
  if (["on", "yes", "true", "y"].includes(text)) return true;
  return ["off", "no", "false", "n"].includes(text) ? false : undefined;
}

/** Of a private area of Unicode: a text that has it already is unread, and no more. */
const unreadMark = "\u{F5A0F}";
