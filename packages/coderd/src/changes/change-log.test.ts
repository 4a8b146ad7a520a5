import { expect, test } from "@jest/globals";
import { ChangeLog } from "./change-log.ts";

const entry = (revision: bigint) => ({
  revision,
  apiKeyIds: [],
  userIds: [],
  gatewayKeyIds: [],
});
const entries = (...revisions: bigint[]) => revisions.map(entry);

test("tells all after a revision, and nothing after the last one or later ones", () => {
  const log = new ChangeLog(7n, 10);
  expect(log.after(7n)).toEqual([]);
  log.append(entries(8n, 9n));
  log.append([]);
  log.append(entries(10n));
  expect(log.last).toBe(10n);
  expect(log.after(7n)).toEqual(entries(8n, 9n, 10n));
  expect(log.after(9n)).toEqual(entries(10n));
  expect(log.after(10n)).toEqual([]);
  expect(log.after(11n)).toEqual([]);
});

test("knows that it can't tell what came before it, or was forgotten", () => {
  const log = new ChangeLog(7n, 2);
  expect(log.after(6n)).toBeUndefined();
  log.append(entries(8n, 9n, 10n));
  expect(log.after(8n)).toEqual(entries(9n, 10n));
  expect(log.after(7n)).toBeUndefined();
});
