// Who may know whom? The import table of docs/architecture.md as data: for each folder, what it may import and what it may only take types from.
// The longest folder that a file's path begins with rules it. A folder that is not here may not hold source files.

export interface FolderRule {
  /** A folder, or a file where a single file has rights of its own. */
  readonly folder: string;
  /** Folders or files of the repository. Every folder may import itself, but not a part of it that has a line of its own. */
  readonly imports: readonly string[];
  /** Folders or files of which only types may be imported. */
  readonly types?: readonly string[];
  /** npm packages: a name, `@scope/*`, or `*` for all but those that {@link hostPackages} reserves. */
  readonly packages: readonly string[];
  /** Whether Node's own modules may be imported. Where not, neither the clock, nor chance, nor `Buffer` may be used. */
  readonly node: boolean;
}

const pureCore = [
  "base",
  "luks",
  "snp",
  "measure",
  "kit",
  "endorse",
  "appraise",
  "launch",
  "release",
  "audit",
  "manager",
  "api",
  "simulator",
].map((room) => `core/${room}`);

/** What the pure core may have from npm: arithmetic and formats, nothing that reaches for a machine. */
const purePackages = [
  "@bufbuild/*",
  "@hpke/*",
  "@noble/*",
  "@peculiar/x509",
  "reflect-metadata",
  "zod",
  "@orpc/contract",
  "yaml",
  "cborg",
  "fast-xml-parser",
  "shell-quote",
];

export const folderRules: readonly FolderRule[] = [
  { folder: "core/base", imports: [], packages: purePackages, node: false },
  { folder: "core/luks", imports: ["core/base"], packages: purePackages, node: false },
  { folder: "core/snp", imports: ["core/base"], packages: purePackages, node: false },
  { folder: "core/measure", imports: ["core/base", "core/snp"], packages: purePackages, node: false },
  { folder: "core/kit", imports: ["core/base", "core/snp", "core/measure", "core/launch"], packages: purePackages, node: false },
  { folder: "core/endorse", imports: ["core/base", "core/snp"], packages: purePackages, node: false },
  { folder: "core/appraise", imports: ["core/base", "core/snp", "core/endorse"], packages: purePackages, node: false },
  { folder: "core/launch", imports: ["core/base", "core/snp"], types: ["core/appraise"], packages: purePackages, node: false },
  { folder: "core/release", imports: ["core/base"], types: ["core/appraise", "core/audit"], packages: purePackages, node: false },
  { folder: "core/audit", imports: ["core/base"], packages: purePackages, node: false },
  {
    folder: "core/audit/verifier.ts",
    imports: ["core/base", "core/audit", "core/endorse", "core/appraise", "core/launch/binding.ts"],
    packages: purePackages,
    node: false,
  },
  { folder: "core/manager", imports: pureCore, packages: purePackages, node: false },
  { folder: "core/api", imports: ["core/base"], types: ["core/snp", "core/measure", "core/kit"], packages: purePackages, node: false },
  { folder: "core/simulator", imports: ["core/base", "core/snp", "core/endorse"], packages: purePackages, node: false },
  { folder: "core/node", imports: pureCore, packages: ["*"], node: true },
  { folder: "core/cli", imports: [...pureCore, "core/node"], packages: ["*"], node: true },
  {
    folder: "agent",
    imports: [
      "core/base",
      "core/luks",
      "core/snp",
      "core/launch",
      "core/node/primitives.ts",
      "core/node/clock.ts",
      "core/node/log.ts",
      "core/node/random.ts",
      "core/node/timers.ts",
    ],
    packages: ["@hpke/*", "@noble/*"],
    node: true,
  },
  // Never in the release bundle (build/bundle.ts): the agent's end of the simulated processor's port.
  { folder: "agent/simulated", imports: ["agent", "core/base", "core/simulator/port-codec.ts"], packages: [], node: true },
  {
    folder: "agent/simulated-main.ts",
    imports: ["agent", "core/base", "core/node/clock.ts", "core/node/log.ts", "core/node/random.ts", "core/node/timers.ts"],
    packages: [],
    node: true,
  },
  { folder: "electron/main", imports: ["core/api", "core/base"], packages: ["*", "electron"], node: true },
  { folder: "electron/preload", imports: ["core/api", "core/base"], packages: ["electron"], node: false },
  { folder: "electron/service", imports: [...pureCore, "core/node"], packages: ["*", "electron"], node: true },
  { folder: "renderer", imports: ["core/api", "core/base", "core/snp", "core/measure", "core/kit"], packages: ["*"], node: false },
  { folder: "build", imports: ["core", "vite.config.ts"], packages: ["*"], node: true },
  { folder: "test", imports: ["core", "agent", "electron", "renderer", "build", "test"], packages: ["*", "electron"], node: true },
];

/** Packages that belong to one host. `packages: ["*"]` does not give them; the second list names who may have the native ones. */
export const hostPackages: Readonly<Record<string, readonly string[]>> = {
  electron: ["electron", "test"],
  "better-sqlite3": ["core/node", "electron/service", "test"],
  keytar: ["core/node", "electron/service", "test"],
  ws: ["core/node", "core/cli", "test"],
  react: ["renderer", "test"],
  "react-dom": ["renderer", "test"],
};

/** Folders where `Buffer` may be named; everywhere else bytes are `Uint8Array`. */
export const bufferFolders = ["core/node", "core/cli", "agent", "electron", "build", "test"];

/** The one file that may import `ipcMain`, so that every IPC entry goes through its checks. */
export const ipcGate = "electron/main/ipc-gate.ts";

export const maximumLines = 300;
