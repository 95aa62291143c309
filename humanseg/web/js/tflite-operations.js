/** ONNX's operations as LiteRT's: those that our networks consist of. */

/** @typedef {import("./onnx-graph.js").Node} Node */
/** @typedef {import("./onnx-graph.js").Tensor} Constant */
/** @typedef {import("./tflite-graph.js").LiteGraph} LiteGraph */
/** @typedef {import("./tflite-graph.js").Field} Field */
/** @typedef {import("./tflite-graph.js").Kind} Kind */

// Numbers and places of fields are those of TensorFlow Lite's schema (schema.fbs of google-ai-edge/LiteRT):
// BuiltinOperator, BuiltinOptions, Padding, ActivationFunctionType.
const ADD = { kind: 0, options: 11 };
const CONV = { kind: 3, options: 1 };
const DEPTHWISE = { kind: 4, options: 2 };
const LOGISTIC = { kind: 14, options: 0 };
const MUL = { kind: 18, options: 21 };
const RELU = { kind: 19, options: 0 };
const RELU6 = { kind: 21, options: 0 };
const RESIZE_BILINEAR = { kind: 23, options: 15, version: 3 };
const PAD = { kind: 34, options: 22 };
const SUB = { kind: 41, options: 28 };
const TRANSPOSED_CONV = { kind: 67, options: 49, version: 4 };
const SUM = { kind: 74, options: 27 };
const [SAME, VALID] = [0, 1];
const ACTIVATIONS = { Relu: 1, Clip: 3 }; // RELU, RELU6
const CHANNELS = 3; // the axis

/** @type {Record<string, (graph: LiteGraph, node: Node) => void>} */
const KINDS = {
  Conv: convolve,
  ConvTranspose: enlarge,
  Resize: resize,
  ReduceSum: sumChannels,
  Add: (graph, node) => pair(graph, node, ADD, node.inputs.map((name) => operand(graph, name))),
  Sub: (graph, node) => pair(graph, node, SUB, node.inputs.map((name) => operand(graph, name))),
  Div: (graph, node) => pair(graph, node, MUL, [graph.place(node.inputs[0]), factor(graph, node.inputs[1], inverse)]),
  Relu: (graph, node) => each(graph, node, RELU),
  Clip: (graph, node) => each(graph, node, isUpTo6(graph, node) ? RELU6 : unknown("an activation")),
  Sigmoid: (graph, node) => each(graph, node, LOGISTIC),
};

/**
 * @param {LiteGraph} graph to which a node's operation is added
 * @param {Node} node
 * @throws {Error} it isn't known here
 */
export function convert(graph, node) {
  (KINDS[node.kind] ?? unknown(`the operation ${node.kind}`))(graph, node);
}

/**
 * Whether LiteRT computes an activation together with the operation before it.
 * @param {LiteGraph} graph
 * @param {Node} node
 * @param {Node} next
 */
export function joins(graph, node, next) {
  return ["Conv", "Add"].includes(node.kind) && (next.kind === "Relu" || (next.kind === "Clip" && isUpTo6(graph, next)));
}

/** @param {LiteGraph} graph @param {Node} node */
function convolve(graph, node) {
  const { group = 1, strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1] } = node.attributes;
  const weights = graph.constant(node.inputs[1]);
  const [out, within, ...kernel] = weights.shape;
  const [, ...sides] = graph.shape(node.inputs[0]);
  const channels = /** @type {number} */ (sides.pop());
  const depthwise = group === channels && within === 1;
  if ((group > 1 && !depthwise) || dilations.some((/** @type {number} */ step) => step > 1)) {
    unknown("a grouped or dilated convolution");
  }
  const size = sides.map((side, i) => Math.floor((side + pads[i] + pads[i + 2] - kernel[i]) / strides[i]) + 1);
  const same = sides.every((side, i) => {
    const missing = Math.max((size[i] - 1) * strides[i] + kernel[i] - side, 0);
    return pads[i] === missing >> 1 && pads[i + 2] === missing - pads[i];
  });
  const input = same || !pads.some(Boolean) ? graph.place(node.inputs[0]) : padded(graph, node.inputs[0], pads);
  const order = depthwise ? [1, 2, 3, 0] : [0, 2, 3, 1];
  const maps = graph.add(order.map((axis) => weights.shape[axis]), moved(weights, order));
  const inputs = [input, maps, bias(graph, node.inputs[2], out)];
  const output = graph.result(node, [1, ...size, out]);
  const way = sliding(same, strides);
  const then = activation(graph, node);
  if (depthwise) {
    const multiplier = out / channels;
    const fields = /** @type {Field[]} */ ([[3, "Int32", multiplier], [4, "Int8", then], [5, "Int32", 1], [6, "Int32", 1]]);
    graph.compute(DEPTHWISE, inputs, output, [...way, ...fields]);
  } else {
    graph.compute(CONV, inputs, output, [...way, [3, "Int8", then], [4, "Int32", 1], [5, "Int32", 1]]);
  }
}

/** A transposed convolution that enlarges by its stride. @param {LiteGraph} graph @param {Node} node */
function enlarge(graph, node) {
  const { group = 1, strides = [1, 1], pads = [0, 0, 0, 0] } = node.attributes;
  const weights = graph.constant(node.inputs[1]);
  const [, out, ...kernel] = weights.shape;
  const [, height, width] = graph.shape(node.inputs[0]);
  const cut = kernel.map((side, i) => side - strides[i]);
  if (group > 1 || cut.some((both, i) => pads[i] !== both >> 1 || pads[i + 2] !== both - pads[i])) {
    unknown("a transposed convolution of this kind");
  }
  const order = [1, 2, 3, 0];
  const maps = graph.add(order.map((axis) => weights.shape[axis]), moved(weights, order));
  const shape = [1, height * strides[0], width * strides[1], out];
  const inputs = [graph.integers(shape), maps, graph.place(node.inputs[0]), bias(graph, node.inputs[2], out)];
  graph.compute(TRANSPOSED_CONV, inputs, graph.result(node, shape), [
    ...sliding(true, strides),
    [3, "Int8", activation(graph, node)],
  ]);
}

/** @param {LiteGraph} graph @param {Node} node */
function resize(graph, node) {
  const { mode, coordinate_transformation_mode: centres } = node.attributes;
  const scales = graph.constant(node.inputs[2]).data;
  if (mode !== "linear" || centres !== "half_pixel" || scales.length !== 4) unknown("a resizing of this kind");
  const [, height, width, channels] = graph.shape(node.inputs[0]);
  const size = [Math.floor(height * scales[2]), Math.floor(width * scales[3])];
  const output = graph.result(node, [1, ...size, channels]);
  graph.compute(RESIZE_BILINEAR, [graph.place(node.inputs[0]), graph.integers(size)], output, [
    [3, "Int8", 1], // pixels' centres count, not their corners
  ]);
}

/** @param {LiteGraph} graph @param {Node} node */
function sumChannels(graph, node) {
  const axes = graph.constant(node.inputs[1]).data;
  if (axes.length !== 1 || axes[0] !== 1) unknown("a sum over others than the channels");
  const [, height, width] = graph.shape(node.inputs[0]);
  const inputs = [graph.place(node.inputs[0]), graph.integers([CHANNELS])];
  graph.compute(SUM, inputs, graph.result(node, [1, height, width, 1]), [[0, "Int8", 1]]); // the axis is kept
}

/** @param {LiteGraph} graph @param {Node} node @param {Kind} kind @param {number[]} inputs */
function pair(graph, node, kind, inputs) {
  const output = graph.result(node, graph.tensors[inputs[0]].shape);
  graph.compute(kind, inputs, output, [[0, "Int8", activation(graph, node)]]);
}

/** @param {LiteGraph} graph @param {Node} node @param {Kind} kind */
function each(graph, node, kind) {
  const [name] = node.inputs;
  graph.compute(kind, [graph.place(name)], graph.result(node, graph.shape(name)));
}

/** @param {LiteGraph} graph @param {string} name @param {number[]} pads above, left, below, right */
function padded(graph, name, [above, left, below, right]) {
  const [, height, width, channels] = graph.shape(name);
  const output = graph.add([1, height + above + below, width + left + right, channels]);
  const pads = graph.add([4, 2], Int32Array.of(0, 0, above, below, left, right, 0, 0));
  graph.compute(PAD, [graph.place(name), pads], output);
  return output;
}

/**
 * How a convolution goes over a map.
 * @param {boolean} same whether a map is padded so that it stays as large, but for the strides
 * @param {number[]} strides
 * @returns {Field[]}
 */
function sliding(same, [down, across]) {
  return [[0, "Int8", same ? SAME : VALID], [1, "Int32", across], [2, "Int32", down]];
}

/** @param {LiteGraph} graph @param {Node} node */
function activation(graph, node) {
  const next = graph.activationOf(node);
  return next ? ACTIVATIONS[/** @type {"Relu" | "Clip"} */ (next.kind)] : 0;
}

/** @param {LiteGraph} graph @param {string | undefined} name @param {number} channels */
function bias(graph, name, channels) {
  return graph.add([channels], name ? graph.constant(name).data : new Float32Array(channels));
}

/** @param {LiteGraph} graph @param {string} name of a map or of a constant */
function operand(graph, name) {
  return graph.has(name) ? graph.place(name) : factor(graph, name, (value) => value);
}

/**
 * A constant for each channel, or one for all.
 * @param {LiteGraph} graph
 * @param {string} name
 * @param {(value: number) => number} change
 */
function factor(graph, name, change) {
  const { shape, data } = graph.constant(name);
  const ofChannels = shape.length === 4 && shape[1] === data.length;
  if (!ofChannels && data.length !== 1) unknown("a constant of this shape");
  return graph.add([data.length], Float32Array.from(data, change));
}

/** @param {number} value */
function inverse(value) {
  return 1 / value;
}

/** @param {LiteGraph} graph @param {Node} node */
function isUpTo6(graph, { inputs: [, least, most] }) {
  return graph.constant(least).data[0] === 0 && graph.constant(most).data[0] === 6;
}

/**
 * @param {Constant} tensor
 * @param {number[]} order of its four axes
 */
function moved({ shape, data }, order) {
  const out = new Float32Array(data.length);
  const lengths = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const [a, b, c, d] = order.map((axis) => ({ side: shape[axis], step: lengths[axis] }));
  let at = 0;
  for (let i = 0; i < a.side; i++)
    for (let j = 0; j < b.side; j++)
      for (let k = 0; k < c.side; k++)
        for (let l = 0, from = i * a.step + j * b.step + k * c.step; l < d.side; l++, from += d.step)
          out[at++] = data[from];
  return out;
}

/** @param {string} what @returns {never} */
function unknown(what) {
  throw new Error(`${what} isn't known to LiteRT's writer`);
}
