// Who knows where the manager is, when the VM has only its name? A name server for one name and one address of IPv4 (RFC 1035), on an address of this
// machine that nothing else uses. It answers one question a packet, and says of every other name that there is none.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { concat } from "../../core/base/bytes.ts";
import { utf8 } from "../../core/base/utf8.ts";

export interface NameServer {
  readonly address: string;
  close(): void;
}

/** Needs root: the port is DNS' own. */
export async function startNameServer(name: string, address: string): Promise<NameServer> {
  const socket = createSocket("udp4");
  const own = "127.7.4.43";
  socket.on("message", (question, from) => socket.send(answerTo(new Uint8Array(question), name, address), from.port, from.address));
  socket.bind(53, own);
  await once(socket, "listening");
  return { address: own, close: () => socket.close() };
}

function answerTo(question: Uint8Array, name: string, address: string): Uint8Array {
  const wanted = concat(...name.split(".").map((label) => concat(new Uint8Array([label.length]), utf8(label))), new Uint8Array(1));
  const end = headLength + wanted.length;
  const asked = question.slice(headLength, end);
  const known = asked.every((byte, index) => byte === wanted[index]);
  const kind = question[end + 1];
  const count = known && kind === ofAddresses ? 1 : 0;
  // Response, recursion desired and available; NXDOMAIN where the name is another.
  const head = new Uint8Array([...question.slice(0, 2), 0x81, known ? 0x80 : 0x83, 0, 1, 0, count, 0, 0, 0, 0]);
  // By reference to the question; class IN, to be kept for a minute.
  const record = new Uint8Array([0xc0, headLength, 0, ofAddresses, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)]);
  return concat(head, question.slice(headLength, end + 4), count === 0 ? new Uint8Array() : record);
}

const headLength = 12;
const ofAddresses = 1;
