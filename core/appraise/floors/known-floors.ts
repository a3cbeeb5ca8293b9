// Which versions do AMD's bulletins ask for, as far as it is known here? Data only, each line with where it was read and when. AMD publishes no table of
// TCB levels, and its bulletins could not be read for this one: each number is what projects that cite the bulletin quote, so none is a default.
import type { KnownFloor } from "./floor-table.ts";

/** When the quotations were read. */
const read = "2026-09";

const badRam = { issue: "BadRAM: aliased memory", bulletin: "AMD-SB-3015", cve: "CVE-2024-21944" };
const entrySign = { issue: "EntrySign: forged microcode", bulletin: "AMD-SB-3019", cve: "CVE-2024-56161" };
const rmPocalypse = { issue: "RMPocalypse: a reverse map that can be written at start-up", bulletin: "AMD-SB-3020", cve: "CVE-2025-0033" };
const iommu = { issue: "IOMMU writes into guest memory", bulletin: "AMD-SB-3016", cve: "CVE-2023-20585" };
const stackWarp = { issue: "StackWarp: a sibling thread moves the stack pointer", bulletin: "AMD-SB-3027", cve: "CVE-2025-29943" };
const breakFast = { issue: "BreakFAST", bulletin: "AMD-SB-3030", cve: "CVE-2025-61971" };
const firmwareBugs = { issue: "Firmware flaws of AMD-SB-3023", bulletin: "AMD-SB-3023", cve: "CVE-2025-48514" };
const fabricked = { issue: "Fabricked", bulletin: "AMD-SB-3034", cve: "CVE-2025-54510" };

const two = { certainty: "two-sources", source: "two independent projects that cite the bulletin", date: read } as const;
const one = { certainty: "one-source", source: "one project that cites the bulletin", date: read } as const;
const disputed = {
  certainty: "disputed",
  source: "one project that cites the bulletin; another says that AMD withdrew the number",
  date: read,
} as const;

export const knownFloors: readonly KnownFloor[] = [
  { ...badRam, ...one, line: "Milan", demand: { component: "snp", least: 0x17 } },
  { ...badRam, ...one, line: "Genoa", demand: { component: "snp", least: 0x16 } },

  { ...entrySign, ...two, line: "Milan", demand: { component: "microcode", least: 0xdb } },
  { ...entrySign, ...two, line: "Milan-X", demand: { component: "microcode", least: 0x44 } },
  { ...entrySign, ...two, line: "Genoa", demand: { component: "microcode", least: 0x54 } },
  { ...entrySign, ...two, line: "Genoa-X", demand: { component: "microcode", least: 0x4f } },
  { ...entrySign, ...two, line: "Bergamo-Siena", demand: { component: "microcode", least: 0x19 } },
  { ...entrySign, ...two, line: "Genoa", demand: { component: "snp", least: 0x17 } },
  { ...entrySign, ...two, line: "Genoa", demand: { firmware: "1.55.40" } },

  { ...rmPocalypse, ...two, line: "Genoa", demand: { component: "snp", least: 0x1b } },
  { ...rmPocalypse, ...two, line: "Genoa", demand: { firmware: "1.55.49" } },
  { ...rmPocalypse, ...two, line: "Genoa", demand: { component: "microcode", least: 0x56 } },
  { ...rmPocalypse, ...two, line: "Genoa-X", demand: { component: "microcode", least: 0x51 } },
  { ...rmPocalypse, ...two, line: "Turin", demand: { component: "snp", least: 0x04 } },
  { ...rmPocalypse, ...two, line: "Turin", demand: { component: "microcode", least: 0x50 } },
  { ...rmPocalypse, ...two, line: "Milan", demand: { mitigationBit: 1 } },

  { ...iommu, ...two, line: "Milan", demand: { component: "snp", least: 0x1b } },
  { ...iommu, ...two, line: "Genoa", demand: { component: "snp", least: 0x1b } },
  { ...iommu, ...two, line: "Milan", demand: { mitigationBit: 2 } },

  { ...stackWarp, ...two, line: "Genoa", demand: { component: "microcode", least: 0x56 } },
  { ...stackWarp, ...two, line: "Genoa-X", demand: { component: "microcode", least: 0x51 } },
  { ...stackWarp, ...two, line: "Turin", demand: { component: "microcode", least: 0x51 } },

  { ...firmwareBugs, ...one, line: "Milan", demand: { component: "snp", least: 0x1b } },

  { ...breakFast, ...two, line: "Milan", demand: { component: "snp", least: 0x1d } },
  { ...breakFast, ...two, line: "Milan", demand: { mitigationBit: 4 } },

  { ...fabricked, ...disputed, line: "Genoa", demand: { component: "snp", least: 0x1c } },
];

/** What no floor shows: for the person who reads the table, so that they do not take it for the whole truth. */
export const beyondFloors: readonly { readonly issue: string; readonly helps: string }[] = [
  { issue: badRam.issue, helps: "platform: require `aliasCheckComplete`, as every preset but lab does." },
  {
    issue: stackWarp.issue,
    helps: "In full only without simultaneous multithreading: allow no `smt` in the guest policy, and forbid `smtEn`.",
  },
  { issue: iommu.issue, helps: "The host's kernel must be new, too: platform `iommuWriteSafe` says so, where the firmware reports it." },
  { issue: "Ciphertext side channels (CipherLeaks)", helps: "Genoa and Turin: demand `ciphertextHidingDram` in the guest policy." },
  { issue: "Power side channels (PwrLeak)", helps: "Demand `raplDis` in the guest policy." },
  { issue: "Root seed extraction on Milan (MilanLaunchy)", helps: "No version shows it: list your own chips, or do not accept Milan." },
  {
    issue: "Interposers on the memory bus (Battering RAM, TEE.fail)",
    helps: "Nothing in a report shows it: who can touch the machine counts.",
  },
  { issue: "Milan firmware of AMD-SB-3033", helps: "Fixed without a version that a report shows." },
];
