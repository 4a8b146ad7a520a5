/**
 * The highest whole number for which `holds` is true, to within `share` of
 * itself: doubles from `from`, or begins at `max` if that is less, until it
 * fails or `max` was reached, then halves the gap. 0 if not even the first one
 * holds. It believes that what fails for a number fails for all above it.
 */
export async function highest(
  holds: (number: number) => Promise<boolean>,
  { from, max, share }: { readonly from: number; readonly max: number; readonly share: number },
): Promise<number> {
  let good = 0;
  let bad = Math.min(from, max);
  while (await holds(bad)) {
    if (bad === max) return max;
    good = bad;
    bad = Math.min(2 * good, max);
  }
  while (good > 0 && bad - good > Math.max(1, good * share)) {
    const middle = Math.round((good + bad) / 2);
    if (await holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
