/** What any gateway does with a request beyond relaying it, in the order in which it is added. */
export const duties = [
  "the whole body read first",
  "headers filtered",
  "key known by its hash",
  "both bodies parsed",
  "a log line",
  "a synced record",
] as const;
