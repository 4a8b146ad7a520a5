// biome-ignore lint/style/noProcessEnv: a test has no other edge to learn where it runs.
const { CI, PATH = "" } = process.env;

/** Whether this is a CI run, in which nothing may be skipped. */
export const onCi: boolean = CI === "true" || CI === "1";

/** Where programs are looked for. */
export const searchPath: string = PATH;
