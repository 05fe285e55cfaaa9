// unpack.ts - the page's first lines: inflate the script and run it.  The page's policy has its hash,
// so nothing else could run in its place.
import { bytesOf, inflate } from "./decode";

async function unpack(): Promise<void> {
  const packed = document.getElementById("faultline-script");
  const script = document.createElement("script");
  script.textContent = new TextDecoder().decode(await inflate(bytesOf(packed?.textContent ?? "")));
  document.body.append(script);
}

unpack().catch((error: Error) => {
  const app = document.getElementById("app");
  if (app) app.textContent = `This browser is too old for the report: ${error.message}`;
});
