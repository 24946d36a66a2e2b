import "reflect-metadata";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { AuthService } from "../../core/auth/auth-service.js";
import { Authorization } from "../../core/auth/authorization.js";
import { MirrorDirectory } from "../../core/auth/mirror-directory.js";
import { MirroredVault } from "../../core/auth/mirrored-vault.js";
import { OAuth } from "../../core/auth/oauth.js";
import { Pace } from "../../core/auth/pace.js";
import { RedisOutages } from "../../core/auth/redis-outages.js";
import { RedisVault } from "../../core/auth/redis-vault.js";
import { RefreshLease } from "../../core/auth/refresh-lease.js";
import { Refresher } from "../../core/auth/refresher.js";
import { Registration } from "../../core/auth/registration.js";
import { RenewalSlots } from "../../core/auth/renewal-slots.js";
import { VaultMirror } from "../../core/auth/vault-mirror.js";
import { VaultRows } from "../../core/auth/vault-rows.js";
import { Verifier } from "../../core/auth/verifier.js";
import { createHttp } from "../../core/mastodon/create-http.js";
import type { Keyring } from "../../core/store/seal.js";
import { emptied } from "../support/redis.js";
import type { Place, Services } from "./services.js";

/** The services of one process whose vault is mirrored. */
export interface MirroredServices extends Services {
  readonly mirror: VaultMirror;
  /** What was said about the mirror. */
  readonly said: string[];
}

/** A directory that goes with the test. */
export function directoryFor(): string {
  const directory = mkdtempSync(join(tmpdir(), "mirror-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** One more process at this place, with its mirror in `directory`. */
export function mirroredAt({ corner, keyring, redis }: Place, directory: string): MirroredServices {
  const { keys } = corner;
  const http = createHttp({ userAgent: "howdah-test" });
  onTestFinished(() => http.close());
  const inner = new RedisVault(redis, keys, keyring);
  const said: string[] = [];
  const mirror = new VaultMirror({
    rows: new VaultRows(redis, keys),
    directory: new MirrorDirectory(directory),
    keyring,
    vault: inner,
    log: { warn: (_fields, text) => said.push(text) },
  });
  const vault = new MirroredVault(inner, mirror);
  const oauth = new OAuth(http);
  const outages = new RedisOutages(redis, keys);
  const registration = new Registration(vault, http, oauth, outages, redis, keys);
  const verifier = new Verifier(http, outages, new Pace());
  const refresher = new Refresher(vault, registration, oauth, new RefreshLease(redis, keys));
  const auth = new AuthService(vault, registration, refresher, verifier, new RenewalSlots(redis, keys));
  const authorization = new Authorization(vault, registration, oauth, auth);
  return { auth, authorization, mirror, oauth, registration, said, vault };
}

/** The files under a directory with their text, by their path in it. */
export function filesIn(directory: string): Map<string, string> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((file) => [file.slice(directory.length + 1), readFileSync(file, "utf8")]),
  );
}

/** What a fleet loses when its Redis does. */
export function wipe({ corner, redis }: Place): Promise<void> {
  return emptied(redis, corner.prefix);
}

/** The same place under another key. */
export function underKey(place: Place, keyring: Keyring): Place {
  return { ...place, keyring };
}
