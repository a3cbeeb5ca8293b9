// The form of a DER value without its contents: tags and nesting, object identifiers spelled out. Two values of one form differ only in
// lengths and in what they say. For tests that compare the simulator with AMD.
import { toHex } from "../../core/base/bytes.ts";

export function derShape(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const longForm = first >= 0x80 ? first & 0x7f : 0;
    let length = longForm === 0 ? first : 0;
    for (let i = 0; i < longForm; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
    const start = at + 2 + longForm;
    const content = bytes.subarray(start, start + length);
    const constructed = (tag & 0x20) !== 0;
    lines.push(tag === 0x06 ? `OID ${toHex(content)}` : tag.toString(16));
    if (constructed) lines.push(...derShape(content).map((line) => `  ${line}`));
    at = start + length;
  }
  return lines;
}
