import { readFileSync } from "node:fs";

/**
 * The id of this run of the operating system: while it is the same, what any
 * process wrote is there, synced or not. proc_sys_kernel(5): a random UUID, made
 * when the kernel starts. Undefined where it can't be told: Linux alone has it.
 */
export function bootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return undefined;
  }
}
