/** One gateway in several processes: `--workers`. */
export const workers = {
  "workers.one-port": {
    text: "With --workers 2 both processes serve on one port, and everything is on record once.",
    source: "issue 5, contains 5",
  },
  "workers.metrics": {
    text: "One /metrics shows the sum of all workers, and what one counted stays in it when it dies.",
    source: "issue 5, contains 5",
  },
  "workers.ready": {
    text: "One /readyz says how many workers can serve, and is 200 while one can.",
    source: "issue 5, contains 5; product.md, promise 9",
  },
  "workers.crash": {
    text: "When a worker is killed its interceptions end as interrupted, the others' go on, and it is started again.",
    source: "issue 5, contains 5; product.md, promise 4",
  },
  "workers.keeper-killed": {
    text: "No worker outlives the process that was started, and what ran then ends as interrupted at the next start.",
    source: "issue 5, contains 5; product.md, promise 4",
  },
  "workers.drain": {
    text: "On SIGTERM the streams of all workers go on to their ends, and a second one cuts them; one that hangs is killed.",
    source: "issue 5, contains 5; product.md, promise 9",
  },
  "workers.revocation": {
    text: "Within a second of its revocation a key is refused by every worker.",
    source: "issue 5, contains 5; product.md, promise 3",
  },
  "workers.port-in-use": {
    text: "A port that somebody else has is an error, although workers share theirs.",
    source: "issue 5, contains 5",
  },
} as const;
