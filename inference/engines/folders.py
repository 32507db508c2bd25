"""Models that the owner brings, as folders on this server. Nothing is ever downloaded."""

from collections.abc import Iterable
from pathlib import Path

from inference.engines.base import EngineChoice, EngineUnavailable


def model_folder(choice: EngineChoice, engine: str, model: str) -> Path:
    """The folder the owner named. Raises EngineUnavailable where there is none."""
    path = choice.option("path")
    if not path or not Path(path).is_dir():
        raise EngineUnavailable(
            f"{engine}: no folder {path!r}; bring {model} and name its folder (docs/engines.md)"
        )
    return Path(path)


def refuse_without(folder: Path, engine: str, files: Iterable[str]) -> None:
    """Raises EngineUnavailable, naming every one of the files that is not there."""
    lacking = [name for name in files if not (folder / name).is_file()]
    if lacking:
        raise EngineUnavailable(f"{engine}: {folder} lacks {', '.join(lacking)}")
