"""humanseg info."""

from humanseg.cli import main


def test_info_names_weights_and_engine(capsys):
    assert main(["info", "--engine", "torch"]) == 0
    text = capsys.readouterr().out
    assert "humansegnet" in text and "torch cpu" in text
