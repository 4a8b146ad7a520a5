/** The value of an environment variable. Throws a sentence if it is not set. */
export function setting(name: string): string {
  // biome-ignore lint/style/noProcessEnv: a program of one file has no other edge.
  const value = process.env[name];
  if (!value) throw new Error(`${name} must be set`);
  return value;
}
