// Answers questions, one JSON object per line, with verifiers that share no code with Clearcut:
//
//   {"ask": "receipt", "receipt": BUNDLE, "root": TRUSTED ROOT, "keys": {KEY ID: SPKI in base64}}
//   {"ask": "picture", "file": PATH}
//
// An answer is {"ok": true} or {"ok": false, "code": …, "said": …}; for a picture with every status code and the
// certificates its claim is signed with (PEM, the signer's first).
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { webcrypto } from "node:crypto";

// Node 18 has it, but not under this name.
globalThis.crypto ??= webcrypto;

const { bundleFromJSON } = await import("@sigstore/bundle");
const { TrustedRoot } = await import("@sigstore/protobuf-specs");
const { Verifier, toSignedEntity, toTrustMaterial } = await import("@sigstore/verify");
const { JPEG, PNG } = await import("@trustnxt/c2pa-ts/asset");
const { SuperBox } = await import("@trustnxt/c2pa-ts/jumbf");
const { ManifestStore } = await import("@trustnxt/c2pa-ts/manifest");

// No certificates and no time stamps: keys come from the trust file, and the log is what a receipt rests on.
const thresholds = { ctlogThreshold: 0, tlogThreshold: 1, timestampThreshold: 0 };

function receipt({ receipt, root, keys }) {
  const known = Object.fromEntries(
    Object.entries(keys).map(([id, spki]) => [id, { rawBytes: Buffer.from(spki, "base64") }]),
  );
  const trust = toTrustMaterial(TrustedRoot.fromJSON(root), known);
  new Verifier(trust, thresholds).verify(toSignedEntity(bundleFromJSON(receipt)));
  return { ok: true };
}

async function picture({ file }) {
  const bytes = await readFile(file);
  const asset = PNG.canRead(bytes) ? new PNG(bytes) : new JPEG(bytes);
  const jumbf = asset.getManifestJUMBF();
  if (!jumbf) return { ok: false, code: "no manifest", said: "The file has no content credentials." };
  const store = ManifestStore.read(SuperBox.fromBuffer(jumbf));
  const result = await store.validate(asset);
  const wrong = result.statusEntries.filter((entry) => !entry.success);
  const { certificate, chainCertificates } = store.getActiveManifest().signature.signatureData;
  return {
    ok: result.isValid,
    code: wrong.map((entry) => entry.code).join(" "),
    said: wrong.map((entry) => entry.explanation).join(" "),
    codes: result.statusEntries.map((entry) => entry.code),
    certificates: [certificate, ...chainCertificates].map((one) => one.toString("pem")),
  };
}

const answers = { receipt, picture };

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  let answer;
  try {
    answer = await answers[question.ask](question);
  } catch (problem) {
    answer = { ok: false, code: problem.code ?? problem.name, said: problem.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
