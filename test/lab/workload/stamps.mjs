// Writes blocks that say what they are, and later tells whether each sector is one that may be there.
//   node stamps.mjs write  DEVICE SEED FIRST_BLOCK BLOCKS
//   node stamps.mjs verify DEVICE SEED FIRST_BLOCK BLOCKS FLUSHED_ROUND
// `write` goes round after round until it is killed: some blocks, one fsync, then the line "flushed ROUND".
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';

const SECTOR = 512;
const BLOCK = 4096;
const WRITES_PER_ROUND = 8;
const MAGIC = 0x50_4d_54_53;

const [action, device, ...numbers] = process.argv.slice(2);
const [seed, firstBlock, blocks, flushed] = numbers.map(Number);

/** mulberry32: the blocks of a round follow from the seed and the round alone. */
function random(state) {
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function blocksOf(round) {
  const next = random(seed + round * 7919);
  return Array.from({ length: WRITES_PER_ROUND }, () => Math.floor(next() * blocks));
}

function stamp(block, round) {
  const bytes = Buffer.alloc(BLOCK);
  for (let at = 0; at < BLOCK; at += 16) {
    bytes.writeUInt32LE(MAGIC, at);
    bytes.writeUInt32LE(block, at + 4);
    bytes.writeUInt32LE(Math.floor(at / SECTOR), at + 8);
    bytes.writeUInt32LE(round, at + 12);
  }
  return bytes;
}

function write() {
  const fd = openSync(device, 'r+');
  for (let round = 1; ; round += 1) {
    for (const block of blocksOf(round))
      writeSync(fd, stamp(block, round), 0, BLOCK, (firstBlock + block) * BLOCK);
    fsyncSync(fd);
    process.stdout.write(`flushed ${round}\n`);
  }
}

/** The round of a sector, 0 for one never written, undefined for what was never written there. */
function roundOf(sector, block, index) {
  const round = sector.readUInt32LE(12);
  if (sector.every((byte) => byte === 0)) return 0;
  const expected = stamp(block, round).subarray(index * SECTOR, (index + 1) * SECTOR);
  return sector.equals(expected) ? round : undefined;
}

function verify() {
  const rounds = new Map();
  for (let round = 1; round <= flushed + 10_000; round += 1)
    for (const block of blocksOf(round)) {
      if (!rounds.has(block)) rounds.set(block, []);
      rounds.get(block).push(round);
    }
  const fd = openSync(device, 'r');
  const bytes = Buffer.alloc(BLOCK);
  let wrong = 0;
  for (let block = 0; block < blocks; block += 1) {
    const written = rounds.get(block) ?? [];
    const durable = written.filter((round) => round <= flushed).at(-1) ?? 0;
    readSync(fd, bytes, 0, BLOCK, (firstBlock + block) * BLOCK);
    for (let index = 0; index < BLOCK / SECTOR; index += 1) {
      const sector = bytes.subarray(index * SECTOR, (index + 1) * SECTOR);
      const round = roundOf(sector, block, index);
      const right =
        round !== undefined && round >= durable && (round === 0 || written.includes(round));
      if (right) continue;
      wrong += 1;
      if (wrong <= 5)
        console.log(`block ${block} sector ${index}: holds round ${round}, flushed was ${durable}`);
    }
  }
  closeSync(fd);
  console.log(`${blocks} blocks, ${wrong} wrong sectors`);
  process.exitCode = wrong === 0 ? 0 : 1;
}

if (action === 'write') write();
else verify();
