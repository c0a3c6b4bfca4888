// Prints COUNT random requests signed by @smithy/signature-v4, one JSON document a line:
// {method, target, headers: [[name, value]], body: base64, signed: [names]}.
// Arguments: COUNT SEED ACCESS_KEY SECRET
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";

const [count, seed, accessKeyId, secretAccessKey] = process.argv.slice(2);

// mulberry32: the same requests from the same seed.
let state = Number(seed) >>> 0;
function below(bound) {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % bound;
}
const pick = (from) => from[below(from.length)];

const LETTERS = [..."abcXYZ019-._~ /:+=&%?#@!$'()*,;\"<>[]{}|\\^`\u00e4\u20ac\u{1f600}"];
const word = (max = 8) => Array.from({ length: 1 + below(max) }, () => pick(LETTERS)).join("");
const escape = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());

function randomRequest() {
  const segments = Array.from({ length: below(5) }, () => escape(word(12)));
  const query = {};
  for (let i = below(5); i > 0; --i) {
    query[word()] = pick([word(), "", word(), [word(), word(), word(2)]]);
  }
  const headers = { host: pick(["127.0.0.1:8080", "localhost", "backup.us-east-1.example.com"]) };
  const names = ["x-amz-meta", "Content-Type", "X-Amz-Other", "accept", "user-agent", "x-custom"];
  for (let i = below(5); i > 0; --i) {
    headers[pick(names)] = pick(["plain", "a  b", " trimmed ", "tab\tand  more", "a,b;c=\"d   e\"", "1"]);
  }
  const method = pick(["GET", "PUT", "POST", "DELETE", "PATCH"]);
  const request = {
    method, headers, query, protocol: "http:", hostname: headers.host.split(":")[0],
    path: "/" + segments.join("/") + pick(["", "/"]),
  };
  if (method !== "GET" && below(4) > 0) request.body = word(60);
  return request;
}

function target({ path, query }) {
  const pairs = [];
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) pairs.push(`${escape(name)}=${escape(each)}`);
  }
  return pairs.length ? `${path}?${pairs.join("&")}` : path;
}

for (let i = 0; i < Number(count); ++i) {
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey, sessionToken: below(3) === 0 ? "token/" + word(30) : undefined },
    region: pick(["us-east-1", "eu-central-1", "cn-north-1"]),
    service: pick(["backup", "eks", "sts"]),
    sha256: Sha256,
    applyChecksum: below(2) === 0,
  });
  const request = randomRequest();
  const signed = below(3) === 0 ? await signer.presign(request, { expiresIn: 60 + below(900) }) : await signer.sign(request);
  console.log(JSON.stringify({
    method: signed.method,
    target: target(signed),
    headers: Object.entries(signed.headers),
    body: Buffer.from(signed.body ?? "").toString("base64"),
  }));
}
