from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import requests
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from humanseg.media.video import Clip
from humanseg.placing import Placement
from tests.media import clips
from tests.ui.fakes import segmenter
from tests.ui.serving import uploaded, with_tools


@pytest.fixture(scope="module")
def client(server: str) -> Client:
    return Client(server, verbose=False)


def pixels(path: str) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_cut_out_gives_exactly_the_pixels_of_the_library(client, photo):
    made = client.predict(photo=handle_file(photo), api_name="/cut_out")
    assert Path(made).name == "Summer party-cutout.png"
    np.testing.assert_array_equal(pixels(made), segmenter().cut_out(photo).rgba)


def test_mask_is_the_alpha_in_8_bits(client, photo):
    made = pixels(client.predict(photo=handle_file(photo), api_name="/mask"))
    np.testing.assert_array_equal(made, segmenter().cut_out(photo).rgba[..., 3])


@pytest.mark.parametrize(
    ("background", "on"), [("colour", "#00ff00"), ("blur", "blur"), ("transparent", "transparent")]
)
def test_replace_background_gives_exactly_the_pixels_of_the_library(client, photo, background, on):
    made = client.predict(
        photo=handle_file(photo), background=background, colour="#00ff00", picture=None, api_name="/replace_background"
    )
    np.testing.assert_array_equal(pixels(made), segmenter().cut_out(photo).on(on))


def test_the_command_line_gives_the_same_pixels_too(client, photo, tmp_path, monkeypatch):
    from humanseg.cli import main
    from humanseg.segmenter import Segmenter

    monkeypatch.setattr(Segmenter, "from_pretrained", lambda *arguments, **options: segmenter())
    assert main(["cut-out", str(photo), "--out", str(tmp_path)]) == 0
    made = client.predict(photo=handle_file(photo), api_name="/cut_out")
    np.testing.assert_array_equal(pixels(made), pixels(str(tmp_path / "Summer party-cutout.png")))


def test_a_program_may_leave_out_the_last_inputs(server, photo):
    sent = requests.post(f"{server}gradio_api/call/cut_out", json={"data": [uploaded(server, photo)]}, timeout=10)
    answer = requests.get(f"{server}gradio_api/call/cut_out/{sent.json()['event_id']}", timeout=60).text
    assert "event: complete" in answer and "Summer%20party-cutout.png" in answer


def test_people_are_placed_as_the_library_does_it(client, photo):
    wish = {"background": "gradient", "gradient": "white..navy@90", "size": "4:5", "margin": 0.2, "shadow": 0.5}
    made = client.predict(
        photo=handle_file(photo), picture=None, scale=0.8, right=0.1, down=-0.05, api_name="/replace_background", **wish
    )
    placement = Placement("4:5", 0.2, 0.8, (0.1, -0.05), 0.5)
    np.testing.assert_array_equal(pixels(made), segmenter().cut_out(photo).on("white..navy@90", placement=placement))


@pytest.mark.parametrize("wish", [{"size": "huge"}, {"scale": 0}, {"background": "gradient", "gradient": "red"}])
def test_a_placement_that_makes_no_sense_is_refused_with_a_sentence(client, photo, wish):
    with pytest.raises(AppError, match=r"is no size|is a number|is no gradient"):
        client.predict(photo=handle_file(photo), picture=None, api_name="/replace_background", **wish)


@pytest.mark.parametrize("name", ["cut_out", "mask", "replace_background"])
def test_nobody_in_the_photo_is_an_error_that_says_so(client, tmp_path, name):
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "wall.png")
    with pytest.raises(AppError, match=r"Nobody was found in wall\.png"):
        client.predict(photo=handle_file(tmp_path / "wall.png"), api_name=f"/{name}")


def test_a_picture_can_be_put_behind_the_people(client, photo, tmp_path):
    Image.new("RGB", (30, 30), (0, 0, 200)).save(tmp_path / "blue.png")
    made = client.predict(
        photo=handle_file(photo),
        background="picture",
        picture=handle_file(tmp_path / "blue.png"),
        api_name="/replace_background",
    )
    assert tuple(pixels(made)[0, 0]) == (0, 0, 200)


def refusal(client: Client, **arguments) -> str:
    with pytest.raises(AppError) as caught:
        client.predict(**arguments)
    message = str(caught.value)
    assert "Traceback" not in message and 'File "' not in message
    return message


def test_null_keeps_everybody_as_an_empty_text_does(client, photo):
    made = client.predict(photo=handle_file(photo), keep=None, api_name="/mask")
    np.testing.assert_array_equal(pixels(made), segmenter().cut_out(photo).rgba[..., 3])


def test_null_is_no_gradient(client, photo):
    arguments = {"photo": handle_file(photo), "background": "gradient", "gradient": None, "picture": None}
    assert "no gradient" in refusal(client, **arguments, api_name="/replace_background")


def test_what_is_no_photo_is_refused_with_a_sentence(client, tmp_path):
    (tmp_path / "notes.jpg").write_text("milk, eggs")
    assert "notes.jpg" in refusal(client, photo=handle_file(tmp_path / "notes.jpg"), api_name="/cut_out")


def test_a_picture_background_without_a_picture_is_refused_with_a_sentence(client, photo):
    arguments = {"photo": handle_file(photo), "background": "picture", "picture": None}
    assert "picture of your own" in refusal(client, **arguments, api_name="/replace_background")


@pytest.mark.parametrize("colour", ["#12", "red; drop table", ""])
def test_an_odd_colour_is_refused_with_a_sentence(client, photo, colour):
    arguments = {"photo": handle_file(photo), "background": "colour", "colour": colour, "picture": None}
    assert refusal(client, **arguments, api_name="/replace_background")


def test_no_photo_at_all_is_refused_with_a_sentence(client):
    assert "photo first" in refusal(client, photo=None, api_name="/cut_out")


def test_a_photo_with_too_many_pixels_is_refused_with_a_sentence(client, tmp_path):
    Image.new("L", (1200, 1000)).save(tmp_path / "large.png")
    assert "large.png" in refusal(client, photo=handle_file(tmp_path / "large.png"), api_name="/mask")


PICTURE = np.linspace(0, 255, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint8)


def test_a_clip_is_cut_out_over_http(client, tmp_path):
    clip = clips.write(tmp_path / "My dance.mp4", [PICTURE] * 5, sound=["aac"])
    made = client.predict(
        *(handle_file(clip), "colour", "#00ff00"), picture=None, start=0, end=0.12, api_name="/cut_out_video"
    )
    assert Path(made).name == "My dance-cutout.mp4"
    frames = list(Clip(made).frames())
    assert len(frames) == 3 and frames[0].rgb[2, 2, 1] > 230 and frames[0].rgb[2, 2, 0] < 25


def test_a_clip_may_stand_on_a_gradient(client, tmp_path):
    arguments = {"video": handle_file(clips.write(tmp_path / "dance.mp4", [PICTURE] * 2)), "picture": None}
    made = client.predict(
        **arguments, behind=None, background="gradient", gradient="red..blue@90", api_name="/cut_out_video"
    )
    (first, *_) = Clip(made).frames()
    assert first.rgb[2, 2].argmax() != first.rgb[2, -3].argmax()
    assert "gradient" in refusal(
        client, **arguments, behind=None, background="gradient", gradient="red", api_name="/cut_out_video"
    )


def test_a_clip_may_go_behind_another(client, tmp_path):
    clip = clips.write(tmp_path / "dance.mp4", [PICTURE] * 4)
    behind = clips.write(tmp_path / "sea.mp4", [clips.flat((0, 0, 255))] * 2)
    arguments = {"video": handle_file(clip), "background": "clip", "picture": None, "api_name": "/cut_out_video"}
    made = client.predict(behind=handle_file(behind), **arguments)
    frames = list(Clip(made).frames())
    assert len(frames) == 4 and frames[3].rgb[2, 2].argmax() == 2
    assert "clip that goes behind" in refusal(client, **arguments, behind=None)


def test_what_is_no_clip_is_refused_with_a_sentence(client, tmp_path):
    (tmp_path / "notes.mp4").write_text("milk, eggs")
    arguments = {"video": handle_file(tmp_path / "notes.mp4"), "picture": None, "api_name": "/cut_out_video"}
    assert "notes.mp4 isn't a clip that can be read" in refusal(client, **arguments)
    assert "clip first" in refusal(client, **arguments | {"video": None})


def test_only_the_four_endpoints_are_public(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert set(endpoints) == {"/cut_out", "/mask", "/replace_background", "/cut_out_video"}
    described = {p["parameter_name"] for p in endpoints["/replace_background"]["parameters"]}
    assert {"photo", "background", "colour", "strength", "picture", "fit"} <= described


def test_the_endpoints_are_mcp_tools_too(server, photo):
    async def talk(session):
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        data = "data:image/png;base64," + base64.b64encode(photo.read_bytes()).decode()
        name = next(name for name in tools if name.endswith("cut_out"))
        return tools, await session.call_tool(name, {"photo": data, "format": "png"})

    tools, answer = with_tools(server, talk)
    assert len(tools) == 4 and all(tool.description for tool in tools.values())
    assert not answer.isError
    picture = next(part for part in answer.content if part.type == "image")
    made = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.data))))
    np.testing.assert_array_equal(made, segmenter().cut_out(photo).rgba)


@pytest.mark.parametrize("name", ["cut_out", "mask", "replace_background"])
def test_programs_may_say_who_is_kept(client, photo, name):
    everybody = pixels(client.predict(photo=handle_file(photo), api_name=f"/{name}"))
    largest = pixels(client.predict(photo=handle_file(photo), keep="largest", api_name=f"/{name}"))
    np.testing.assert_array_equal(largest, everybody)
    for keep, says in (("0.01,0.01", "Nobody is at"), ("the tall one", "doesn't say who")):
        with pytest.raises(AppError, match=says):
            client.predict(photo=handle_file(photo), keep=keep, api_name=f"/{name}")
