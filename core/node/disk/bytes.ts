// Pieces of an image: read, copied, and durable when it is said so. Offsets and lengths in bytes. Never looks at what they mean.
import { constants } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";

/** Within one image; the two places do not overlap. Durable when it resolves. */
export async function copyWithin(path: string, from: number, to: number, length: number): Promise<void> {
  await withFile(path, constants.O_RDWR, async (file) => {
    for await (const { at, bytes } of pieces(file, from, length)) await writeAll(file, to + at - from, bytes);
    await file.sync();
  });
}

/** The whole of another file over the image's start. Durable when it resolves. @returns false, and does nothing, where it is not `length` bytes long. */
export async function copyFileOver(file: string, image: string, length: number): Promise<boolean> {
  const bytes = await readFile(file);
  if (bytes.length !== length) return false;
  await writeAt(image, 0, bytes);
  return true;
}

/** Fewer bytes where the image ends before. */
export async function readAt(path: string, offset: number, length: number): Promise<Uint8Array> {
  return withFile(path, constants.O_RDONLY, async (file) => {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await file.read(bytes, 0, length, offset);
    return bytes.subarray(0, bytesRead);
  });
}

/** Durable when it resolves. */
export async function writeAt(path: string, offset: number, bytes: Uint8Array): Promise<void> {
  await withFile(path, constants.O_RDWR, async (file) => {
    await writeAll(file, offset, bytes);
    await file.sync();
  });
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

/** A file system that fills up takes a part first, and fails only when it is asked again. */
async function writeAll(file: FileHandle, offset: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
}

async function* pieces(file: FileHandle, offset: number, length: number): AsyncGenerator<{ at: number; bytes: Uint8Array }> {
  const buffer = new Uint8Array(Math.min(pieceLength, length));
  for (let at = offset; at < offset + length; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, offset + length - at), at);
    // What comes next would be written where this piece was.
    if (bytesRead === 0) throw new Error("an image that ends before its content");
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
