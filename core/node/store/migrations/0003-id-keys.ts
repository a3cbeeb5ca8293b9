// What is known of an owner's signing keys, and the ID authentication of each block that they signed. No private key is ever in here.
// Never edited once released: a change is a migration of its own.

export const idKeys = {
  version: 3,
  sql: `
    CREATE TABLE id_key (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE id_block (digest TEXT PRIMARY KEY, auth BLOB NOT NULL CHECK (length(auth) = 4096)) STRICT;
  `,
} as const;
