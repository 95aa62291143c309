"""The model card beside the weights: made from their configuration alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from humanseg.markdown import table
from humanseg.model.config import ModelConfig, read_config

CARD_NAME, LICENCE_NAME = "README.md", "LICENSE"
LICENCE_TEXT = Path(__file__).with_name("weights-licence.txt")
ATTRIBUTE_NAMES = {
    "people": "people apart from each other",
    "person_share": "share of the frame that is person",
    "scene_brightness": "brightness of the scene",
    "person_brightness": "brightness of the people",
}

# What is known of the sets that weights may have been trained on, by folder name.
TERMS = {
    "human-segmentation-dataset": "VikramShenoy97/Human-Segmentation-Dataset; no licence stated",
    "portraits": "EG1800 by way of bio-punk/AutoPortraitMatting; “academic exchange only”",
    "street-fashion": "Clothing Co-Parsing, bearpaw/clothing-co-parsing; Apache-2.0",
    "everyday": "PASCAL VOC 2012 photos with SBD outlines; photos are Flickr's, no licence stated",
    "no-people": "PASCAL VOC 2012 photos without people; photos are Flickr's, no licence stated",
    "sports-labelled": "Leeds Sports Pose Extended, axelcarlier/lsp, by `python -m humanseg label`; no licence stated",
}


def write_card(folder: Path) -> Path:
    """Writes the model card from the configuration, and the weights' licence beside it; gives the card's path.

    Raises
    ------
    WeightsError : the folder has no configuration
    """
    config = read_config(folder)
    path = folder / CARD_NAME
    path.write_text(model_card(config), encoding="utf-8")
    (folder / LICENCE_NAME).write_text(LICENCE_TEXT.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def model_card(config: ModelConfig) -> str:
    """The model card as Markdown, with the Hub's front matter."""
    shown = f"{config.size} pixels for photos and of {config.live_size} for webcam frames"
    if config.size == config.live_size:
        shown = f"{config.size} pixels, which is meant for webcam frames"
    # smp can't build a decoder that ends before full resolution.
    whole = config.coarseness == 1
    coarser = "" if whole else f", {config.coarseness} times coarser than its input"
    drawn_in = ""
    if config.inset:
        drawn_in = f"\nPhotos' outlines are then drawn in by {config.inset:g} of the network's pixels (`inset`)."
    by_smp = ", or with\n`smp.from_pretrained(folder, encoder_weights=None)`" if whole else ""
    return f"""---
license: other
license_name: research-and-demonstration
license_link: {LICENCE_NAME}
library_name: segmentation-models-pytorch
pipeline_tag: image-segmentation
tags: [image-segmentation, background-removal, person, u-net]
---

# HumanSegNet weights

Separates people from their background. For photos and webcam frames of one or several people; made for research and
demonstration, since some of the training sets allow no more ([licence]({LICENCE_NAME})); the code is under Apache-2.0.

A U-Net with encoder `{config.encoder}`, started from ImageNet, and a decoder of
{"-".join(map(str, config.decoder_channels))} channels{coarser}.
It is shown a long side of {shown}. Load it with
`humanseg.Segmenter.from_pretrained(folder)`{by_smp}; then normalise RGB in [0, 1] with mean {list(config.mean)} and
std {list(config.std)}, and take the sigmoid.{drawn_in}

## What it reaches

{_score_table(config)}{_false_alarms(config)}

By `python -m humanseg evaluate --data SET [--ids FILE]`: means over photos, each scored at its mask's own size, by the
whole pipeline: second pass, unless a row says otherwise, and refinement. Boundary IoU after Cheng et al. 2021, at 2 %
of the diagonal. The checkpoint was picked by photos held back for validation; the 60 fixed test photos of the human
dataset had no part in it.

{_dependence_section(config)}## What it was trained on

{_source_table(config)}

{_recipe(config)}

{_table_sections(config)}## What it can't do

- It can't tell people from pictures of people: a statue, a doll or a photo on a wall may come out as a person.
- The training sets disagree about what people hold or wear: bags and hats count as person in one, not in another.
- Single strands of hair are lost. Glass, veils and motion blur come out as opaque or as nothing, seldom as see-through.
- People far away, in the dark, seen from above, or of whom only a limb shows are missed more often. A person
  who stands apart and is less than a third as large as the largest one is left out, unless the network is sure of
  nearly all of that person.
- The training photos were not chosen to represent everybody, and how the score depends on skin tone, age or clothing
  has not been measured. Don't decide anything about anybody by it.
"""


def _score_table(config: ModelConfig) -> str:
    rows = config.metrics.get("evaluation", {})
    if not rows:
        return "Not measured yet."
    keys = ("iou", "boundary_iou", "dice", "mae")
    return table(
        ("set", "photos", "IoU", "boundary IoU", "Dice", "MAE", "shown at"),
        (
            (name, row["n"], *(f"{row[key]:.3f}" for key in keys), f"{row['size']} px, {row['engine']}")
            for name, row in rows.items()
        ),
    )


def _false_alarms(config: ModelConfig) -> str:
    lines = [
        f"{name}: {row['somebody']} of {row['n']} photos without people come out with somebody "
        f"({row['size']} px, {row['engine']})."
        for name, row in config.metrics.get("false_alarms", {}).items()
    ]
    return "".join(f"\n\n{line}" for line in lines)


def _dependence_section(config: ModelConfig) -> str:
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
0 to 1.

"""


def _table_sections(config: ModelConfig) -> str:
    names = {"iou": "IoU", "boundary_iou": "boundary IoU", "false_area": "nobody there: false area"}
    sections = []
    for title, content in config.metrics.get("tables", {}).items():
        keys = [key for key in names if any(key in row for row in content["rows"].values())]
        rows = (
            (name, *(f"{row[key]:.4f}" if key in row else "" for key in keys)) for name, row in content["rows"].items()
        )
        body = table(("", *(names[key] for key in keys)), rows)
        sections.append(f"### {title}\n\n{body}\n\n{content['what']}\n\n")
    return "".join(sections)


def _source_table(config: ModelConfig) -> str:
    sources = config.training.get("sources", {})
    if not sources:
        return "Unknown."
    return table(
        ("set", "photos", "drawn per epoch", "from, licence as stated there"),
        (
            (
                name,
                source["photos"],
                f"x{source['weight']:g}",
                TERMS.get(Path(name).name, "not known to this project"),
            )
            for name, source in sources.items()
        ),
    )


def _recipe(config: ModelConfig) -> str:
    keys = (
        "epochs", "best_epoch", "batch_size", "sizes", "learning_rate", "encoder_rate", "weight_decay", "ema_decay",
        "hold", "loss", "zoom", "damage", "new_background", "second_person", "nobody", "mosaic", "seed",
        "precision", "torch",
    )  # fmt: skip
    stages = [*config.training.get("earlier", []), config.training]
    lines = [", ".join(f"{key} {stage[key]}" for key in keys if key in stage) for stage in stages]
    if not any(lines):
        return ""
    for number, before in enumerate(stages[:-1], 1):
        if "mean_of" in before:
            lines[number] += f"; begun with the mean of {_parts(before)}"
        if before.get("logits_scaled", 1.0) != 1:
            lines[number] += f", its last layer scaled by {before['logits_scaled']}"
    mean = ""
    if "mean_of" in config.training:
        mean = f"\n\nThe weights are the mean of those of {_parts(config.training)} (`python -m humanseg average`)."
    scale = config.training.get("logits_scaled", 1.0)
    if scale != 1:
        mean += (
            f"\n\nThen the last layer was scaled by {scale} (`--scale-logits`), so that the network is as sure "
            "of people as the one before (temperature scaling, Guo et al. 2017); outlines stay where they are."
        )
    if len(lines) == 1:
        return f"Recipe of `train.py`: {lines[0]}.{mean}"
    numbered = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    return f"Recipe of `train.py`, each stage with `--start-from` the one before:\n\n{numbered}{mean}"


def _parts(training: dict[str, Any]) -> str:
    """Which weights a mean was made of."""
    return ", ".join(
        f"stage {part['stage']} after epoch {part['epoch']}"
        if part["epoch"] is not None
        else f"stage {part['stage']} (their mean)"
        for part in training["mean_of"]
    )
