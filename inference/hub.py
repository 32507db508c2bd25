"""Models brought from a hub, into a folder of this machine.

Asked for by a person and by nobody else: no engine ever looks here. What is half here when it
breaks off stays, and the next time goes on from it. HF_ENDPOINT names another hub, HF_TOKEN
whoever is let in to a model that is not open to all.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ANSWER_SECONDS = 20.0
SPARE_BYTES = 500_000_000  # what a disk keeps free for calls
# licences that allow any use; whoever pulls under another one says so
FREE_LICENCES = frozenset(
    {"mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "unlicense"}
)


class NotFetched(Exception):
    """The text says what went wrong and what to do."""


@dataclass(frozen=True, slots=True)
class HubModel:
    """What a hub holds of a model, as it is now."""

    repo: str
    revision: str  # the very commit, so that all files fit each other
    licence: str  # as its owner states it, "" where there is no statement
    files: tuple[tuple[str, int], ...]  # name and bytes

    @property
    def size(self) -> int:
        return sum(size for _, size in self.files)

    @property
    def is_free(self) -> bool:
        return self.licence.lower() in FREE_LICENCES


def find(repo: str, wanted: Iterable[str], needed: Iterable[str], revision: str = "") -> HubModel:
    """What the hub has of the `wanted` files, among them all the `needed`. Raises NotFetched."""
    from huggingface_hub import HfApi

    try:
        info = HfApi(endpoint=_endpoint()).model_info(
            repo, revision=revision or None, files_metadata=True, timeout=ANSWER_SECONDS
        )
    except Exception as error:
        raise _trouble(repo, error) from None
    files = {each.rfilename: each.size or 0 for each in info.siblings or ()}
    lacking = [name for name in needed if name not in files]
    if lacking:
        raise NotFetched(f"{repo} is not such a model: it lacks {', '.join(lacking)}")
    return HubModel(
        repo,
        info.sha or revision,
        str(getattr(info.card_data, "license", None) or ""),
        tuple((n, size) for n, size in files.items() if any(fnmatch(n, each) for each in wanted)),
    )


def fetch(model: HubModel, folder: Path) -> None:
    """Blocking; shows its progress on the terminal. Raises NotFetched."""
    from huggingface_hub import hf_hub_download

    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < model.size + SPARE_BYTES:
        raise NotFetched(
            f"{model.repo} needs {model.size / 1e9:.1f} GB and the disk of {folder} has"
            f" {free / 1e9:.1f} GB free; free some, or name a folder on another disk"
        )
    for name, _ in model.files:
        try:
            hf_hub_download(
                model.repo,
                name,
                revision=model.revision,
                local_dir=folder,
                endpoint=_endpoint(),
                etag_timeout=ANSWER_SECONDS,
            )
        except Exception as error:
            raise _trouble(model.repo, error) from None


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT")


def _trouble(repo: str, error: Exception) -> NotFetched:
    from huggingface_hub import errors

    match error:
        case errors.GatedRepoError():
            why = "its owner lets in only whom they know; ask there, then set HF_TOKEN"
        case errors.RevisionNotFoundError():
            why = "it has no such revision"
        case errors.RepositoryNotFoundError() | errors.HFValidationError():
            why = "the hub has no such model; its name is OWNER/NAME"
        case _:
            status = _status(error)
            what = f"HTTP {status}" if status else type(error).__name__
            why = f"the hub did not give it ({what}); the same command goes on from what is here"
    return NotFetched(f"{repo}: {why}")


def _status(error: Any) -> int:
    return int(getattr(getattr(error, "response", None), "status_code", 0) or 0)
