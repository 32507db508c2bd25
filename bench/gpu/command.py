"""The command behind `./run bench gpu`."""

import json
import os
import platform
import subprocess
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench import gpu

RESULTS = Path(__file__).parents[1] / "results"


def main(arguments: Sequence[str] = ()) -> None:
    parser = ArgumentParser("./run bench gpu", description=(gpu.__doc__ or "").partition("\n")[0])
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--tiny", action="store_true", help="small shapes: whether it runs at all")
    parser.add_argument("--streams", default="1,4,8,16", help="how many calls at once")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--only-own", action="store_true", help="leave the libraries out")
    parser.add_argument("--write", action="store_true", help="into bench/results/")
    chosen = parser.parse_args(arguments)
    if why := nothing_to_measure(chosen.device, is_tiny=chosen.tiny):
        print(f"Nothing was measured: {why}.")
        return
    streams = tuple(int(count) for count in chosen.streams.split(","))
    rows, skipped, page = measure(
        chosen.device, streams, chosen.runs, is_tiny=chosen.tiny, only_own=chosen.only_own
    )
    about = machine(chosen.device) | {"tiny": chosen.tiny, "runs": chosen.runs}
    print("\n".join(page))
    line = json.dumps(about | {"rows": rows, "skipped": skipped})
    print(line)
    if chosen.write:
        path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-gpu.md"
        path.write_text(_head(about, arguments) + "\n".join(page) + f"\n\n```json\n{line}\n```\n")
        print(f"written to {path}")


def nothing_to_measure(device: str, *, is_tiny: bool) -> str:
    """Why there is nothing to measure here, or ""."""
    if find_spec("torch") is None:
        return "torch is not installed here"
    import torch

    if device == "cpu" and not is_tiny:
        return "models of the true size want a graphics card; --tiny does not"
    if device == "cuda" and not torch.cuda.is_available():
        return "torch sees no graphics card here (--device cpu --tiny tries the code without one)"
    return ""


def measure(
    device: str, streams: tuple[int, ...], runs: int, *, is_tiny: bool, only_own: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]:
    """Rows, what was skipped, and both as a page."""
    import torch

    from bench.gpu import libraries, report, stages

    sizes = stages.TINY if is_tiny else stages.Sizes()
    bench = stages.Bench(sizes, torch.device(device), streams, runs)
    rows: list[stages.Row] = []
    skipped: list[stages.Skipped] = []
    for measured in (stages.own, *(() if only_own else (libraries.through_libraries,))):
        for each in measured(bench):
            print(each, flush=True)
            if isinstance(each, stages.Skipped):
                skipped.append(each)
            else:
                rows.append(each)
    page = report.page(rows, skipped, sizes.work)
    return [asdict(row) for row in rows], [asdict(each) for each in skipped], page


def machine(device: str) -> dict[str, Any]:
    import torch

    card = torch.cuda.get_device_name() if device == "cuda" else platform.machine()
    return {
        "device": card,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }


def _head(about: dict[str, Any], arguments: Sequence[str]) -> str:
    git = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    command = " ".join(("./run bench gpu", *arguments))
    return f"""# The stages of a turn on a graphics card

{datetime.now(UTC):%Y-%m-%d}, commit {commit}, `{command}`, {about["device"]}, torch
{about["torch"]}, Python {about["python"]}, {about["cores"]} cores. Models of the true size
with random weights. Times in ms, from an idle card to an idle card.

"""
