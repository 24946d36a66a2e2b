import { AppRegistry } from "../oauth/app-registry.js";
import { Authorization } from "../oauth/authorization.js";
import { Secrets } from "../oauth/secrets.js";
import { Sessions } from "../oauth/sessions.js";
import { TokenStore } from "../oauth/token-store.js";
import type { Settings } from "../settings.js";
import { Connections } from "../streaming/connections.js";
import { addPerson } from "../world/people.js";
import { createWorld, type World } from "../world/world.js";
import { AnswerCache } from "./answer-cache.js";
import { Faults } from "./faults.js";
import { Limits } from "./limits.js";
import { RequestLog } from "./request-log.js";

/** Everything a running sandbox is made of. */
export interface Parts {
  readonly settings: Settings;
  readonly world: World;
  readonly secrets: Secrets;
  readonly apps: AppRegistry;
  readonly authorization: Authorization;
  readonly tokens: TokenStore;
  readonly sessions: Sessions;
  readonly limits: Limits;
  readonly answers: AnswerCache;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly connections: Connections;
}

/** Puts a sandbox together, with its people. */
export function createParts(settings: Settings): Parts {
  const world = createWorld(settings);
  const secrets = new Secrets();
  const apps = new AppRegistry(secrets, settings.dialect.scopes);
  const connections = new Connections();
  for (const user of settings.users) addPerson(world, user);
  return {
    settings,
    world,
    secrets,
    apps,
    authorization: new Authorization(apps, secrets, settings),
    tokens: new TokenStore(secrets, settings, (token) => connections.closeOf(token)),
    sessions: new Sessions(),
    limits: new Limits(settings),
    answers: new AnswerCache(settings),
    faults: new Faults(),
    log: new RequestLog(),
    connections,
  };
}
