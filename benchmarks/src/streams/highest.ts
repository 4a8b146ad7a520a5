/**
 * The highest whole number for which `holds` is true, to within `share` of
 * itself: doubles from `from` until it fails, or `max` was reached, then halves
 * the gap. 0 if not even `from` holds. It believes that what fails for a number
 * fails for all above it.
 */
export async function highest(
  holds: (number: number) => Promise<boolean>,
  { from, max, share }: { readonly from: number; readonly max: number; readonly share: number },
): Promise<number> {
  let good = 0;
  let bad = Number.POSITIVE_INFINITY;
  for (let next = from; next <= max && bad > max; next = Math.min(next * 2, max)) {
    if (!(await holds(next))) bad = next;
    else if (next === max) return max;
    else good = next;
  }
  while (good > 0 && bad - good > Math.max(1, good * share)) {
    const middle = Math.round((good + bad) / 2);
    if (await holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
