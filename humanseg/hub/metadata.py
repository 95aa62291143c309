"""The front matter of a model card, by which the Hub finds, sorts and compares models."""

from __future__ import annotations

from typing import Any

from humanseg.hub.licence import Licence, stages_sets
from humanseg.model.config import ModelConfig

TASK = "image-segmentation"
# Our figures, by the Hub's names of metrics and by those for people.
METRICS = {
    "iou": ("mean_iou", "IoU"),
    "boundary_iou": ("boundary_iou", "boundary IoU"),
    "mae": ("mae", "mean absolute error of alpha"),
}


def front_matter(config: ModelConfig, name: str, licence: Licence) -> str:
    """YAML between two lines of dashes.

    Parameters
    ----------
    name : of the model, for its figures
    """
    from huggingface_hub import ModelCardData

    data = ModelCardData(
        **licence.metadata,
        # smp can't build a decoder that ends before full resolution.
        library_name="segmentation-models-pytorch" if config.coarseness == 1 else "humanseg",
        pipeline_tag=TASK,
        tags=[TASK, "background-removal", "matting", "person", "u-net", "onnx"],
        datasets=stages_sets(config) or None,
        base_model=_base(config),
        model_name=name,
        eval_results=_results(config) or None,
    )
    keys = ["license", "license_name", "license_link", "library_name", "pipeline_tag", "tags", "datasets"]
    return f"---\n{data.to_yaml(original_order=keys)}\n---\n"


def _base(config: ModelConfig) -> str | None:
    """The model on the Hub that the training began with."""
    names = (stage.get("published_as") for stage in reversed(config.training.get("earlier", [])))
    return next((name.partition("@")[0] for name in names if name), None)


def _results(config: ModelConfig) -> list[Any]:
    """The figures that `python -m humanseg evaluate` measured."""
    from huggingface_hub import EvalResult

    return [
        EvalResult(
            task_type=TASK,
            dataset_type=name.partition(",")[0],
            dataset_name=f"{name} ({row['n']} photos)",
            metric_type=metric,
            metric_name=title,
            metric_value=round(row[key], 4),
        )
        for name, row in config.metrics.get("evaluation", {}).items()
        for key, (metric, title) in METRICS.items()
        if key in row
    ]
