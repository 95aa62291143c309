/** ONNX Runtime Web and LiteRT: which of their builds, what there is to run them on, and how many threads. */

import { Failure } from "./failure.js";

/** @typedef {"webgpu" | "wasm"} Device */

// Of the runtime's two builds with WebGPU the first is smaller and faster, and needs a browser that can suspend
// WebAssembly (Chrome from 137 on).
const BUILDS = {
  wasm: () => "ort.wasm.min.mjs",
  webgpu: () => ("Suspending" in WebAssembly ? "ort.jspi.min.mjs" : "ort.webgpu.min.mjs"),
};
// LiteRT is built for WebAssembly's relaxed SIMD; its other build has no threads, so ONNX Runtime does better there.
// A module with one function: i32.const 1, i8x16.splat, i32.const 2, i8x16.splat, i8x16.relaxed_swizzle.
const RELAXED_SIMD = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 128, 2, 11,
);
// From here on more threads wait for one another, and the page needs some of the processor, too.
const MOST_THREADS = 8;

/** How many threads there may be: one unless the page is isolated from others. */
export function threadCount() {
  const cores = navigator.hardwareConcurrency || 1;
  if (!globalThis.crossOriginIsolated) return 1;
  return cores <= 4 ? cores : Math.min(MOST_THREADS, Math.ceil(cores / 2));
}

export const hasRelaxedSimd = () => WebAssembly.validate(RELAXED_SIMD);

/** LiteRT's build for this browser, without the ending of its files. */
export const liteBuild = () => `litert_wasm_${threadCount() > 1 ? "threaded_" : ""}internal`;

/**
 * Beginnings of the names of the files that frames need besides what photos need.
 * @param {Device} device
 */
export function filesForFrames(device) {
  return device === "wasm" && hasRelaxedSimd() ? [`${liteBuild()}.`, "flatbuffers/"] : [];
}

/**
 * Whether there is a graphics chip that a worker may use; one that the processor imitates doesn't count unless asked
 * for.
 * @param {boolean} imitated
 */
export async function hasGpu(imitated) {
  try {
    const adapter = await /** @type {any} */ (navigator).gpu?.requestAdapter({ powerPreference: "high-performance" });
    return Boolean(adapter) && (imitated || !(adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter));
  } catch {
    return false;
  }
}

/**
 * @param {URL} folder
 * @param {Device} device
 * @returns {Promise<any>} the runtime's module
 */
export async function loadRuntime(folder, device) {
  if (typeof WebAssembly !== "object") {
    throw new Failure(
      "This browser has no WebAssembly, or it's turned off: use a current Firefox, Chrome, Edge or Safari.",
    );
  }
  let ort;
  try {
    ort = await import(new URL(BUILDS[device](), folder).href);
  } catch {
    throw new Failure("The browser's runtime can't be loaded: check the connection and try again.");
  }
  // Both count only before the first network is opened.
  ort.env.wasm.wasmPaths = folder.href;
  ort.env.wasm.numThreads = threadCount();
  ort.env.logLevel = "error";
  return ort;
}

/**
 * @param {Device} device
 * @returns {{device: Device, threads: number, says: string}}
 */
export function described(device) {
  if (device === "webgpu") return { device, threads: 0, says: "this computer's graphics chip" };
  const threads = threadCount();
  return {
    device,
    threads,
    says: threads > 1 ? `${threads} threads of this computer's processor` : "one thread of this computer's processor",
  };
}
