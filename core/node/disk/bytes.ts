// Pieces of an image: read, copied, and durable when it is said so. Offsets and lengths in bytes. Never looks at what they mean.
import { constants } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";

/** Within one image; the two places do not overlap. Durable when it resolves. */
export async function copyWithin(path: string, from: number, to: number, length: number): Promise<void> {
  await withFile(path, constants.O_RDWR, async (file) => {
    for await (const { at, bytes } of pieces(file, from, length)) await file.write(bytes, 0, bytes.length, to + at - from);
    await file.sync();
  });
}

/** The whole of another file over the image's start. Durable when it resolves. @returns false, and does nothing, where it is not `length` bytes long. */
export async function copyFileOver(file: string, image: string, length: number): Promise<boolean> {
  const bytes = await readFile(file);
  if (bytes.length !== length) return false;
  await withFile(image, constants.O_RDWR, async (target) => {
    await target.write(bytes, 0, bytes.length, 0);
    await target.sync();
  });
  return true;
}

/** Durable when it resolves. What is added reads as zeros. */
export async function setLength(path: string, length: number): Promise<void> {
  await withFile(path, constants.O_RDWR, async (file) => {
    await file.truncate(length);
    await file.sync();
  });
}

/** What others have written to it. */
export async function syncFile(path: string): Promise<void> {
  await withFile(path, constants.O_RDWR, (file) => file.sync());
}

async function* pieces(file: FileHandle, offset: number, length: number): AsyncGenerator<{ at: number; bytes: Uint8Array }> {
  const buffer = new Uint8Array(Math.min(pieceLength, length));
  for (let at = offset; at < offset + length; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, offset + length - at), at);
    if (bytesRead === 0) return;
    yield { at, bytes: buffer.subarray(0, bytesRead) };
    at += bytesRead;
  }
}

async function withFile<T>(path: string, flags: number, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags | constants.O_NOFOLLOW);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

const pieceLength = 2 ** 20;
