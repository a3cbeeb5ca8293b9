// What does the store ask SQLite? Every statement, prepared once for one connection. Values are bound, never written into the text.
import type { Database, Statement } from "better-sqlite3";
import type { SealedEntry } from "../../audit/entry.ts";
import type { LaunchQuery } from "../../manager/ports.ts";
import type { IdKeyRow } from "./id-key-rows.ts";
import type { LaunchRow, VmRow } from "./record-rows.ts";

type Tip = Pick<SealedEntry, "sequence" | "hash">;

export class Statements {
  readonly vms: Statement<[], VmRow>;
  readonly vm: Statement<[string], VmRow>;
  readonly putVm: Statement<[VmRow]>;
  readonly launch: Statement<[string], LaunchRow>;
  readonly putLaunch: Statement<[LaunchRow]>;
  /** Changes nothing where the launch is decided. */
  readonly putProgress: Statement<[LaunchRow]>;
  readonly policy: Statement<[string], string>;
  /** Changes nothing where it is kept already. */
  readonly keepPolicy: Statement<[{ readonly digest: string; readonly text: string }]>;
  readonly idKeys: Statement<[], IdKeyRow>;
  readonly putIdKey: Statement<[IdKeyRow]>;
  readonly removeIdKey: Statement<[string]>;
  readonly signedBlock: Statement<[string], Uint8Array>;
  /** Changes nothing where one is kept already. */
  readonly keepSignedBlock: Statement<[{ readonly digest: string; readonly auth: Uint8Array }]>;
  readonly tip: Statement<[], Tip>;
  readonly entries: Statement<[number, number], SealedEntry>;
  readonly addEntry: Statement<[SealedEntry]>;
  readonly setting: Statement<[string], string>;
  readonly putSetting: Statement<[string, string]>;
  readonly collateral: Statement<[string], Uint8Array>;
  readonly collateralNames: Statement<[string], string>;
  readonly putCollateral: Statement<[string, Uint8Array]>;
  /** Keeps the newest of them. */
  readonly trimCollateral: Statement<[number]>;
  readonly #database: Database;
  readonly #launches = new Map<string, Statement<(string | number)[], LaunchRow>>();

  constructor(database: Database) {
    this.#database = database;
    this.vms = database.prepare("SELECT * FROM vm ORDER BY created_at, id");
    this.vm = database.prepare("SELECT * FROM vm WHERE id = ?");
    this.putVm = database.prepare(
      `INSERT INTO vm VALUES (@id, @created_at, @record)
       ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at, record = excluded.record`,
    );
    this.launch = database.prepare("SELECT * FROM launch WHERE id = ?");
    this.putLaunch = database.prepare(putLaunch);
    this.putProgress = database.prepare(`${putLaunch} WHERE launch.decided = 0`);
    this.policy = database.prepare<[string], string>("SELECT text FROM policy WHERE digest = ?").pluck();
    this.keepPolicy = database.prepare("INSERT INTO policy VALUES (@digest, @text) ON CONFLICT (digest) DO NOTHING");
    this.idKeys = database.prepare("SELECT * FROM id_key ORDER BY created_at, name");
    // SECURITY: never over another key of the same name.
    this.putIdKey = database.prepare("INSERT INTO id_key VALUES (@name, @created_at, @record)");
    this.removeIdKey = database.prepare("DELETE FROM id_key WHERE name = ?");
    this.signedBlock = database.prepare<[string], Uint8Array>("SELECT auth FROM id_block WHERE digest = ?").pluck();
    this.keepSignedBlock = database.prepare("INSERT INTO id_block VALUES (@digest, @auth) ON CONFLICT (digest) DO NOTHING");
    this.tip = database.prepare("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1");
    this.entries = database.prepare("SELECT * FROM audit WHERE sequence >= ? ORDER BY sequence LIMIT ?");
    this.addEntry = database.prepare("INSERT INTO audit VALUES (@sequence, @previous, @hash, @bytes)");
    this.setting = database.prepare<[string], string>("SELECT value FROM setting WHERE name = ?").pluck();
    this.putSetting = database.prepare("INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value");
    this.collateral = database.prepare<[string], Uint8Array>("SELECT bytes FROM collateral WHERE name = ?").pluck();
    this.collateralNames = database.prepare<[string], string>("SELECT name FROM collateral WHERE instr(name, ?) = 1 ORDER BY name").pluck();
    this.putCollateral = database.prepare("INSERT OR REPLACE INTO collateral (name, bytes) VALUES (?, ?)");
    this.trimCollateral = database.prepare("DELETE FROM collateral WHERE number <= (SELECT max(number) FROM collateral) - ?");
  }

  /** Newest first. */
  launches({ vm, states, before, limit }: LaunchQuery): LaunchRow[] {
    const wanted: [string, ...(string | number)[]][] = [];
    if (vm !== undefined) wanted.push(["vm = ?", vm]);
    if (states !== undefined) wanted.push([`state IN (${states.map(() => "?").join(", ")})`, ...states]);
    if (before !== undefined) wanted.push(["(started_at, id) < (SELECT started_at, id FROM launch WHERE id = ?)", before]);
    const where = wanted.length === 0 ? "" : ` WHERE ${wanted.map(([clause]) => clause).join(" AND ")}`;
    const text = `SELECT * FROM launch${where} ORDER BY started_at DESC, id DESC LIMIT ?`;
    const statement = this.#launches.get(text) ?? this.#database.prepare<(string | number)[], LaunchRow>(text);
    this.#launches.set(text, statement);
    return statement.all(...wanted.flatMap(([, ...values]) => values), Math.max(0, Math.min(limit, maximumLaunches)));
  }
}

const putLaunch = `INSERT INTO launch VALUES (@id, @vm, @state, @started_at, @decided, @record, @report, @certificates)
  ON CONFLICT (id) DO UPDATE SET vm = excluded.vm, state = excluded.state, started_at = excluded.started_at, decided = excluded.decided,
  record = excluded.record, report = excluded.report, certificates = excluded.certificates`;
const maximumLaunches = 1000;
