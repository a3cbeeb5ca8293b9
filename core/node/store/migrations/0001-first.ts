// The first layout of the manager's database. Columns are what is asked for; the rest of a record is canonical JSON, its bytes apart.
// Never edited once released: a change is a migration of its own.

export const first = {
  version: 1,
  sql: `
    CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

    CREATE TABLE vm (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, record TEXT NOT NULL) STRICT;

    CREATE TABLE launch (
      id TEXT PRIMARY KEY,
      vm TEXT NOT NULL,
      state TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      -- 1 once a decision about it is durable: progress may not be written over it.
      decided INTEGER NOT NULL CHECK (decided IN (0, 1)),
      record TEXT NOT NULL,
      report BLOB,
      certificates BLOB
    ) STRICT;
    CREATE INDEX launch_by_time ON launch (started_at, id);
    CREATE INDEX launch_by_vm ON launch (vm, started_at, id);
    CREATE INDEX launch_by_state ON launch (state, started_at, id);

    CREATE TABLE audit (
      sequence INTEGER PRIMARY KEY,
      previous BLOB NOT NULL CHECK (length(previous) = 32),
      hash BLOB NOT NULL CHECK (length(hash) = 32),
      bytes BLOB NOT NULL
    ) STRICT;
    -- A guard against our own mistakes: whoever owns the file can drop it, and the chain of hashes then tells.
    CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
    CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;

    CREATE TABLE collateral (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL) STRICT;
  `,
} as const;
