"""`numink read`: what it prints, and what it does about files that cannot be read."""

import csv
import json
import os
import re
import shlex
import subprocess
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from numink.cli import read as cli_read
from numink.cli import read_files
from numink.data import strokes
from numink.reader.reader import Reader
from program import PROGRAM

TEXTS = [["12", "7"], ["305"]]


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    """A folder with page.png (12 7, then 305), table.png (three ruled rows), blank.png, and page.txt."""
    folder = tmp_path_factory.mktemp("pictures")
    plain = {"photo": strokes.Photo(), "strays": 0, "pen": "felt pen", "height_px": 300, "width_px": 480}
    page = strokes.page(np.random.default_rng(3), texts=TEXTS, layout="rows", paper="plain", **plain)
    Image.fromarray(page.image).save(folder / "page.png")
    cells = [["12", "7"], ["", "40"], ["305", "66"]]
    table = strokes.page(np.random.default_rng(4), texts=cells, layout="table", paper="plain", **plain)
    Image.fromarray(table.image).save(folder / "table.png")
    Image.new("L", (200, 100), 250).save(folder / "blank.png")
    (folder / "page.txt").write_text("no picture")
    return folder


@pytest.fixture(scope="session")
def singles(tmp_path_factory) -> Path:
    """A folder with a picture of each digit, 3.png to 5.png, and one without ink."""
    folder = tmp_path_factory.mktemp("singles")
    rng = np.random.default_rng(1)
    images = strokes.draw_images([3, 4, 5], [strokes.draw_writer(rng, strokes.pen_named("felt pen"))] * 3, rng)
    for digit, image in zip((3, 4, 5), images, strict=True):
        Image.fromarray(255 - image).save(folder / f"{digit}.png")
    Image.new("L", (28, 28), 255).save(folder / "none.png")
    return folder


def test_rows_of_numbers_under_the_name_of_their_picture(command, pictures):
    ended = command("read", pictures / "page.png")

    assert ended.status == 0
    name, *rows = ended.out.splitlines()
    assert name == str(pictures / "page.png")
    assert [row.replace("?", "").split() for row in rows] == TEXTS
    assert ended.err.startswith("1 picture: 3 numbers")


def test_json_is_the_contract(command, pictures):
    ended = command("read", pictures / "page.png", "--json")
    found = json.loads(ended.out, parse_constant=pytest.fail)

    assert ended.status == 0
    assert set(found) == {"images", "failed"}
    (image,) = found["images"]
    assert (image["file"], image["page"], image["width"], image["height"]) == (str(pictures / "page.png"), 0, 480, 300)
    assert [(number["text"], number["row"]) for number in image["numbers"]] == [("12", 0), ("7", 0), ("305", 1)]
    for number in image["numbers"]:
        assert {"text", "row", "box", "confidence", "accepted", "digits"} <= set(number)
        assert len(number["digits"]) == len(number["text"])
        assert len(number["box"]) == 4
        for digit in number["digits"]:
            assert {"digit", "box", "confidence", "alternatives"} <= set(digit)
            assert all(0 <= other <= 9 and 0 <= p <= 1 for other, p in digit["alternatives"])
    assert found["failed"] == []


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text)))


def test_csv_of_a_page_has_a_row_for_each_number(command, pictures):
    ended = command("read", pictures / "page.png", "--csv")
    head, *rows = rows_of(ended.out)

    assert head == ["file", "page", "row", "column", "text", "confidence", "accepted", "x", "y", "width", "height"]
    assert [row[2:5] for row in rows] == [["0", "0", "12"], ["0", "1", "7"], ["1", "0", "305"]]
    assert {row[6] for row in rows} <= {"true", "false"}
    assert "CSV: one row a number" in ended.err


def test_csv_of_a_table_has_its_rows_and_columns(command, pictures):
    ended = command("read", pictures / "table.png", "--csv")
    cells = [[cell.rstrip("?") for cell in row] for row in rows_of(ended.out)]

    assert cells == [["12", "7"], ["", "40"], ["305", "66"]]
    assert "rows and columns" in ended.err
    plain = command("read", pictures / "table.png", "--csv", "--no-table")
    assert [row[2:5] for row in rows_of(plain.out)][2:4] == [["0", "1", "7"], ["1", "1", "40"]]


def test_tables_of_several_pictures_say_which_they_are(command, pictures):
    ended = command("read", pictures / "table.png", pictures / "page.png", "--csv", "--table")
    rows = rows_of(ended.out)

    assert [row[:2] for row in rows] == [[str(pictures / "table.png"), "0"]] * 3 + [
        [str(pictures / "page.png"), "0"]
    ] * 2
    assert [cell.rstrip("?") for cell in rows[3][2:]] == TEXTS[0]


def test_a_blank_picture_has_no_numbers(command, pictures):
    ended = command("read", pictures / "blank.png")

    assert ended.status == 0
    assert "no numbers" in ended.out
    assert command("read", pictures / "blank.png", "--json").out.count('"numbers": []') == 1


def test_single_digits_a_line_each(command, singles):
    ended = command("read", singles, "--single")

    assert ended.status == 0
    head, *lines = ended.out.splitlines()
    assert head.split() == ["digit", "sure", "picture"]
    assert [line.split()[0].rstrip("?") for line in lines] == ["3", "4", "5", "-"]
    assert [Path(line.split()[-1]).name for line in lines] == ["3.png", "4.png", "5.png", "none.png"]


def test_what_cannot_be_read_is_told_and_the_rest_is_read(command, pictures, tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")
    ended = command("read", "text.jpg", "gone.png", pictures / "page.png", "--json")

    assert ended.status == 2
    found = json.loads(ended.out)
    assert [image["file"] for image in found["images"]] == [str(pictures / "page.png")]
    assert {one["file"] for one in found["failed"]} == {"text.jpg", "gone.png"}
    assert len([line for line in ended.err.splitlines() if line.startswith("numink: ")]) == 2


def test_a_picture_that_takes_too_much_memory_fails_alone(command, pictures, monkeypatch):
    look_at_all = Reader.look_at_all

    def careful(self, images):
        if any(image.shape[1] == 200 for image in images):
            raise MemoryError
        return look_at_all(self, images)

    monkeypatch.setattr(Reader, "look_at_all", careful)
    ended = command("read", pictures / "blank.png", pictures / "page.png", "--json", "--workers", 1)

    assert ended.status == 2
    found = json.loads(ended.out)
    assert [image["file"] for image in found["images"]] == [str(pictures / "page.png")]
    assert [Path(one["file"]).name for one in found["failed"]] == ["blank.png"]
    assert "memory" in found["failed"][0]["reason"]


def test_of_many_failures_some_are_told_and_json_lists_all(command, tmp_path):
    names = [f"{number}.png" for number in range(cli_read.MOST_TOLD + 5)]
    ended = command("read", *names, "--json")

    assert len(json.loads(ended.out)["failed"]) == len(names)
    assert len(ended.err.splitlines()) == cli_read.MOST_TOLD + 1
    assert "5 more could not be read; --json lists all" in ended.err


def test_names_stay_on_their_line(command, pictures, tmp_path):
    odd = tmp_path / "a\n\x1b[31m[b].png"
    odd.write_bytes((pictures / "blank.png").read_bytes())

    assert command("read", odd.name).out.splitlines() == [
        "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}[31m[b].png",
        "  no numbers",
    ]


def test_folders_are_read_in_order_and_other_files_passed_over(command, pictures):
    found = json.loads(command("read", pictures, "--json").out)

    assert [Path(image["file"]).name for image in found["images"]] == ["blank.png", "page.png", "table.png"]
    assert found["failed"] == []


def test_other_processes_read_the_same_in_the_same_order(command, pictures, tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")
    places = [pictures / "table.png", "text.jpg", pictures / "page.png"]
    here = command("read", *places, "--json", "--workers", 1)
    there = command("read", *places, "--json", "--workers", 2, "--annotate", "seen")

    assert json.loads(there.out) == json.loads(here.out)
    assert there.status == here.status == 2
    assert sorted(file.name for file in Path("seen").iterdir()) == ["page.jpg", "table.jpg"]


def test_pages_of_one_file_are_shared_out_and_stay_in_order(command, pictures, tmp_path):
    pages = [Image.open(pictures / "page.png"), Image.open(pictures / "blank.png")] * 3
    pages[0].save(tmp_path / "scan.tif", save_all=True, append_images=pages[1:])
    ended = command("read", "scan.tif", "--json", "--workers", 2, "--annotate", "seen")

    images = json.loads(ended.out)["images"]
    assert [image["page"] for image in images] == list(range(6))
    assert [len(image["numbers"]) for image in images] == [3, 0] * 3
    names = {"scan.jpg", *(f"scan-page-{page}.jpg" for page in range(2, 7))}
    assert {file.name for file in (tmp_path / "seen").iterdir()} == names
    assert "scan.tif, page 2" in command("read", "scan.tif", "--workers", 1).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gone.png",), "gone.png: no such file"),
        (("here.txt",), "here.txt: no picture"),
        ((".",), "folder without pictures"),
        (("x.png", "--json", "--csv"), "give one of them"),
        (("x.png", "--table"), "give --csv as well"),
        (("x.png", "--model", "nonsense"), "nonsense"),
        (("x.png", "--annotate", "here.txt"), "here.txt is a file"),
        (("x.png", "--explain", "here.txt"), "here.txt is a file"),
        (("x.png", "--save-doubtful", "here.txt/sorted"), "here.txt is a file"),
        (("x.png", "--max-megapixels", "inf"), "max-megapixels"),
        (("x.png", "--max-error-rate", "2"), "between 0 and 1"),
        (("x.png", "--max-error-rate", "abc"), "abc"),
        (("x.png", "--workers", "0"), "workers"),
        ((), "IMAGE"),
    ],
)
def test_bad_input_gets_one_line(command, tmp_path, arguments, said):
    (tmp_path / "here.txt").write_text("text")

    assert said in command("read", *arguments).message


def test_pictures_are_never_written_over(command, pictures, tmp_path):
    before = (pictures / "page.png").read_bytes()

    assert "holds pictures that are read" in command("read", pictures / "page.png", "--annotate", pictures).message
    assert (pictures / "page.png").read_bytes() == before

    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "circle.png").symlink_to("circle.png")
    (tmp_path / "links" / "page.jpg").symlink_to(pictures / "page.png")
    assert "holds pictures that are read" in command("read", "links", "--annotate", "links").message
    assert (pictures / "page.png").read_bytes() == before


def test_a_folder_that_may_not_be_written_is_told_before_any_work(command, pictures, monkeypatch):
    monkeypatch.setattr("os.access", lambda _, mode: not mode & os.W_OK)

    assert "may not be written" in command("read", pictures / "page.png", "--annotate", "new/folder").message


def test_a_picture_that_may_not_be_read_fails_alone(command, pictures, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)

    assert command("read", pictures / "page.png").status == 0  # the test decides only what Typer looks at itself


def test_names_are_short_enough_for_a_file_system(command, pictures, tmp_path):
    name = 80 * "\u6570"
    (tmp_path / f"{name}.png").write_bytes((pictures / "page.png").read_bytes())

    assert command("read", f"{name}.png", "--annotate", "seen").status == 0
    assert (tmp_path / "seen" / f"{name[:53]}.jpg").is_file()


def test_too_large_a_picture_names_the_flag(command, pictures):
    assert "--max-megapixels" in command("read", pictures / "page.png", "--max-megapixels", 0.01).message
    assert command("read", pictures / "page.png", "--max-megapixels", 1).status == 0


def test_all_that_can_be_written(command, pictures, tmp_path):
    ended = command(
        "read", pictures / "page.png", "--annotate", "a", "--explain", "b", "--save-doubtful", "c", "--single"
    )

    assert ended.status == 0
    assert (tmp_path / "a" / "page.jpg").is_file()
    assert (tmp_path / "b" / "page.html").read_text("utf-8").startswith("<!doctype html>")
    if "doubtful (marked" in ended.err:
        assert "--data c" in re.sub(r"\s+", " ", (tmp_path / "c" / "README.txt").read_text("utf-8"))


@pytest.fixture
def asked_for(monkeypatch):
    """Sets the least confidence that is accepted."""

    def ask(confidence: float) -> None:
        monkeypatch.setattr("numink.reader.confidence.ACCEPTED", confidence)
        read_files.reader_of.cache_clear()

    yield ask
    read_files.reader_of.cache_clear()


def test_doubtful_numbers_are_marked(command, pictures, asked_for):
    asked_for(1.1)
    ended = command("read", pictures / "page.png")

    assert [row.split() for row in ended.out.splitlines()[1:]] == [["12?", "7?"], ["305?"]]
    assert "3 doubtful (marked ?)" in ended.err
    assert "--annotate DIR" in ended.err
    assert rows_of(command("read", pictures / "table.png", "--csv").out) == [
        ["12?", "7?"],
        ["", "40?"],
        ["305?", "66?"],
    ]
    assert {row[6] for row in rows_of(command("read", pictures / "page.png", "--csv").out)[1:]} == {"false"}


def test_sure_numbers_are_not_marked(command, pictures, asked_for):
    asked_for(0.0)
    ended = command("read", pictures / "page.png")

    assert [row.split() for row in ended.out.splitlines()[1:]] == TEXTS
    assert ended.err == "1 picture: 3 numbers.\n"
    assert {row[6] for row in rows_of(command("read", pictures / "page.png", "--csv").out)[1:]} == {"true"}


def test_a_full_disk_loses_no_reading(command, pictures, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    ended = command("read", pictures / "page.png", pictures / "table.png", "--csv", "--annotate", "a", "--explain", "b")

    assert ended.status == 2
    assert len(rows_of(ended.out)) == 1 + 3 + 5
    complaints = [line for line in ended.err.splitlines() if line.startswith("numink: ")]
    assert "cannot write a/page.jpg: no space left on device" in complaints[0]
    assert complaints[1:] == ["numink: 1 more could not be written"]


def test_what_was_saved_is_counted_and_nothing_is_silent(command, pictures, asked_for):
    asked_for(0.0)
    assert (
        "No new doubtful digits for d: no number was doubtful."
        in command("read", pictures / "page.png", "--save-doubtful", "d").err
    )
    asked_for(1.1)
    first = command("read", pictures / "page.png", "--save-doubtful", "d")
    again = command("read", pictures / "page.png", "--save-doubtful", "d")

    count = int(re.search(r"^(\d+) digits? to sort by hand", first.err, re.M)[1])
    assert count == len([file for file in Path("d").glob("*/*.png") if file.parent.name != "look"])
    assert "No new doubtful digits for d: they were saved before." in again.err


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(pictures, closed):
    line = shlex.join([*PROGRAM, "read", str(pictures / "blank.png")])
    ended = subprocess.run(["sh", "-c", f"{line} {closed}"], capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 0
    assert "Traceback" not in ended.stderr
    assert ("no numbers" in ended.stdout) == (closed == "2>&-")


def test_a_closed_pipe_ends_quietly(pictures):
    line = shlex.join([*PROGRAM, "read", str(pictures)])
    ended = subprocess.run(["sh", "-c", f"{line} | head -c 1"], capture_output=True, text=True, timeout=60, check=False)

    assert len(ended.stdout) == 1
    assert "Traceback" not in ended.stderr
    assert "Broken" not in ended.stderr
