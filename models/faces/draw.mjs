// Draws Open Peeps busts: a JSON object of DiceBear options on each line of stdin, and for each of them
// size × size RGB bytes on stdout. Arguments: size (pixels of the result), then the crop as x y side in
// the drawing's 704 × 704 units. Each picture is drawn four times larger and averaged down.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

// NODE_PATH lets the packages stand outside this folder; import alone would not look there.
const require = createRequire(import.meta.url);
const load = async (name) => import(require.resolve(name));
const { createAvatar } = await load("@dicebear/core");
const openPeeps = await load("@dicebear/open-peeps");
const { Resvg } = require("@resvg/resvg-js");

const OVER = 4;
const [size, ...crop] = process.argv.slice(2).map(Number);

function draw(options) {
  const svg = createAvatar(openPeeps, { ...options, seed: "face" })
    .toString()
    .replace(/viewBox="[^"]*"/, `viewBox="${crop[0]} ${crop[1]} ${crop[2]} ${crop[2]}"`);
  const large = new Resvg(svg, { fitTo: { mode: "width", value: size * OVER } }).render().pixels;
  const small = Buffer.alloc(size * size * 3);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let dy = 0; dy < OVER; dy++) {
          for (let dx = 0; dx < OVER; dx++) {
            sum += large[((y * OVER + dy) * size * OVER + x * OVER + dx) * 4 + channel];
          }
        }
        small[(y * size + x) * 3 + channel] = Math.round(sum / (OVER * OVER));
      }
    }
  }
  return small;
}

for await (const line of createInterface({ input: process.stdin })) {
  if (!process.stdout.write(draw(JSON.parse(line)))) {
    await new Promise((ready) => process.stdout.once("drain", ready));
  }
}
