/** `model.onnx` as what LiteRT computes, for pictures of one size: tensors, and the operations between them. */

import { convert, joins } from "./tflite-operations.js";

/** @typedef {import("./onnx-graph.js").Node} Node */

/**
 * @typedef {object} Tensor
 * @property {number[]} shape of maps: 1, height, width, channels, where ONNX has 1, channels, height, width
 * @property {Float32Array | Int32Array | null} data of constants
 */

/** @typedef {[place: number, kind: "Int8" | "Int32", value: number]} Field of a table */
/** @typedef {{kind: number, options: number, version?: number}} Kind of an operation, by the schema */

/**
 * @typedef {object} Operation
 * @property {Required<Kind>} kind
 * @property {number[]} inputs places of tensors
 * @property {number} output
 * @property {Field[]} fields of its options
 */

export class LiteGraph {
  /** @type {Tensor[]} */ tensors = [];
  /** @type {Operation[]} */ operations = [];
  /** @type {Map<string, number>} where the tensors lie, by ONNX's names */ #places = new Map();
  /** @type {Map<Node, Node>} the activation that is computed with a node */ #joined = new Map();
  #constants;

  /**
   * @param {import("./onnx-graph.js").Graph} onnx
   * @param {{input: string, output: string}} names
   * @param {number} height
   * @param {number} width multiples of the stride, both
   * @throws {Error} it has an operation that isn't known here
   */
  constructor({ nodes, constants }, names, height, width) {
    this.#constants = constants;
    this.input = this.add([1, height, width, 3]);
    this.#places.set(names.input, this.input);
    const done = this.#join(nodes);
    for (const node of nodes) if (!done.has(node)) convert(this, node);
    this.output = this.place(names.output);
  }

  /**
   * Where nothing but an activation reads what an operation gives, both are done at once.
   * @param {Node[]} nodes
   * @returns {Set<Node>} those activations
   */
  #join(nodes) {
    /** @type {Map<string, Node[]>} */
    const readers = new Map();
    for (const node of nodes) {
      for (const name of node.inputs) readers.set(name, [...(readers.get(name) ?? []), node]);
    }
    for (const node of nodes) {
      const [next, ...others] = readers.get(node.output) ?? [];
      if (next && !others.length && joins(this, node, next)) this.#joined.set(node, next);
    }
    return new Set(this.#joined.values());
  }

  /** @param {Node} node @returns {Node | undefined} the activation that is computed with it */
  activationOf(node) {
    return this.#joined.get(node);
  }

  /**
   * A tensor more.
   * @param {number[]} shape
   * @param {Float32Array | Int32Array | null} [data]
   * @returns {number} its place
   */
  add(shape, data = null) {
    return this.tensors.push({ shape, data }) - 1;
  }

  /** @param {number[]} values that an operation takes as a tensor, such as sizes */
  integers(values) {
    return this.add([values.length], Int32Array.from(values));
  }

  /**
   * An operation more.
   * @param {Kind} kind
   * @param {number[]} inputs
   * @param {number} output
   * @param {Field[]} [fields]
   */
  compute({ version = 1, ...kind }, inputs, output, fields = []) {
    this.operations.push({ kind: { ...kind, version }, inputs, output, fields });
  }

  /** @param {Node} node @param {number[]} shape of what it gives */
  result(node, shape) {
    const place = this.add(shape);
    this.#places.set((this.#joined.get(node) ?? node).output, place);
    return place;
  }

  /** @param {string} name */
  has(name) {
    return this.#places.has(name);
  }

  /** @param {string} name of a map */
  place(name) {
    const place = this.#places.get(name);
    if (place === undefined) throw new Error(`there is no map ${name}`);
    return place;
  }

  /** @param {string} name of a map */
  shape(name) {
    return this.tensors[this.place(name)].shape;
  }

  /** @param {string} name */
  constant(name) {
    const constant = this.#constants.get(name);
    if (!constant) throw new Error(`${name} isn't constant`);
    return constant;
  }
}
