/** The graph of `model.onnx`, read from its protobuf (onnx.proto3) as far as our own files go. */

/**
 * @typedef {object} Tensor of constants
 * @property {number[]} shape
 * @property {Float32Array | Int32Array} data
 */

/**
 * @typedef {object} Node
 * @property {string} kind such as `Conv`
 * @property {string[]} inputs
 * @property {string} output
 * @property {Record<string, any>} attributes a number, text, a tensor, or an array of numbers
 */

/** @typedef {{nodes: Node[], constants: Map<string, Tensor>}} Graph */

const [FLOAT, INT64, HALF] = [1, 7, 10]; // kinds of numbers in a tensor
// By a half's exponent, the value of its last digit. The largest stands for infinity, which no weights are.
const POWERS = Array.from({ length: 32 }, (_, exponent) => 2 ** (exponent - 25));
const CUT_SHORT = "the file was cut short";
const text = new TextDecoder();

/**
 * @param {Uint8Array} file
 * @returns {Graph} without the nodes that only hand constants on, which are constants here
 */
export function readOnnx(file) {
  const graph = one(file, 7);
  /** @type {Map<string, Tensor>} */
  const constants = new Map();
  /** @type {Node[]} */
  const nodes = [];
  for (const content of all(graph, 5)) constants.set(text.decode(one(content, 8)), readTensor(content));
  for (const content of all(graph, 1)) {
    const node = readNode(content);
    const known = node.kind === "Constant" ? node.attributes.value : constants.get(node.inputs[0]);
    if (known && ["Constant", "Cast", "Identity"].includes(node.kind)) constants.set(node.output, known);
    else nodes.push(node);
  }
  return { nodes, constants };
}

/**
 * @param {Uint8Array} content
 * @returns {Node}
 */
function readNode(content) {
  const attributes = all(content, 5).map((attribute) => [text.decode(one(attribute, 1)), readAttribute(attribute)]);
  return {
    kind: text.decode(one(content, 4)),
    inputs: all(content, 1).map((name) => text.decode(name)),
    output: text.decode(one(content, 2)),
    attributes: Object.fromEntries(attributes),
  };
}

/** @param {Uint8Array} content */
function readAttribute(content) {
  for (const { number, value } of fields(content)) {
    if (number === 3) return value;
    if (number === 4) return text.decode(/** @type {Uint8Array} */ (value));
    if (number === 5) return readTensor(/** @type {Uint8Array} */ (value));
    if (number === 8) return integers(content, 8);
  }
  return null;
}

/**
 * @param {Uint8Array} content
 * @returns {Tensor}
 */
function readTensor(content) {
  const shape = integers(content, 1);
  const [kind] = integers(content, 2);
  const { buffer } = one(content, 9).slice(); // the file's own bytes may begin anywhere
  if (kind === FLOAT) return { shape, data: new Float32Array(buffer) };
  if (kind === HALF) return { shape, data: inFull(new Uint16Array(buffer)) };
  if (kind === INT64) return { shape, data: Int32Array.from(new BigInt64Array(buffer), Number) };
  throw new Error(`a tensor has numbers of kind ${kind}`);
}

/**
 * Numbers in half precision, of which some browsers know nothing yet.
 * @param {Uint16Array} halves
 */
function inFull(halves) {
  const out = new Float32Array(halves.length);
  for (let i = 0; i < out.length; i++) {
    const exponent = (halves[i] >> 10) & 31;
    const fraction = halves[i] & 1023;
    const size = exponent ? POWERS[exponent] * (1024 + fraction) : POWERS[1] * fraction;
    out[i] = halves[i] >> 15 ? -size : size;
  }
  return out;
}

/**
 * @param {Uint8Array} content of a message
 * @param {number} wanted number of a field
 * @returns {Uint8Array[]} what every such field holds
 */
function all(content, wanted) {
  const found = [];
  for (const { number, value } of fields(content)) if (number === wanted) found.push(value);
  return /** @type {Uint8Array[]} */ (found);
}

/**
 * @param {Uint8Array} content
 * @param {number} wanted
 */
function one(content, wanted) {
  return all(content, wanted)[0] ?? new Uint8Array(0);
}

/**
 * @param {Uint8Array} content
 * @param {number} wanted
 * @returns {number[]} integers, which may be packed into one field
 */
function integers(content, wanted) {
  /** @type {number[]} */
  const found = [];
  for (const { number, value } of fields(content)) {
    if (number !== wanted) continue;
    if (typeof value === "number") found.push(value);
    else for (let at = 0, next; at < value.length; at = next.at) found.push((next = varint(value, at)).value);
  }
  return found;
}

/**
 * The fields of a message: numbers, or bytes where a field has a length. Fractions aren't read: nothing here needs them.
 * @param {Uint8Array} content
 * @returns {Generator<{number: number, value: number | Uint8Array}>}
 */
function* fields(content) {
  for (let at = 0; at < content.length; ) {
    const tag = varint(content, at);
    const [number, kind] = [tag.value >> 3, tag.value & 7];
    at = tag.at;
    if (kind === 0) {
      const { value, at: next } = varint(content, at);
      at = next;
      yield { number, value };
    } else if (kind === 2) {
      const length = varint(content, at);
      at = length.at + length.value;
      if (at > content.length) throw new Error(CUT_SHORT);
      yield { number, value: content.subarray(length.at, at) };
    } else {
      at += kind === 1 ? 8 : 4;
    }
  }
}

/**
 * @param {Uint8Array} content
 * @param {number} at
 */
function varint(content, at) {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = content[at++];
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return { value: Number(BigInt.asIntN(64, value)), at };
    if (byte === undefined) throw new Error(CUT_SHORT);
  }
}
