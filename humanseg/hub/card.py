"""The model card beside the weights, made from their configuration alone: use, limits and figures; the rest is folded.

Each section is a function of the configuration that gives Markdown, or nothing where there is nothing to say.
"""

from __future__ import annotations

from pathlib import Path

from humanseg.hub.licence import LICENCE_NAME, Licence, licence_of, stages_sets, training_sets
from humanseg.hub.metadata import front_matter
from humanseg.hub.recipe import measured_tables, recipe, source_table
from humanseg.markdown import table
from humanseg.model.config import ModelConfig, read_config

CARD_NAME = "README.md"
CONFIDENCE_PLOT = "confidence.png"  # drawn by `humanseg calibrate`
ATTRIBUTE_NAMES = {
    "people": "people apart from each other",
    "person_share": "share of the frame that is person",
    "scene_brightness": "brightness of the scene",
    "person_brightness": "brightness of the people",
}
# Columns of the table of figures.
FIGURES = {"iou": "IoU", "boundary_iou": "boundary IoU", "dice": "Dice", "mae": "MAE", "haze": "haze"}

PICTURES_OF_PEOPLE = (
    "It can't tell people from pictures of people: a statue, a doll or a photo on a wall may come out as a person."
)
SETS_DISAGREE = (
    "The training sets disagree about what people hold or wear: bags and hats count as person in one, not in another."
)
ALWAYS = (
    "Single strands of hair are lost. Glass, veils and motion blur come out as opaque or as nothing, seldom as "
    "see-through.",
    "People far away, in the dark, seen from above, or of whom only a limb shows are missed more often. A person who "
    "stands apart and is less than a third as large as the largest one is left out, unless the network is sure of "
    "nearly all of that person.",
    "The training photos were not chosen to represent everybody, and how the score depends on skin tone, age or "
    "clothing has not been measured. Don't decide anything about anybody by it.",
)
MEASURED = (
    "By `python -m humanseg evaluate --data SET [--ids FILE]`: means over photos, each scored at its mask's own size, "
    "by the whole pipeline: second pass, unless a row says otherwise, and refinement. Boundary IoU after Cheng et al. "
    "2021, at 2 % of the diagonal. The checkpoint was picked by photos held back for validation."
)
TEST_PHOTOS = "The 60 fixed test photos of the human dataset had no part in it."
HAZE = "Haze is what is half-transparent away from the outline, as a share of the person."
VALIDATED = "On the photos by which the checkpoint was picked, at their first pass alone, so that it flatters."


def write_card(folder: Path, licence: str | None = None) -> Path:
    """Writes the model card from the configuration, and the weights' licence beside it; gives the card's path.

    Parameters
    ----------
    licence : as for `licence_of`

    Raises
    ------
    WeightsError : the folder has no configuration
    HumanSegError : the licence can't be that
    """
    config = read_config(folder)
    terms = licence_of(config, licence)
    path = folder / CARD_NAME
    path.write_text(model_card(config, folder.resolve().name, terms), encoding="utf-8")
    if terms.text is not None:
        (folder / LICENCE_NAME).write_text(terms.text, encoding="utf-8")
    return path


def model_card(config: ModelConfig, name: str, licence: Licence | None = None) -> str:
    """The model card as Markdown, with the Hub's front matter.

    Parameters
    ----------
    name : by which the weights are loaded: a folder, weights that ship, or `user/name` on the Hub
    licence : by default `licence_of(config)`
    """
    licence = licence or licence_of(config)
    title = name.rpartition("/")[2]
    sections = [
        f"# {title}",
        f"Separates people from their background, in photos and webcam frames of one or several people.\n"
        f"{licence.sentence} The code is under Apache-2.0.",
        _use(config, name),
        _limits(config),
        _figures(config),
        _confidence(config),
        _dependence(config),
        _folded(config),
    ]
    return f"{front_matter(config, title, licence)}\n" + "\n\n".join(filter(None, sections)) + "\n"


def _use(config: ModelConfig, name: str) -> str:
    shown = f"{config.size} pixels for photos and of {config.live_size} for webcam frames"
    if config.size == config.live_size:
        shown = f"{config.size} pixels, which is meant for webcam frames"
    # smp can't build a decoder that ends before full resolution.
    whole = config.coarseness == 1
    coarser = "" if whole else f", {config.coarseness} times coarser than its input"
    by_smp = ""
    if whole:
        by_smp = "\n`smp.from_pretrained(folder, encoder_weights=None)` of segmentation-models-pytorch builds it, too."
    drawn_in = ""
    if config.inset:
        drawn_in = f"\nPhotos' outlines are then drawn in by {config.inset:g} of the network's pixels (`inset`)."
    return f"""## How to use it

```python
from humanseg import Segmenter

cut_out = Segmenter.from_pretrained("{name}").cut_out("photo.jpg")
cut_out.save("photo.png")
```

`humanseg cut-out photo.jpg --model {name}` does the same, and `python app.py --model {name}` opens the page.

A U-Net with encoder `{config.encoder}`, started from ImageNet, and a decoder of
{"-".join(map(str, config.decoder_channels))} channels{coarser}. It is shown a long side of
{shown}. `model.onnx` takes RGB from 0 to 255 and gives alpha.
`model.safetensors` takes RGB in [0, 1], normalised with mean {list(config.mean)} and std {list(config.std)}, and
gives logits, of which alpha is the sigmoid.{by_smp}{drawn_in}"""


def _limits(config: ModelConfig) -> str:
    limits = [PICTURES_OF_PEOPLE, *ALWAYS]
    if sum(name in training_sets() for name in map(_last_part, stages_sets(config))) > 1:
        limits.insert(1, SETS_DISAGREE)
    return "\n".join(["## What it can't do\n", *(f"- {limit}" for limit in limits)])


def _last_part(name: str) -> str:
    return Path(name).name


def _figures(config: ModelConfig) -> str:
    scores = config.metrics.get("evaluation", {})
    validated = {name: row for name, row in config.metrics.get("validation", {}).items() if isinstance(row, dict)}
    parts = ["## What it reaches"]
    if scores:
        parts += [_score_table(scores), *_false_alarms(config), _how_it_was_measured(scores)]
    elif any("iou" in row for row in validated.values()):
        parts += [
            _score_table({name: row for name, row in validated.items() if "iou" in row}),
            VALIDATED,
        ]
    else:
        parts.append("Not measured yet.")
    return "\n\n".join(parts)


def _score_table(rows: dict[str, dict]) -> str:
    keys = [key for key in FIGURES if any(key in row for row in rows.values())]
    head = ["set", "photos", *(FIGURES[key] for key in keys), "shown at"]
    lines = (
        [
            name,
            row.get("n", ""),
            *(f"{row[key]:.3f}" if key in row else "" for key in keys),
            f"{row['size']} px, {row['engine']}" if "engine" in row else "",
        ]
        for name, row in rows.items()
    )
    return table(head, lines)


def _false_alarms(config: ModelConfig) -> list[str]:
    return [
        f"{name}: {row['somebody']} of {row['n']} photos without people come out with somebody "
        f"({row['size']} px, {row['engine']})."
        for name, row in config.metrics.get("false_alarms", {}).items()
    ]


def _how_it_was_measured(scores: dict[str, dict]) -> str:
    told = [MEASURED]
    if any(name.startswith("human-segmentation-dataset") for name in scores):
        told.append(TEST_PHOTOS)
    if any("haze" in row for row in scores.values()):
        told.append(HAZE)
    return " ".join(told)


def _confidence(config: ModelConfig) -> str:
    fit = config.metrics.get("confidence", {})
    if not fit:
        return ""
    people, nobody = fit["people"], fit["nobody"]
    return f"""## How far its confidence can be trusted

`CutOut.confidence` is the IoU that the cut-out can be expected to have. On {fit["n"]} photos held back from training,
each predicted by a fit on the others, its rank correlation with the true IoU is {fit["rank_correlation"]:.2f} and its
mean error of calibration {fit["calibration_error"]:.3f}; of {fit["failures"]} cut-outs with an IoU below 0.8,
{fit["failures_in_doubtful_tenth"]} are in the tenth with the least confidence. Of {people["n"]} photos with people
{people["missed"]} come out without anybody, of {nobody["n"]} photos of nobody {nobody["somebody"]} with somebody.

![Confidence against true IoU, photo by photo]({CONFIDENCE_PLOT})"""


def _dependence(config: ModelConfig) -> str:
    dependence = config.metrics.get("dependence", {})
    if not dependence:
        return ""
    rows = table(
        ("", "range", "photos", "IoU", "boundary IoU"),
        (
            (
                ATTRIBUTE_NAMES.get(attribute, attribute),
                name,
                row["n"],
                f"{row['iou']:.3f}",
                f"{row['boundary_iou']:.3f}",
            )
            for attribute, ranges in dependence.items()
            for name, row in ranges.items()
        ),
    )
    return f"""## What the score depends on

{rows}

Over all photos of the table above at {config.size} px. People who touch count as one; brightness is the mean luma,
0 to 1."""


def _folded(config: ModelConfig) -> str:
    """How the weights came about, for those who mean to train some."""
    inside = [f"### Data sets\n\n{source_table(config)}", recipe(config), measured_tables(config)]
    told = "\n\n".join(filter(None, inside))
    # Markdown inside HTML is read as Markdown after an empty line alone.
    return f"<details>\n<summary>What it was trained on, and how</summary>\n\n{told}\n\n</details>"
