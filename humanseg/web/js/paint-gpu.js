// Draws frames on the GPU (WebGL2): one pass over the frame's pixels, from what is fitted at the net's size.

import { covering, parsed, sizeOf } from "./geometry.js";

/** @typedef {import("./compose.js").Fitted} Fitted */

const CORNERS = `#version 300 es
out vec2 at;
void main() {
  at = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = vec4(2.0 * at.x - 1.0, 1.0 - 2.0 * at.y, 0.0, 1.0);
}`;

// `behind` and `reach` are as in background.js; the stretch of alpha is that of paint-pixels.js.
const PIXELS = `#version 300 es
precision highp float;
uniform sampler2D frame, fit, reach, behind;
uniform bool mirror, transparent, lit;
uniform vec4 part;
in vec2 at;
out vec4 colour;
void main() {
  vec3 person = texture(frame, vec2(mirror ? 1.0 - at.x : at.x, at.y)).rgb;
  vec4 k = texture(fit, at);
  float alpha = clamp(1.25 * (dot(k.rgb, person) + k.a) - 0.125, 0.0, 1.0);
  if (transparent) { colour = vec4(person * alpha, alpha); return; }
  vec3 ground = texture(behind, part.xy + at * part.zw).rgb;
  float light = lit ? texture(reach, at).r : 0.0;
  colour = vec4(mix(ground, person, alpha * (1.0 - light)), 1.0);
}`;

const UNITS = ["frame", "fit", "reach", "behind"];

export class GpuPainter {
  /**
   * A painter, or null where there is no WebGL2 on a GPU.
   * @param {OffscreenCanvas} canvas
   * @param {() => void} onLost the GPU was taken away
   */
  static open(canvas, onLost) {
    // On a processor that plays GPU, paint-pixels.js is several times faster.
    const options = { alpha: true, antialias: false, depth: false, failIfMajorPerformanceCaveat: true };
    // A canvas that was asked for WebGL once can't be drawn on in any other way: so another one is asked first.
    if (!new OffscreenCanvas(1, 1).getContext("webgl2", options)) return null;
    const gl = canvas.getContext("webgl2", options);
    if (!gl) return null;
    canvas.addEventListener("webglcontextlost", onLost);
    return new GpuPainter(canvas, gl);
  }

  /** @param {OffscreenCanvas} canvas @param {WebGL2RenderingContext} gl */
  constructor(canvas, gl) {
    this.canvas = canvas;
    this.gl = gl;
    const program = linked(gl);
    gl.useProgram(program);
    this.ready = false;
    /** The part of the picture that is seen: left, top, width, height as shares of it. */
    this.part = [0, 0, 1, 1];
    this.at = (/** @type {string} */ name) => gl.getUniformLocation(program, name);
    UNITS.forEach((name, unit) => {
      gl.uniform1i(this.at(name), unit);
      texture(gl, unit);
    });
  }

  get says() {
    return "the graphics chip";
  }

  /** Another background has been chosen. */
  forget() {
    this.ready = false;
    this.part = [0, 0, 1, 1];
  }

  /**
   * @param {VideoFrame | ImageBitmap} frame
   * @param {Fitted} fitted
   */
  paint(frame, fitted) {
    const { gl, canvas } = this;
    const { width, height } = sizeOf(frame);
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
      this.forget();
    }
    gl.viewport(0, 0, width, height);
    gl.activeTexture(gl.TEXTURE0);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, frame);
    gl.activeTexture(gl.TEXTURE1);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA16F, fitted.width, fitted.height, 0, gl.RGBA, gl.FLOAT, fitted.fit);
    if (fitted.reach) {
      gl.activeTexture(gl.TEXTURE2);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, fitted.width, fitted.height, 0, gl.RED, gl.UNSIGNED_BYTE, fitted.reach);
    }
    this.#background(fitted, width, height);
    gl.uniform1i(this.at("mirror"), Number(fitted.mirror));
    gl.uniform1i(this.at("transparent"), Number(fitted.background.kind === "transparent"));
    gl.uniform1i(this.at("lit"), Number(fitted.reach !== null));
    gl.uniform4fv(this.at("part"), this.part);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** @param {Fitted} fitted @param {number} width @param {number} height */
  #background({ background, blur }, width, height) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE3);
    if (blur) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, blur);
    } else if (!this.ready && background.picture) {
      const { picture } = background;
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, picture);
      const seen = covering(picture, width, height);
      this.part = [
        seen.left / picture.width, seen.top / picture.height,
        seen.width / picture.width, seen.height / picture.height,
      ];
    } else if (!this.ready) {
      const pixel = new Uint8Array([...parsed(background.colour), 255]);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    }
    this.ready = true;
  }
}

/** @param {WebGL2RenderingContext} gl */
function linked(gl) {
  const program = /** @type {WebGLProgram} */ (gl.createProgram());
  for (const [kind, source] of /** @type {[number, string][]} */ ([
    [gl.VERTEX_SHADER, CORNERS],
    [gl.FRAGMENT_SHADER, PIXELS],
  ])) {
    const shader = /** @type {WebGLShader} */ (gl.createShader(kind));
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? "no shaders");
  return program;
}

/** @param {WebGL2RenderingContext} gl @param {number} unit */
function texture(gl, unit) {
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  for (const [name, value] of [
    [gl.TEXTURE_MIN_FILTER, gl.LINEAR],
    [gl.TEXTURE_MAG_FILTER, gl.LINEAR],
    [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
    [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
  ]) {
    gl.texParameteri(gl.TEXTURE_2D, name, value);
  }
}
