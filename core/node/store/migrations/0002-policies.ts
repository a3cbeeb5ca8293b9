// Policies are kept for ever under their digest, so that a launch can be judged again as it was judged then.
// Never edited once released: a change is a migration of its own.

export const policies = {
  version: 2,
  sql: `
    CREATE TABLE policy (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
    -- A guard against our own mistakes: whoever owns the file can drop it, and the digests then tell.
    CREATE TRIGGER policy_is_not_changed BEFORE UPDATE ON policy BEGIN SELECT RAISE(ABORT, 'a policy is not changed once it was used'); END;
    CREATE TRIGGER policy_is_not_cut BEFORE DELETE ON policy BEGIN SELECT RAISE(ABORT, 'a policy is not forgotten once it was used'); END;
  `,
} as const;
