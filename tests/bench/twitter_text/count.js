// Reads JSON lines, each a string; writes JSON lines, each the weighted length X's reference gives it.
// With a number as argument it counts the first line for that many milliseconds and writes counts per second.
const { parseTweet } = require("twitter-text");
const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
const milliseconds = Number(process.argv[2] || 0);
if (milliseconds) {
  for (let n = 0; n < 2000; n++) parseTweet(lines[0]);
  const start = process.hrtime.bigint();
  let n = 0;
  let spent = 0;
  while (spent < milliseconds) {
    for (let k = 0; k < 200; k++, n++) parseTweet(lines[0]);
    spent = Number(process.hrtime.bigint() - start) / 1e6;
  }
  console.log(Math.round((n * 1000) / spent));
} else {
  console.log(lines.map((line) => parseTweet(line).weightedLength).join("\n"));
}
