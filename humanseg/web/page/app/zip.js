/**
 * A ZIP of files that are compressed already: they are stored as they are (PKWARE's APPNOTE 6.3, method 0).
 *
 * The files stay blobs, which the browser may keep on the disk; one at a time is read, for its checksum.
 */

const LARGEST = 0xffffffff; // bytes: a ZIP without the 64-bit extension has no room for larger numbers
const UTF8_NAMES = 0x0800;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

/**
 * @param {Blob} blob
 * @returns {Promise<number>} CRC-32
 */
async function checksum(blob) {
  let crc = 0xffffffff;
  const reader = blob.stream().getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    for (const byte of /** @type {Uint8Array} */ (value)) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** @param {Date} when @returns {[number, number]} time and date as MS-DOS wrote them */
function dosTime(when) {
  const time = (when.getHours() << 11) | (when.getMinutes() << 5) | (when.getSeconds() >> 1);
  return [time, ((when.getFullYear() - 1980) << 9) | ((when.getMonth() + 1) << 5) | when.getDate()];
}

/** @param {[number, number][]} fields pairs of value and size in bytes, little-endian @returns {Uint8Array<ArrayBuffer>} */
function record(fields) {
  const bytes = new Uint8Array(fields.reduce((sum, [, size]) => sum + size, 0));
  let at = 0;
  for (const [value, size] of fields) {
    for (let byte = 0; byte < size; byte++) bytes[at++] = (value / 2 ** (8 * byte)) & 255;
  }
  return bytes;
}

/**
 * @param {{name: string, blob: Blob}[]} files names are each to be different, see `numbered`
 * @param {Date} [when] that the files are said to be of
 * @returns {Promise<Blob>}
 * @throws {RangeError} all together are more than 4 GB
 */
export async function zip(files, when = new Date()) {
  /** @type {BlobPart[]} */
  const parts = [];
  /** @type {BlobPart[]} */
  const directory = [];
  const [time, date] = dosTime(when);
  let offset = 0;
  let size = 0;
  for (const { name, blob } of files) {
    const encoded = new TextEncoder().encode(name);
    /** @type {[number, number][]} */
    const common = [[20, 2], [UTF8_NAMES, 2], [0, 2], [time, 2], [date, 2], [await checksum(blob), 4]];
    common.push([blob.size, 4], [blob.size, 4], [encoded.length, 2], [0, 2]);
    parts.push(record([[0x04034b50, 4], ...common]), encoded, blob);
    directory.push(record([[0x02014b50, 4], [20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]]), encoded);
    offset += 30 + encoded.length + blob.size;
    size += 46 + encoded.length;
  }
  if (offset + size > LARGEST || files.length > 0xffff) throw new RangeError("too large for a ZIP");
  const count = files.length;
  const end = record([[0x06054b50, 4], [0, 4], [count, 2], [count, 2], [size, 4], [offset, 4], [0, 2]]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/**
 * The names with repeated ones told apart: a.png, a (2).png; upper and lower case count as equal.
 *
 * @param {string[]} names
 */
export function numbered(names) {
  /** @type {Set<string>} */
  const taken = new Set();
  return names.map((name) => {
    const dot = name.lastIndexOf(".");
    let unique = name;
    for (let number = 2; taken.has(unique.toLowerCase()); number++) {
      unique = `${name.slice(0, dot)} (${number})${name.slice(dot)}`;
    }
    taken.add(unique.toLowerCase());
    return unique;
  });
}
