// What the tests of core/node share: a log that can be read, a keychain and settings in memory, and a folder that goes away.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { failure } from "../../core/base/failure.ts";
import { fail, ok } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import type { FailureCode } from "../../core/base/failure.ts";
import type { Log, LogFields } from "../../core/base/log.ts";
import type { Result } from "../../core/base/result.ts";
import type { Keychain } from "../../core/manager/ports.ts";

export function scratchFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "portcullis-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface HeardLine {
  readonly event: string;
  readonly fields: LogFields;
}

export function hearingLog(): { readonly log: Log; readonly lines: HeardLine[] } {
  const lines: HeardLine[] = [];
  return { lines, log: { write: (_level, event, fields = {}) => void lines.push({ event, fields }) } };
}

export { codeOf } from "./answers.ts";

/** Never durable: for tests of what uses a keychain. */
export class MemoryKeychain implements Keychain {
  readonly backend = "memory";
  readonly kept = new Map<string, Uint8Array>();
  fault: FailureCode | undefined;

  getSecret(account: string): Promise<Result<Secret>> {
    const bytes = this.kept.get(account);
    if (this.fault !== undefined) return Promise.resolve(fail(failure(this.fault)));
    return Promise.resolve(bytes === undefined ? fail(failure("keychain.no-such-key", account)) : ok(new Secret(bytes.slice())));
  }

  setSecret(account: string, secret: Secret): Promise<Result<void>> {
    if (this.fault !== undefined) return Promise.resolve(fail(failure(this.fault)));
    secret.use((bytes) => this.kept.set(account, bytes.slice()));
    return Promise.resolve(ok(undefined));
  }

  deleteSecret(account: string): Promise<Result<void>> {
    this.kept.delete(account);
    return Promise.resolve(ok(undefined));
  }
}

/** The two methods of a store that keep settings. */
export class MemorySettings {
  readonly kept = new Map<string, string>();

  setting(name: string): string | undefined {
    return this.kept.get(name);
  }

  saveSetting(name: string, value: string): Result<void> {
    this.kept.set(name, value);
    return ok(undefined);
  }
}
