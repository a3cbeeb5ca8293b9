// A LUKS2 header as a host could write it: real, of cryptsetup, with another JSON and right checksums in both of its copies.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

/** @param change of the JSON text; must change something. */
export function editHeader(image: string, change: (text: string) => string): void {
  const file = readFileSync(image);
  // A whole second copy would be taken for a damaged first.
  for (const start of [0, copyLength]) {
    const copy = file.subarray(start, start + copyLength);
    const json = copy.subarray(4096);
    const before = json.subarray(0, json.indexOf(0)).toString();
    const after = change(before);
    if (after === before) throw new Error("the header was not changed");
    json.fill(0);
    json.write(after);
    copy.fill(0, 448, 512);
    createHash("sha256").update(copy).digest().copy(copy, 448);
  }
  writeFileSync(image, file);
}

const copyLength = 16_384;
