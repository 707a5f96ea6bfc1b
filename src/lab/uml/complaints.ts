/** How the kernel begins when something is wrong with it, whoever found it. */
const beginnings = [
  /\bBUG: /,
  /\bWARNING: /,
  /\bOops\b/,
  /\bODEBUG: /,
  /Kernel panic/,
  /KASAN: /,
  /INFO: task .* blocked for more than/,
  /list_(add|del) corruption/,
  /stack corrupted/,
  /kmemleak: \d+ new suspected memory leaks/,
  /unreferenced object 0x/,
  /general protection fault/,
  /Modules with hanging references/,
];

const linesOfOne = 50;

/** What the kernel complained about in its log: each with the lines that follow, up to the next. */
export function complaintsIn(log: string): string[] {
  const lines = log.split('\n');
  const complaints: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    if (!beginnings.some((beginning) => beginning.test(lines[at] ?? ''))) continue;
    complaints.push(lines.slice(at, at + linesOfOne).join('\n'));
    at += linesOfOne - 1;
  }
  return complaints;
}
