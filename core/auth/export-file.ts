import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from "node:crypto";
import { z } from "zod";
import { HowdahError } from "../errors.js";

const algorithm = "aes-256-gcm";
const authTagLength = 16;
/** What a guess costs: 128 MiB and some tenths of a second. */
const effort = { cost: 2 ** 17, blockSize: 8, parallelization: 1 };
const memoryLimit = 512 * 1024 * 1024;

const scopes = z.array(z.string()).readonly();
const time = z.number();
const app = z.object({ clientId: z.string(), clientSecret: z.string(), scopes: z.string() });
const credentials = z.object({
  accessToken: z.string(),
  refreshToken: z.string().optional(),
  scopes,
  expiresAt: time.optional(),
  obtainedAt: time,
  appScopes: z.string().optional(),
});
const person = z.object({ id: z.string(), username: z.string() });
const content = z.object({
  exportedAt: z.iso.datetime(),
  accounts: z.array(
    z.object({
      name: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/),
      server: z.string().refine((text) => URL.canParse(text)),
      credentials,
      person: person.optional(),
      app: app.optional(),
    }),
  ),
});

/** What an export holds, in clear in memory only. */
export type ExportContent = z.output<typeof content>;
/** One account of an export, with the app that its token was issued to. */
export type ExportedAccount = ExportContent["accounts"][number];

const file = z.object({
  howdah: z.literal("export"),
  format: z.literal(1),
  kdf: z.object({
    name: z.literal("scrypt"),
    cost: z
      .int()
      .min(2 ** 14)
      .max(2 ** 18),
    blockSize: z.int().min(1).max(16),
    parallelization: z.int().min(1).max(4),
    salt: z.base64(),
  }),
  nonce: z.base64(),
  data: z.base64(),
  /** Of the data, so that damage is told from a wrong passphrase; it says nothing of what is in it. */
  sha256: z.hex(),
});

type ExportFile = z.output<typeof file>;

/** The text of an export file: the content under a passphrase (scrypt, AES-256-GCM). */
export async function sealExport(exported: ExportContent, passphrase: string): Promise<string> {
  const kdf = { name: "scrypt" as const, ...effort, salt: randomBytes(16).toString("base64") };
  const nonce = randomBytes(12);
  const cipher = createCipheriv(algorithm, await keyFrom(passphrase, kdf), nonce, { authTagLength });
  cipher.setAAD(boundTo(kdf));
  const bytes = Buffer.concat([cipher.update(JSON.stringify(exported), "utf8"), cipher.final(), cipher.getAuthTag()]);
  const sealed: ExportFile = {
    howdah: "export",
    format: 1,
    kdf,
    nonce: nonce.toString("base64"),
    data: bytes.toString("base64"),
    sha256: digest(bytes),
  };
  return `${JSON.stringify(sealed, undefined, 2)}\n`;
}

/** What an export file holds. Throws EXPORT_INVALID, saying whether it is no export, damaged, or under another passphrase. */
export async function openExport(text: string, passphrase: string): Promise<ExportContent> {
  const { data, kdf, nonce, sha256 } = fileIn(text);
  const bytes = Buffer.from(data, "base64");
  if (digest(bytes) !== sha256 || bytes.length < authTagLength) throw damaged();
  const decipher = createDecipheriv(algorithm, await keyFrom(passphrase, kdf), Buffer.from(nonce, "base64"), {
    authTagLength,
  });
  decipher.setAAD(boundTo(kdf));
  decipher.setAuthTag(bytes.subarray(-authTagLength));
  let clear: string;
  try {
    clear = decipher.update(bytes.subarray(0, -authTagLength), undefined, "utf8") + decipher.final("utf8");
  } catch (cause) {
    throw invalid("the passphrase does not open the file", "give the passphrase that it was exported with", cause);
  }
  const opened = content.safeParse(JSON.parse(clear));
  if (opened.success) return opened.data;
  throw invalid("the file holds what this version does not know", "import it with the version that exported it");
}

function fileIn(text: string): ExportFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    if (text.includes('"howdah": "export"')) throw damaged(cause);
    throw invalid("the file is no export", "make one with: bot export FILE", cause);
  }
  const head = z.looseObject({ howdah: z.literal("export"), format: z.number() }).safeParse(value);
  if (!head.success) throw invalid("the file is no export", "make one with: bot export FILE");
  if (head.data.format > 1) throw invalid("a newer version made the file", "import it with that version");
  const parsed = file.safeParse(value);
  if (!parsed.success) throw damaged(parsed.error);
  return parsed.data;
}

function keyFrom(passphrase: string, kdf: ExportFile["kdf"]): Promise<Buffer> {
  const { blockSize, cost, parallelization, salt } = kdf;
  const options = { cost, blockSize, parallelization, maxmem: memoryLimit };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize("NFKC"), Buffer.from(salt, "base64"), 32, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(damaged(error));
    });
  });
}

/** The key's derivation is bound to the data: neither can be exchanged alone. */
function boundTo(kdf: ExportFile["kdf"]): Buffer {
  return Buffer.from(["howdah export 1", kdf.cost, kdf.blockSize, kdf.parallelization, kdf.salt].join(" "));
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function damaged(cause?: unknown): HowdahError {
  return invalid("the file is damaged or cut off", "copy it anew from where it was exported", cause);
}

function invalid(message: string, cure: string, cause?: unknown): HowdahError {
  return new HowdahError("EXPORT_INVALID", message, { cure: `${cure}; nothing was changed`, cause });
}
