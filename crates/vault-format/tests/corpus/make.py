"""Writes NAME.json beside every NAME.conf: what the client's own parser makes of it.

Run it where clearml is installed:

    pip install clearml==2.1.12
    python tests/corpus/make.py                         # writes the .json files
    python tests/corpus/make.py target/tmp/served.json  # asks whether what is served is read as the same

The file of the second line is {"NAME": "what to_json made of it", …}, written by `cargo test --test corpus`.

A text that the client refuses gets the JSON text "refused".
"""

import json
import pathlib
import sys

from clearml.utilities.pyhocon import ConfigFactory

FOLDER = pathlib.Path(__file__).parent


def read(text):
    try:
        return ConfigFactory.parse_string(text).as_plain_ordered_dict()
    except Exception:
        return "refused"


def main():
    if len(sys.argv) == 2:
        served = json.loads(pathlib.Path(sys.argv[1]).read_text())
        wrong = [name for name, text in served.items() if read(text) != json.loads((FOLDER / f"{name}.json").read_text())]
        sys.exit(f"not as it was: {', '.join(wrong)}" if wrong else 0)
    for conf in sorted(FOLDER.glob("*.conf")):
        value = read(conf.read_bytes().decode())
        conf.with_suffix(".json").write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


main()
