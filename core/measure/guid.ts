// How does EFI write a GUID into bytes? UEFI specification, appendix A: the first three fields little endian, the rest as it is read.

/** @param text "96b582de-1fb2-45f7-baea-a366c55a082d". @returns 16 bytes. */
export function efiGuid(text: string): Uint8Array {
  const bytes = writtenGuid(text);
  return Uint8Array.from(efiOrder, (index) => bytes[index] ?? 0);
}

/** In the order in which it is read: RFC 9562, and AMD's certificate table. In a firmware file it is a mistake. */
export function writtenGuid(text: string): Uint8Array {
  const digits = text.replaceAll("-", "");
  return Uint8Array.from({ length: guidLength }, (_, index) => Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16));
}

export const guidLength = 16;
const efiOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
