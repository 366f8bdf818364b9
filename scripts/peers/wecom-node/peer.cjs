// Seals and opens WeCom envelopes with the official SDK. One JSON object a line, in and out.
// Started with the token, the EncodingAESKey and the receive id as one JSON array.
const { createInterface } = require("node:readline");
const { createRequire } = require("node:module");

const [, , folder, account] = process.argv;
const { WecomCrypto } = createRequire(`${folder}/package.json`)("@wecom/aibot-node-sdk");
const crypto = new WecomCrypto(...JSON.parse(account));

function answer({ do: what, plain, encrypt, signature, timestamp, nonce }) {
  if (what === "seal") return crypto.encrypt(plain, timestamp, nonce);
  if (!crypto.verifySignature(signature, timestamp, nonce, encrypt)) return { error: "signature" };
  return { plain: crypto.decrypt(encrypt) };
}

createInterface({ input: process.stdin }).on("line", (line) => {
  let result;
  try {
    result = answer(JSON.parse(line));
  } catch (error) {
    result = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(result) + "\n");
});
