import { createCipheriv, createHash, randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HowdahError } from "../../core/errors.js";
import { Keyring } from "../../core/store/seal.js";

const key = Keyring.generate();
const keyring = Keyring.parse(key, "BOT_KEY");

function codeThrownBy(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof HowdahError ? error.code : String(error);
  }
}

test("opens what it sealed, whatever it says, at its own place only", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string(), fc.string(), (text, place, elsewhere) => {
      const sealed = keyring.seal(text, place);
      expect(keyring.open(sealed, place)).toBe(Buffer.from(text).toString());
      if (elsewhere !== place) expect(codeThrownBy(() => keyring.open(sealed, elsewhere))).toBe("KEY_MISMATCH");
    }),
  );
});

test("the same text sealed twice does not look the same, and never shows", () => {
  const [one, two] = [keyring.seal("the-secret", "a"), keyring.seal("the-secret", "a")];
  expect(one).not.toBe(two);
  expect(one).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]{16}\.[\w-]+$/);
  expect(one).not.toContain("secret");
});

test("any changed character is noticed", () => {
  const sealed = keyring.seal("the-secret", "a");
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.constantFrom("A", "z", "0", ".", "-"), (at, character) => {
      const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
      // The last character of base64 holds bits that do not count.
      if (changed === sealed || at === sealed.length - 1) return;
      expect(codeThrownBy(() => keyring.open(changed, "a"))).toBe("KEY_MISMATCH");
    }),
  );
});

describe("refuses", () => {
  /** Seals as the keyring does, but with a tag of another length. */
  function sealedWithTag(tagLength: number): string {
    const bytes = Buffer.from(key, "base64");
    const id = createHash("sha256").update("howdah key id").update(bytes).digest("hex").slice(0, 8);
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", bytes, nonce, { authTagLength: tagLength });
    cipher.setAAD(Buffer.from("a"));
    const data = Buffer.concat([cipher.update("x"), cipher.final(), cipher.getAuthTag()]);
    return ["v1", id, nonce.toString("base64url"), data.toString("base64url")].join(".");
  }

  test("nothing, where the tag is whole", () => {
    expect(keyring.open(sealedWithTag(16), "a")).toBe("x");
  });

  test.each([4, 8, 12, 15])("a tag of %i bytes", (length) => {
    expect(codeThrownBy(() => keyring.open(sealedWithTag(length), "a"))).toBe("KEY_MISMATCH");
    const [form, id, nonce, data = ""] = keyring.seal("", "a").split(".");
    const cut = Buffer.from(data, "base64url").subarray(0, length).toString("base64url");
    expect(codeThrownBy(() => keyring.open([form, id, nonce, cut].join("."), "a"))).toBe("KEY_MISMATCH");
  });

  test.each(["", "v1", "v1...", "v2.00000000.AAAA.AAAA", "the text itself", "v1.00000000.AAAAAAAAAAAAAAAA.AAAA"])(
    "what is not sealed: %j",
    (text) => expect(codeThrownBy(() => keyring.open(text, "a"))).toBe("KEY_MISMATCH"),
  );

  test.each([
    ["nothing", ""],
    ["commas", " , ,"],
    ["16 bytes", randomBytes(16).toString("base64")],
    ["33 bytes", randomBytes(33).toString("base64")],
    ["hexadecimal", randomBytes(32).toString("hex")],
    ["a pass phrase", "correct horse battery staple"],
    ["one good and one bad", `${key},oops`],
  ])("%s for a key, naming where it came from and never what it is", (_what, text) => {
    try {
      Keyring.parse(text, "BOT_KEY_FILE");
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "KEY_INVALID", message: "BOT_KEY_FILE does not hold base64 of 32 bytes" });
      expect(String((error as Error).stack)).not.toContain(key);
    }
  });
});

describe("several keys", () => {
  const [older, newer] = [Keyring.generate(), Keyring.generate()];
  const both = Keyring.parse(` ${newer} ,\n${older.replace(/=+$/, "")}\n`, "BOT_KEY");

  test("the older one opens, the newest one seals", () => {
    const before = Keyring.parse(older, "BOT_KEY").seal("x", "a");
    expect(both.open(before, "a")).toBe("x");
    const after = both.seal("y", "a");
    expect(Keyring.parse(newer, "BOT_KEY").open(after, "a")).toBe("y");
    expect(codeThrownBy(() => Keyring.parse(older, "BOT_KEY").open(after, "a"))).toBe("KEY_MISMATCH");
  });
});
