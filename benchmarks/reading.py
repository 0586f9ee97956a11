"""Does `numink read` read? Real handwriting, drawn pages, small pictures, what is no digit; speed; and its peers.

`python -m benchmarks.reading [FOLDER]`, FOLDER with single/ and pages/, each with a labels.csv (file, label). Nothing
of it is trained on. `--part pages --pages 40 --first 0` measures a part in small, to develop by, and publishes nothing.
"""

from benchmarks import common  # first: it makes the start fair

import argparse
from importlib import import_module
from pathlib import Path

from benchmarks.reading_reader import Settings

PARTS = {
    "folder": "Reading: real handwriting",
    "pages": "Reading: pages of unseen writers",
    "small": "Reading: small pictures",
    "others": "Reading: what is no digit",
    "calibration": "Reading: confidence",
    "speed": "Reading: time and memory",
    "peers": "Reading: Tesseract and the usual way",
}


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("folder", nargs="?", type=Path)
    ask.add_argument("--part", choices=PARTS, action="append", help="this one alone; may be given several times")
    ask.add_argument("--pages", type=int, help=f"instead of {Settings.pages}")
    ask.add_argument("--first", type=int, help="the first page's seed")
    ask.add_argument("--images", type=int, help=f"of each kind, instead of {Settings.images}")
    ask.add_argument("--model", help="instead of the reader's own")
    ask.add_argument("--workers", type=int)
    given = {name: value for name, value in vars(ask.parse_args()).items() if value is not None}
    parts = given.pop("part", list(PARTS))
    full = set(given) <= {"folder"}
    settings = Settings(**given, final=full)
    for part in parts:
        if part == "folder" and settings.folder is None:
            print("no FOLDER of real handwriting was given: that part is left out")
            continue
        text = import_module(f"benchmarks.reading_{part}").section(settings)
        if full:
            place = " FOLDER" if part in ("folder", "peers") else ""
            common.publish(f"reading_{part}", PARTS[part], f"python -m benchmarks.reading{place} --part {part}", text)
        else:
            print(f"\n{PARTS[part]}\n\n{text}\n")


if __name__ == "__main__":
    main()
