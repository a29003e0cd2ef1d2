// The text that fixtures/text/irstlm.arpa was estimated on by IRSTLM 6.00.05, and the one it was measured on:
//   tlm -tr=text.se -n=3 -lm=msb -bo=no -ps=no -pts=no -oarpa=irstlm.arpa; compile-lm irstlm.arpa --eval=held-out.se
// where both texts have <s> and </s> around every line.
import { Rng } from '../../src/core/rng.js';

export function lines(seed: number, count: number, vocabulary: number): string[] {
  const rng = Rng.fromSeed(seed);
  return Array.from({ length: count }, () => {
    const line: string[] = [];
    let before = 0;
    for (let length = 2 + rng.integer(8); line.length < length;) {
      before =
        rng.uniform() < 0.5 ? (before * 5 + rng.integer(2) + 1) % vocabulary : Math.floor(vocabulary ** rng.uniform());
      line.push(`w${before}`);
    }
    return line.join(' ');
  });
}

export const text = lines(1, 120, 150);
const known = new Set(text.flatMap((line) => line.split(' ')));
/** Without unknown words, which toolkits count by rules of their own. */
export const heldOut = lines(2, 40, 150).map((line) =>
  line
    .split(' ')
    .filter((word) => known.has(word))
    .join(' '),
);
