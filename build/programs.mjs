// Which system programs do the tests need, which Debian package brings each, and is it here? One list for npm test, .ci/run and test/kit/needs.ts.
// Plain JavaScript: it is read before anything is installed. It never installs a program.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Program -> the names it may have on the PATH, and the Debian package that brings it. */
export const programs = Object.freeze({
  "dbus-daemon": { names: ["dbus-daemon"], package: "dbus" },
  "gnome-keyring-daemon": { names: ["gnome-keyring-daemon"], package: "gnome-keyring" },
  cryptsetup: { names: ["cryptsetup"], package: "cryptsetup-bin" },
  mke2fs: { names: ["mke2fs"], package: "e2fsprogs" },
  script: { names: ["script"], package: "bsdutils" },
  perl: { names: ["perl"], package: "perl-base" },
  xmllint: { names: ["xmllint"], package: "libxml2-utils" },
  openssl: { names: ["openssl"], package: "openssl" },
  "fsck.fat": { names: ["fsck.fat"], package: "dosfstools" },
  mtools: { names: ["mtools"], package: "mtools" },
  cpio: { names: ["cpio"], package: "cpio" },
  zstd: { names: ["zstd"], package: "zstd" },
  lsinitramfs: { names: ["lsinitramfs"], package: "initramfs-tools-core" },
  strip: { names: ["strip"], package: "binutils" },
  "dpkg-deb": { names: ["dpkg-deb"], package: "dpkg" },
  rpmbuild: { names: ["rpmbuild"], package: "rpm" },
  rpm: { names: ["rpm"], package: "rpm" },
  chromium: { names: ["chromium", "chromium-browser", "google-chrome"], package: "chromium" },
});

/** @typedef {keyof typeof programs} Program */

/** Where administrators' programs are, for people whose PATH does not say so. */
const extraFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/**
 * @param {Program} program
 * @returns {string | undefined} the absolute path, or undefined where it is not installed
 */
export function findProgram(program) {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...extraFolders].filter((folder) => folder !== "");
  return programs[program].names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** @returns {readonly Program[]} the programs that the tests need and that are not installed */
export function missingPrograms() {
  return allPrograms.filter((program) => findProgram(program) === undefined);
}

/**
 * @param {Program} program
 * @returns {string} for a person: what is missing, and how to get it
 */
export function missingSentence(program) {
  return `${program} is not installed (Debian: apt-get install ${programs[program].package})`;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const allPrograms = /** @type {Program[]} */ (Object.keys(programs));
