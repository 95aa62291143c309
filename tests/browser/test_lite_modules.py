"""What LiteRT runs is written from `model.onnx` in the browser; what can't be written is an error that names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Error

pytestmark = pytest.mark.browser

SCENE = """
const {readOnnx} = await import("/web/js/onnx-graph.js");
const {LiteGraph} = await import("/web/js/tflite-graph.js");
const names = {input: "pixels", output: "alpha"};
const constants = (shapes) => new Map(Object.entries(shapes).map(([name, shape]) =>
  [name, {shape, data: new Float32Array(shape.reduce((product, side) => product * side, 1)).fill(1)}]));
const node = (kind, inputs, attributes = {}, output = "alpha") => ({kind, inputs, output, attributes});
const graph = (nodes, shapes, height = 32, width = 64) =>
  new LiteGraph({nodes, constants: constants(shapes)}, names, height, width);
const shape = (lite) => lite.tensors[lite.output].shape;
"""
CONV_2D, PAD = 3, 34  # of the schema's BuiltinOperator


@pytest.fixture(scope="module")
def run(bare_tab) -> Callable[[str], Any]:
    """`run(script)` gives what a script returns."""
    return lambda script: bare_tab.evaluate(f"async () => {{ {SCENE} {script} }}")


def test_the_webcams_network_is_written_for_any_size_and_activations_take_no_step_of_their_own(run):
    shapes, kinds = run(
        """const {models} = await (await fetch("/web/engine.json")).json();
        const answer = await fetch(`/web/${models.live}model.onnx`);
        const onnx = readOnnx(new Uint8Array(await answer.arrayBuffer()));
        const all = [[64, 96], [256, 160]].map(([height, width]) => new LiteGraph(onnx, names, height, width));
        return [all.map(shape), all[0].operations.map(({kind}) => kind.kind)];"""
    )
    relu, relu6 = 19, 21
    assert shapes == [[1, 64, 96, 1], [1, 256, 160, 1]]
    assert CONV_2D in kinds and relu not in kinds and relu6 not in kinds


@pytest.mark.parametrize(
    ("stride", "pads", "kinds", "size"),
    [
        (1, [1, 1, 1, 1], [CONV_2D], [32, 64]),
        (2, [0, 0, 1, 1], [CONV_2D], [16, 32]),
        (2, [1, 1, 1, 1], [PAD, CONV_2D], [16, 32]),  # which LiteRT itself would pad on one side alone
        (1, [0, 0, 0, 0], [CONV_2D], [30, 62]),
    ],
)
def test_a_convolution_is_padded_as_in_the_file(run, stride, pads, kinds, size):
    result = run(
        f"""const conv = node("Conv", ["pixels", "w"], {{strides: [{stride}, {stride}], pads: {pads}}});
        const lite = graph([conv], {{w: [8, 3, 3, 3]}});
        return [lite.operations.map(({{kind}}) => kind.kind), shape(lite)];"""
    )
    assert result == [kinds, [1, *size, 8]]


@pytest.mark.parametrize(
    ("nodes", "named"),
    [
        ("node('MaxPool', ['pixels'])", "the operation MaxPool"),
        ("node('Conv', ['pixels', 'w'], {group: 3})", "a grouped or dilated convolution"),
        ("node('Conv', ['pixels', 'w'], {dilations: [2, 2]})", "a grouped or dilated convolution"),
        ("node('ConvTranspose', ['pixels', 'w'], {strides: [2, 2], pads: [0, 0, 0, 0]})", "a transposed convolution"),
        ("node('Clip', ['pixels', 'one', 'one'])", "an activation"),
        ("node('Add', ['pixels', 'wide'])", "a constant of this shape"),
        ("node('ReduceSum', ['pixels', 'w'])", "a sum over others"),
        ("node('Resize', ['pixels', '', 'one'], {mode: 'nearest'})", "a resizing of this kind"),
        ("node('Relu', ['nothing'])", "there is no map nothing"),
        ("node('Conv', ['pixels', 'pixels'])", "pixels isn't constant"),
    ],
)
def test_what_is_not_known_to_it_is_named(run, nodes, named):
    with pytest.raises(Error, match=named):
        run(f"graph([{nodes}], {{w: [6, 2, 4, 4], one: [1], wide: [1, 1, 1, 64]}});")


@pytest.mark.parametrize("length", [10, 1000, 7_000_000])
def test_a_file_that_was_cut_short_is_an_error(run, length):
    with pytest.raises(Error, match="the file was cut short"):
        run(
            f"""const {{models}} = await (await fetch("/web/engine.json")).json();
            const answer = await fetch(`/web/${{models.live}}model.onnx`);
            const onnx = readOnnx(new Uint8Array(await answer.arrayBuffer()).subarray(0, {length}));
            new LiteGraph(onnx, names, 64, 96);"""
        )
