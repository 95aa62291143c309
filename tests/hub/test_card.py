import json
from dataclasses import replace

import pytest

from humanseg.cli import main
from humanseg.errors import HumanSegError, WeightsError
from humanseg.hub import card, figures
from humanseg.hub.licence import LICENCE_NAME, LICENCE_TEXT
from humanseg.model.config import ModelConfig, read_config, write_config


def test_the_card_is_made_of_what_was_measured(weights, scores):
    figures.add_scores(weights, [scores])
    text = card.write_card(weights).read_text()
    assert "| portraits | 60 | 0.912 | 0.700 |" in text
    assert "academic exchange only" in text and "epochs 7" in text
    assert text.startswith("---\nlicense: other")
    assert read_config(weights).metrics["evaluation"]["portraits"]["n"] == 60


def test_the_card_of_a_webcam_s_network_says_what_it_is_for_and_what_can_t_read_it():
    text = card.model_card(ModelConfig(decoder_channels=(64, 32, 16), size=256, live_size=256), "cutter")
    assert "64-32-16 channels, 4 times coarser" in text and "meant for webcam frames" in text
    assert "smp.from_pretrained" not in text and "smp.from_pretrained" in card.model_card(ModelConfig(), "cutter")


def test_the_card_tells_how_often_somebody_is_found_in_photos_of_nobody(weights, scores, tmp_path):
    assert "without people come out" not in card.model_card(read_config(weights), "cutter")
    file = tmp_path / "rooms.json"
    mean = {"n": 96, "somebody": 5, "false_area": 0.01}
    rows = [{"id": "a", "somebody": True, "false_area": 0.3}]
    file.write_text(json.dumps(json.loads(scores.read_text()) | {"data": "rooms", "mean": mean, "photos": rows}))
    figures.add_scores(weights, [scores, file])
    text = card.write_card(weights).read_text()
    assert "| portraits | 60 | 0.912 | 0.700 |" in text and "| rooms |" not in text
    assert "\n\nrooms: 5 of 96 photos without people come out with somebody (" in text


def test_a_card_without_scores_says_so(weights):
    assert "Not measured yet" in card.write_card(weights).read_text()


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(WeightsError):
        card.write_card(tmp_path)


def test_the_card_tells_what_the_score_depends_on(weights, scores):
    photos = [
        {"people": 1, "person_share": 0.4, "iou": 0.9, "boundary_iou": 0.8},
        {"people": 1, "person_share": 0.02, "iou": 0.7, "boundary_iou": 0.6},
        {"people": 5, "iou": 0.5, "boundary_iou": 0.4},
    ]
    scores.write_text(json.dumps(json.loads(scores.read_text()) | {"photos": photos}))
    figures.add_scores(weights, [scores])
    text = card.write_card(weights).read_text()
    assert "| people apart from each other | 1 to below 2 | 2 | 0.800 | 0.700 |" in text
    assert "| people apart from each other | 3 and more | 1 | 0.500 | 0.400 |" in text
    assert "| share of the frame that is person | 0.3 to below 0.5 | 1 | 0.900 | 0.800 |" in text


def test_the_card_shows_tables(weights, tmp_path):
    row = {"iou": 0.85, "boundary_iou": 0.6, "false_area": 0.03}
    file = tmp_path / "ablation.json"
    file.write_text(json.dumps({"title": "Ablation", "what": "Short runs.", "rows": {"all of it": row}}))
    figures.add_table(weights, file)
    del row["false_area"]
    file.write_text(json.dumps({"title": "Folds", "what": "Each fold.", "rows": {"fold 1": row}}))
    figures.add_table(weights, file)
    text = card.write_card(weights).read_text()
    assert "### Ablation" in text and "| all of it | 0.8500 | 0.6000 | 0.0300 |" in text and "Short runs." in text
    assert "### Folds" in text and "| fold 1 | 0.8500 | 0.6000 |\n" in text and "Each fold." in text


def test_the_card_tells_every_stage_of_the_training(weights):
    config = read_config(weights)
    assert "Recipe of `train.py`: epochs 7" in card.model_card(config, "cutter")
    later = replace(config, training={"epochs": 3, "earlier": [config.training]})
    text = card.model_card(later, "cutter")
    assert "\n1. epochs 7" in text and "\n2. epochs 3\n" in text


def test_the_card_tells_how_far_outlines_are_drawn_in(weights):
    config = read_config(weights)
    assert "drawn in" not in card.model_card(config, "cutter")
    assert "drawn in by 0.25 of the network's pixels" in card.model_card(replace(config, inset=0.25), "cutter")


def test_the_card_tells_which_means_of_weights_were_gone_on_from(weights):
    config = read_config(weights)
    mean_of = [{"stage": 1, "epoch": 4}, {"stage": 1, "epoch": 7}]
    averaged = {**config.training, "mean_of": mean_of}
    further = {**config.training, "mean_of": [{"stage": 3, "epoch": None}, {"stage": 4, "epoch": 6}]}
    assert "of stage 3 (their mean), stage 4 after epoch 6" in card.model_card(
        replace(config, training=further), "cutter"
    )
    assert "mean of those of stage 1 after epoch 4, stage 1 after epoch 7" in card.model_card(
        replace(config, training=averaged), "cutter"
    )
    text = card.model_card(replace(config, training={"epochs": 3, "earlier": [averaged]}), "cutter")
    assert "\n2. epochs 3; begun with the mean of stage 1 after epoch 4, stage 1 after epoch 7\n" in text
    assert "The weights are the mean" not in text


def test_the_card_tells_that_the_last_layer_was_scaled(weights):
    config = read_config(weights)
    scaled = replace(config, training={**config.training, "logits_scaled": 0.8})
    assert "the last layer was scaled by 0.8" in card.model_card(scaled, "cutter")
    assert "scaled" not in card.model_card(config, "cutter")
    further = replace(config, training={"epochs": 3, "earlier": [{"mean_of": [], "logits_scaled": 0.8}]})
    assert "its last layer scaled by 0.8" in card.model_card(further, "cutter")


def test_the_weights_licence_lies_beside_them_and_the_front_matter_names_it(weights):
    text = card.write_card(weights).read_text()
    front = text.split("---")[1]
    assert "license: other\nlicense_name: research-and-demonstration\nlicense_link: LICENSE\n" in front
    assert (weights / "LICENSE").read_text() == LICENCE_TEXT.read_text()


@pytest.mark.parametrize("name", ["humansegnet", "humansegnet-live"])
def test_the_cards_that_ship_are_those_that_the_command_writes(repository, name):
    folder = repository / "checkpoints" / name
    assert (folder / card.CARD_NAME).read_text() == card.model_card(read_config(folder), name)
    assert (folder / LICENCE_NAME).read_text() == LICENCE_TEXT.read_text()


def test_the_package_tells_the_code_s_licence_from_the_weights(repository):
    settings = (repository / "pyproject.toml").read_text()
    assert 'license = "Apache-2.0 AND LicenseRef-humansegnet-weights"' in settings
    assert 'license-files = ["LICENSE", "checkpoints/*/LICENSE"]' in settings
    readme = (repository / "README.md").read_text()
    for link in ("LICENSE", "checkpoints/humansegnet/LICENSE"):
        assert f"]({link})" in readme and (repository / link).is_file()


def test_use_limits_and_figures_come_first_and_the_recipe_is_folded_away(weights, scores):
    figures.add_scores(weights, [scores])
    text = card.model_card(read_config(weights), "somebody/cutter")
    places = [
        text.index(part)
        for part in (
            'from_pretrained("somebody/cutter")',
            "## What it can't do",
            "## What it reaches",
            "<details>\n<summary>",
            "### Data sets",
            "epochs 7",
            "\n\n</details>\n",
        )
    ]
    assert places == sorted(places) and text.endswith("\n\n</details>\n")
    folded = text[text.index("<details>") :]
    assert "### Data sets" in folded and "Recipe of `train.py`" in folded and "## What" not in folded


def test_the_card_shows_haze_where_it_was_measured(weights, scores):
    content = json.loads(scores.read_text())
    content["mean"]["haze"] = 0.0123
    scores.write_text(json.dumps(content))
    figures.add_scores(weights, [scores])
    text = card.model_card(read_config(weights), "cutter")
    assert "| MAE | haze |" in text and "| 0.020 | 0.012 |" in text and "half-transparent" in text
    assert "haze" not in card.model_card(ModelConfig(), "cutter")


def test_before_anything_is_measured_the_card_shows_the_figures_of_validation_for_what_they_are(weights):
    config = replace(read_config(weights), metrics={"validation": {"iou": 0.9, "garden": {"iou": 0.91, "mae": 0.02}}})
    text = card.model_card(config, "cutter")
    assert "| garden | | 0.910 | 0.020 | |" in text and "so that it flatters" in text


def test_what_is_said_of_our_sets_alone_is_not_said_of_others(weights):
    config = read_config(weights)
    sources = {"portraits": {"photos": 1, "weight": 1.0}, "everyday": {"photos": 1, "weight": 1.0}}
    assert "sets disagree" in card.model_card(replace(config, training={"sources": sources}), "cutter")
    own = {"garden": {"photos": 1, "weight": 1.0}, "office": {"photos": 1, "weight": 1.0}}
    text = card.model_card(replace(config, training={"sources": own}), "cutter")
    assert "sets disagree" not in text and "research and demonstration" not in text


def test_a_card_of_own_sets_has_the_licence_that_was_chosen(weights):
    config = read_config(weights)
    write_config(replace(config, training={"sources": {"garden": {"photos": 1, "weight": 1.0}}}), weights)
    assert "\nlicense: mit\n" in card.write_card(weights, "mit").read_text()
    assert not (weights / LICENCE_NAME).exists()


def test_a_licence_that_the_training_sets_rule_out_is_refused(weights):
    with pytest.raises(HumanSegError, match="can't be under mit, since portraits"):
        card.write_card(weights, "mit")


def test_the_card_of_a_model_on_the_hub_is_not_made_in_the_hub_s_cache(hub_server, capsys):
    assert main(["card", "--model", "somebody/cutter"]) == 1
    assert "is on the Hub" in capsys.readouterr().err and hub_server.requests == []


def test_the_card_tells_how_far_the_confidence_can_be_trusted(weights, tmp_path):
    assert "confidence.png" not in card.model_card(read_config(weights), "mine")
    fit = {
        "n": 480,
        "rank_correlation": 0.841,
        "calibration_error": 0.0123,
        "failures": 50,
        "failures_in_doubtful_tenth": 31,
        "people": {"n": 484, "missed": 2},
        "nobody": {"n": 203, "somebody": 3},
    }
    text = card.model_card(replace(read_config(weights), metrics={"confidence": fit}), "mine")
    assert "(confidence.png)" in text and "is 0.84 and" in text and "of calibration 0.012;" in text
    assert "of 203 photos of nobody 3 with somebody" in text
