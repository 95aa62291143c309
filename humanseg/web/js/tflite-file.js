/** Writes a network as a .tflite file, which LiteRT runs: a FlatBuffer by TensorFlow Lite's schema. */

/** @typedef {import("./tflite-graph.js").LiteGraph} LiteGraph */

const SCHEMA = 3; // its version
const [FLOAT32, INT32] = [0, 2]; // of `TensorType`
const LAST_OLD_KIND = 127; // operations beyond it don't fit the schema's first field for them
const ALIGNED = 16; // bytes: LiteRT reads constants where they lie

/**
 * @param {LiteGraph} graph
 * @param {any} Builder of the package flatbuffers
 * @returns {Uint8Array}
 */
export function writeTflite(graph, Builder) {
  const data = graph.tensors.reduce((total, tensor) => total + (tensor.data?.byteLength ?? 0), 0);
  const writer = new Writer(new Builder(data + 1024 * graph.tensors.length)); // it would grow by doubling
  const kinds = [...new Map(graph.operations.map(({ kind }) => [kind.kind, kind])).values()];
  const codes = kinds.map(({ kind, version }) =>
    writer.table(4, [[0, "Int8", Math.min(kind, LAST_OLD_KIND)], [2, "Int32", version], [3, "Int32", kind]]),
  );
  // The first buffer is that of all that isn't constant.
  const buffers = [writer.table(1, [])];
  const tensors = graph.tensors.map(({ shape, data }) => {
    const buffer = data ? buffers.push(writer.table(1, [[0, "Offset", writer.bytes(data)]])) - 1 : 0;
    const kind = data instanceof Int32Array ? INT32 : FLOAT32;
    return writer.table(3, [[0, "Offset", writer.integers(shape)], [1, "Int8", kind], [2, "Int32", buffer]]);
  });
  const operators = graph.operations.map(({ kind, inputs, output, fields }) =>
    writer.table(5, [
      [0, "Int32", kinds.findIndex((one) => one.kind === kind.kind)],
      [1, "Offset", writer.integers(inputs)],
      [2, "Offset", writer.integers([output])],
      [3, "Int8", kind.options],
      [4, "Offset", kind.options ? writer.table(7, fields) : 0],
    ]),
  );
  const subgraph = writer.table(4, [
    [0, "Offset", writer.offsets(tensors)],
    [1, "Offset", writer.integers([graph.input])],
    [2, "Offset", writer.integers([graph.output])],
    [3, "Offset", writer.offsets(operators)],
  ]);
  return writer.finish(5, [
    [0, "Int32", SCHEMA],
    [1, "Offset", writer.offsets(codes)],
    [2, "Offset", writer.offsets([subgraph])],
    [4, "Offset", writer.offsets(buffers)],
  ]);
}

/** Tables and vectors in a FlatBuffer; each gives the offset by which a table names it. */
class Writer {
  #builder;

  /** @param {any} builder */
  constructor(builder) {
    this.#builder = builder;
  }

  /**
   * @param {number} places of fields in the schema, as far as they are used
   * @param {[place: number, kind: "Int8" | "Int32" | "Offset", value: number][]} fields
   * @returns {number}
   */
  table(places, fields) {
    this.#builder.startObject(places);
    for (const [place, kind, value] of fields) this.#builder[`addField${kind}`](place, value, 0);
    return this.#builder.endObject();
  }

  /** @param {number[]} values @returns {number} */
  integers(values) {
    return this.#vector(values, "addInt32");
  }

  /** @param {number[]} values @returns {number} */
  offsets(values) {
    return this.#vector(values, "addOffset");
  }

  /** @param {number[]} values @param {"addInt32" | "addOffset"} add */
  #vector(values, add) {
    this.#builder.startVector(4, values.length, 4);
    for (const value of [...values].reverse()) this.#builder[add](value);
    return this.#builder.endVector();
  }

  /** @param {Float32Array | Int32Array} data @returns {number} */
  bytes(data) {
    const builder = this.#builder;
    builder.startVector(1, data.byteLength, ALIGNED);
    builder.space -= data.byteLength;
    builder.bb.bytes().set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), builder.space);
    return builder.endVector();
  }

  /**
   * @param {number} places
   * @param {[place: number, kind: "Int8" | "Int32" | "Offset", value: number][]} fields
   * @returns {Uint8Array} the file
   */
  finish(places, fields) {
    this.#builder.finish(this.table(places, fields), "TFL3");
    return this.#builder.asUint8Array();
  }
}
