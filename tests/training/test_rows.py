import pytest

from humanseg.training.rows import METRICS_NAME, read_rows, write_rows

ROWS = [{"epoch": 1, "loss": 1.5, "a/iou": 0.25}, {"epoch": 2, "loss": 0.5, "a/iou": 0.75}]


def test_what_is_written_is_read_again(tmp_path):
    write_rows(tmp_path, ROWS)
    assert read_rows(tmp_path, 2) == ROWS
    assert (tmp_path / METRICS_NAME).read_text().splitlines()[0] == "epoch,loss,a/iou"


def test_writing_again_doubles_nothing(tmp_path):
    write_rows(tmp_path, ROWS)
    write_rows(tmp_path, ROWS)
    assert len((tmp_path / METRICS_NAME).read_text().splitlines()) == 3


def test_a_set_that_joins_later_has_no_figures_before(tmp_path):
    write_rows(tmp_path, [*ROWS, {"epoch": 3, "loss": 0.4, "a/iou": 0.8, "b/iou": 0.5}])
    assert read_rows(tmp_path, 3)[0] == ROWS[0] and read_rows(tmp_path, 3)[2]["b/iou"] == 0.5


@pytest.mark.parametrize("left", ["3,0.", "3,0.4", "3,0.4,0.", "3,zz,0.1\n", "\x00\n", "3,0.4,0.9,7\n"])
def test_what_a_killed_run_left_of_a_row_is_not_one(tmp_path, left):
    write_rows(tmp_path, ROWS)
    with (tmp_path / METRICS_NAME).open("a") as file:
        file.write(left)
    assert read_rows(tmp_path, 2) == ROWS


def test_rows_of_epochs_that_the_state_does_not_know_are_dropped_and_none_comes_twice(tmp_path):
    write_rows(tmp_path, [*ROWS, ROWS[1], {"epoch": 3, "loss": 0.1, "a/iou": 0.9}])
    assert read_rows(tmp_path, 2) == ROWS
    assert read_rows(tmp_path, 0) == []


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b"epoch,loss\n"])
def test_no_table_is_no_rows(tmp_path, content):
    if content is not None:
        (tmp_path / METRICS_NAME).write_bytes(content)
    assert read_rows(tmp_path, 9) == []
