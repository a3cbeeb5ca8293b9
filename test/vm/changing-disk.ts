// A host whose disk is another one at the second look: an NBD server that gives out an image, and a changed header once the header was read to its end.
// (The NBD project's doc/proto.md: fixed newstyle negotiation, simple replies. Read only.)
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";

export interface ChangingDisk {
  /** As QEMU takes a drive's file. */
  readonly address: string;
  /** Whether anybody was given the changed header. */
  readonly wasSeen: () => boolean;
  close(): void;
}

/** @param image of a LUKS2 disk. @param changed its header as it is from the second look on. */
export async function startChangingDisk(path: string, image: string, changed: Uint8Array): Promise<ChangingDisk> {
  const genuine = readFileSync(image);
  let isCopied = false;
  let wasSeen = false;
  const read = (offset: number, length: number): Buffer => {
    const answer = Buffer.from(genuine.subarray(offset, offset + length));
    if (isCopied && offset < changed.length) {
      wasSeen = true;
      Buffer.from(changed).copy(answer, 0, offset, Math.min(changed.length, offset + length));
    }
    // Nobody but who copies the whole header reads the end of the room for its key slots.
    if (offset < changed.length && offset + length >= changed.length - lastPiece) isCopied = true;
    return answer;
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket, genuine.length, read).catch(() => socket.destroy());
  });
  server.listen(path);
  await once(server, "listening");
  return {
    address: `nbd+unix:///?socket=${path}`,
    wasSeen: () => wasSeen,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

async function serve(socket: Socket, size: number, read: (offset: number, length: number) => Buffer): Promise<void> {
  const take = reader(socket);
  socket.write(Buffer.concat([Buffer.from("NBDMAGICIHAVEOPT"), u16(fixedNewstyle)]));
  await take(4);
  for (let isChosen = false; !isChosen; ) {
    const head = await take(16);
    const option = head.readUInt32BE(8);
    await take(head.readUInt32BE(12));
    if (option === optionAbort) return void socket.end();
    isChosen = option === optionGo;
    if (!isChosen && option !== optionInfo) socket.write(optionReply(option, replyUnsupported));
    else
      socket.write(
        Buffer.concat([
          optionReply(option, replyInfo, Buffer.concat([u16(0), u64(size), u16(hasFlags | readOnly)])),
          optionReply(option, replyDone),
        ]),
      );
  }
  for (;;) {
    const request = await take(28);
    const [kind, cookie] = [request.readUInt16BE(6), request.subarray(8, 16)];
    const [offset, length] = [Number(request.readBigUInt64BE(16)), request.readUInt32BE(24)];
    if (kind === commandDisconnect) return void socket.end();
    const isRead = kind === commandRead;
    socket.write(Buffer.concat([u32(simpleReply), u32(isRead ? 0 : notPermitted), cookie, ...(isRead ? [read(offset, length)] : [])]));
  }
}

/** @returns what waits for so many bytes. */
function reader(socket: Socket): (length: number) => Promise<Buffer> {
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let kept = Buffer.alloc(0);
  return async (length) => {
    while (kept.length < length) {
      const next = await chunks.next();
      if (next.done === true) throw new Error("the other side has gone");
      kept = Buffer.concat([kept, next.value]);
    }
    const taken = kept.subarray(0, length);
    kept = kept.subarray(length);
    return taken;
  };
}

function optionReply(option: number, type: number, content = Buffer.alloc(0)): Buffer {
  return Buffer.concat([u64(optionReplyMagic), u32(option), u32(type), u32(content.length), content]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

const lastPiece = 4096;
const fixedNewstyle = 1;
const optionReplyMagic = 0x3e889045565a9n;
const [optionAbort, optionInfo, optionGo] = [2, 6, 7];
const [replyDone, replyInfo, replyUnsupported] = [1, 3, 0x80000001];
const [hasFlags, readOnly] = [1, 2];
const simpleReply = 0x67446698;
const [commandRead, commandDisconnect] = [0, 2];
const notPermitted = 1;
