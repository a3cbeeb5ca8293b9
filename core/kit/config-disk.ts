// A small disk that holds the agent's configuration, for hosts that cannot pass it otherwise: FAT12 (Microsoft FAT specification 1.03), labelled
// PORTCULLIS, one file agent.json. The same configuration always makes the same bytes. Public by design: it must never hold a secret.
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { utf8 } from "../base/utf8.ts";
import { viewOf } from "../base/bytes.ts";
import { maximumConfigurationBytes } from "../launch/agent-configuration.ts";

/** By which the VM finds the disk, whatever the host calls it: /dev/disk/by-label/PORTCULLIS. */
const configDiskLabel = "PORTCULLIS";
export const configDiskBytes = 65_536;

/**
 * @param configuration the canonical bytes that HOST_DATA is the digest of.
 * @param digest their SHA-256: its first four bytes are the volume's serial number, so that two disks can be told apart.
 */
export function makeConfigDisk(configuration: Uint8Array, digest: Uint8Array): Result<Uint8Array> {
  if (configuration.length === 0 || configuration.length > maximumConfigurationBytes) {
    return fail(failure("launch.configuration-json", `${configuration.length} bytes`));
  }
  const image = new Uint8Array(configDiskBytes);
  image.set(bootSector(viewOf(digest).getUint32(0)), 0);
  const table = allocationTable(Math.ceil(configuration.length / sectorBytes));
  for (let copy = 0; copy < tables; copy++) image.set(table, (1 + copy) * sectorBytes);
  const [label, longName, file] = [labelEntry(), longNameEntry(), fileEntry(configuration.length)];
  const directory = (1 + tables) * sectorBytes;
  for (const [index, entry] of [label, longName, file].entries()) image.set(entry, directory + index * entryBytes);
  image.set(configuration, directory + sectorBytes);
  return ok(image);
}

function bootSector(serial: number): Uint8Array {
  const sector = new Uint8Array(sectorBytes);
  const view = viewOf(sector);
  // Jump to the code behind the parameters, which halts: there is nothing to boot here.
  sector.set([0xeb, 0x3c, 0x90], 0);
  sector.set(utf8("MSDOS5.0"), 3);
  view.setUint16(11, sectorBytes, true);
  sector[13] = 1; // sectors in a cluster
  view.setUint16(14, 1, true); // sectors before the tables: this one
  sector[16] = tables;
  view.setUint16(17, sectorBytes / entryBytes, true); // entries of the root directory
  view.setUint16(19, configDiskBytes / sectorBytes, true);
  sector[21] = mediaFixed;
  view.setUint16(22, 1, true); // sectors in a table
  view.setUint16(24, 32, true); // sectors in a track
  view.setUint16(26, 2, true); // heads
  sector[36] = 0x80; // first fixed disk
  sector[38] = 0x29; // the three fields that follow are there
  view.setUint32(39, serial, true);
  sector.set(utf8(configDiskLabel.padEnd(11)), 43);
  sector.set(utf8("FAT12   "), 54);
  sector.set([0xf4, 0xeb, 0xfd], 62);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

/** 12 bits for each cluster; two reserved ones, then the file's own, one after the other. */
function allocationTable(clusters: number): Uint8Array {
  const table = new Uint8Array(sectorBytes);
  const put = (cluster: number, value: number): void => {
    const at = cluster + (cluster >> 1);
    const [low, high] = [table[at] ?? 0, table[at + 1] ?? 0];
    table[at] = cluster % 2 === 0 ? value & 0xff : (low & 0x0f) | ((value & 0x0f) << 4);
    table[at + 1] = cluster % 2 === 0 ? (high & 0xf0) | (value >> 8) : value >> 4;
  };
  put(0, 0xf00 | mediaFixed);
  put(1, endOfChain);
  for (let index = 0; index < clusters; index++) {
    const cluster = firstCluster + index;
    put(cluster, index + 1 === clusters ? endOfChain : cluster + 1);
  }
  return table;
}

function labelEntry(): Uint8Array {
  const entry = new Uint8Array(entryBytes);
  entry.set(utf8(configDiskLabel.padEnd(11)), 0);
  entry[11] = attributeLabel;
  setDates(entry);
  return entry;
}

function fileEntry(length: number): Uint8Array {
  const entry = new Uint8Array(entryBytes);
  entry.set(utf8(shortName), 0);
  entry[11] = attributeArchive;
  setDates(entry);
  const view = viewOf(entry);
  view.setUint16(26, firstCluster, true);
  view.setUint32(28, length, true);
  return entry;
}

/** The name as the agent asks for it: "json" does not fit into a short name. One entry holds 13 UTF-16 units. */
function longNameEntry(): Uint8Array {
  const entry = new Uint8Array(entryBytes);
  entry[0] = 0x41; // the last one, and the first
  entry[11] = attributeLongName;
  entry[13] = checksumOf(shortName);
  const view = viewOf(entry);
  for (const [index, place] of longNamePlaces.entries()) {
    const unit = index < longName.length ? longName.charCodeAt(index) : index === longName.length ? 0 : 0xffff;
    view.setUint16(place, unit, true);
  }
  return entry;
}

function checksumOf(name: string): number {
  return utf8(name).reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0);
}

/** Made, changed and read on 1 January 1980, the first day that there is. */
function setDates(entry: Uint8Array): void {
  const view = viewOf(entry);
  for (const place of [16, 18, 24]) view.setUint16(place, 0x21, true);
}

const sectorBytes = 512;
const entryBytes = 32;
const tables = 2;
const firstCluster = 2;
const endOfChain = 0xfff;
const mediaFixed = 0xf8;
const attributeLabel = 0x08;
const attributeArchive = 0x20;
const attributeLongName = 0x0f;
const longName = "agent.json";
const shortName = "AGENT~1 JSO";
const longNamePlaces = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30] as const;
