"""humanseg info."""

from humanseg.cli import main
from humanseg.hub.find import find_weights
from humanseg.model.config import CONFIG_NAME, WEIGHTS_NAME
from tests.hub.conftest import hub_server  # noqa: F401  (a fixture)
from tests.hub.server import commit_number


def test_info_names_weights_and_engine(capsys):
    assert main(["info", "--engine", "torch"]) == 0
    text = capsys.readouterr().out
    assert "humansegnet" in text and "torch cpu" in text


def test_info_of_a_model_on_the_hub_names_the_commit_and_fetches_what_the_engine_reads_alone(
    hub_server,  # noqa: F811
    capsys,
):
    folder = find_weights()
    hub_server.add("somebody/cutter", {name: (folder / name).read_bytes() for name in (CONFIG_NAME, WEIGHTS_NAME)})
    assert main(["info", "--engine", "torch", "--model", "somebody/cutter"]) == 0
    assert f"weights  somebody/cutter@{commit_number(1)} in " in capsys.readouterr().out
