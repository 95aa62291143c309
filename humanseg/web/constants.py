"""The pipeline's constants, taken from where they stand in Python, so that the browser's pipeline has the same."""

from __future__ import annotations

from typing import Any

from humanseg import confidence, crops, edges, foreground, haze, parts, passes, resize, tiles

# By module: what its JavaScript twin needs, under the same names.
NAMES = {
    confidence: ("FEATURES", "LEAST", "LEAST_SURE", "LEAST_HAZE"),
    crops: (
        "CROP_BELOW",
        "CROP_MARGIN",
        "MOST_GROUPS",
        "GROUP_MARGIN",
        "MOST_COMPONENTS",
        "SMALLEST_COMPONENT",
        "SMALLEST_SCALE",
        "LARGEST_SCALE",
    ),
    edges: ("STEPS", "LARGEST", "CONTRAST", "BAND"),
    foreground: ("COLOUR_SIDES", "COLOUR_BOXES", "RIM", "COLOUR_DOUBT"),
    haze: ("UNSURE", "HAZE_RADIUS", "TOGETHER", "SIDE", "LEAST_REACH", "VISIBLE"),
    parts: ("SMALLEST_PERSON", "SMALL_PART"),
    passes: ("JOINED_LONG_SIDE", "SEAM"),
    resize: ("NEAR",),
    tiles: ("SURE", "TILE"),
}


def constants() -> dict[str, dict[str, Any]]:
    """By module and by name."""
    return {
        module.__name__.rpartition(".")[2]: {name: getattr(module, name) for name in names}
        for module, names in NAMES.items()
    }
