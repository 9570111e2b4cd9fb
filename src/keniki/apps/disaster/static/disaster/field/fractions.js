/* Exact fractions of two BigInts, the second above 0: [above, below]. */

export const ZERO = [0n, 1n];
export const HALF = [1n, 2n];

/** A decimal or `3/4` as a fraction; null for what is no number of 0 or more. */
export function exact(text) {
  const found = /^(\d{1,7})(?:\.(\d{0,8})|\/([1-9]\d{0,6}))?$/.exec(String(text ?? "").normalize("NFKC").trim());
  if (!found) return null;
  if (found[3]) return reduced(BigInt(found[1]), BigInt(found[3]));
  const after = found[2] ?? "";
  return reduced(BigInt(found[1] + after), 10n ** BigInt(after.length));
}

function reduced(above, below) {
  let [a, b] = [above < 0n ? -above : above, below];
  while (b) [a, b] = [b, a % b];
  return a ? [above / a, below / a] : ZERO;
}

export const plus = (one, other) => reduced(one[0] * other[1] + other[0] * one[1], one[1] * other[1]);
export const minus = (one, other) => plus(one, [-other[0], other[1]]);
export const times = (one, other) => reduced(one[0] * other[0], one[1] * other[1]);
export const divided = (one, other) => times(one, [other[1], other[0]]);
export const atLeast = (one, other) => one[0] * other[1] >= other[0] * one[1];
export const least = (one, other) => (atLeast(one, other) ? other : one);
/** The greatest whole number that is no more; for fractions of 0 or more. */
export const wholeBelow = ([above, below]) => above / below;

/** A fraction as Python writes it: 45/8, 30. */
export const written = ([above, below]) => (below === 1n ? `${above}` : `${above}/${below}`);
/** A fraction for people, three decimals. */
export const shown = ([above, below]) => String(Math.round((Number(above) / Number(below)) * 1000) / 1000);
/** A tilt as people write it: 1/60. */
export const ratioOf = (tilt) => (tilt[0] ? `1/${shown(divided([1n, 1n], tilt))}` : "0");
