"""The record of throughput: one JSON line a measurement, one file a type of machine, and a page that shows them.

    python benchmarks/history.py record               measure, append to history/MACHINE.jsonl
    python benchmarks/history.py page [--out FILE]    draw all files as one HTML page, without other files

Figures of different machines stand in different files and never in one line of the chart. A line holds the commit
(and whether the tree differed from it), the date, and each stage's median draws per second with its spread.
"""

from __future__ import annotations

import argparse
import html
import io
import json
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import stages

FOLDER = Path(__file__).with_name("history")
SAMPLES = 15
STYLE = (
    "body{font-family:sans-serif;max-width:70em;margin:2em auto;line-height:1.4}svg{max-width:100%;height:auto}"
    "td,th{padding:.1em .6em;text-align:left;font-size:.85em}"
)


def _git(*words: str) -> str:
    """What git answers, or nothing outside a repository."""
    done = subprocess.run(["git", *words], cwd=FOLDER.parent, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def measure(samples: int = SAMPLES) -> dict[str, Any]:
    """One line of the record, measured now: each stage on one thread, and the run on all processors."""
    from mcengine.store.provenance import processor, versions

    threads = stages.processors()
    values = {name: stages.rates(name, samples) for name in stages.STAGES}
    values[f"run_{threads}_threads"] = stages.rates("run", samples, threads=threads, blocks=1024)
    medians = {name: stages.spread(found) for name, found in values.items()}
    return {
        "machine": f"{processor()['model']} ({processor()['type']}), {threads} processors",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "HEAD"),
        "modified": bool(_git("status", "--porcelain", "--untracked-files=no", "--", ":/mcengine")),
        "subject": _git("log", "-1", "--format=%s"),
        "versions": versions(),
        "draws_per_second": {name: round(middle) for name, (middle, _) in medians.items()},
        "spread": {name: round(noise, 4) for name, (_, noise) in medians.items()},
    }


def record(folder: Path = FOLDER, samples: int = SAMPLES) -> Path:
    """Measure and append the line to the machine's file."""
    line = measure(samples)
    file = folder / (re.sub(r"[^a-z0-9]+", "-", line["machine"].lower()).strip("-") + ".jsonl")
    folder.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line) + "\n")
    return file


def read(file: Path) -> list[dict[str, Any]]:
    """The lines of a machine's file, oldest first."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return sorted(lines, key=lambda line: line["date"])


def _label(line: dict[str, Any]) -> str:
    return f"{line['commit'][:7] or 'no commit'}{'*' if line['modified'] else ''}"


def chart(lines: Sequence[dict[str, Any]]) -> str:
    """SVG of one machine's record: a line a stage, commits in order, draws per second on a log axis."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    names = list(dict.fromkeys(name for line in lines for name in line["draws_per_second"]))
    with pyplot.rc_context({"svg.hashsalt": "history", "font.size": 9}):
        figure, axes = pyplot.subplots(figsize=(9, 4.5), layout="constrained")
        for name in names:
            at = [k for k, line in enumerate(lines) if name in line["draws_per_second"]]
            rate = [lines[k]["draws_per_second"][name] / 1e6 for k in at]
            half = [r * lines[k]["spread"][name] for r, k in zip(rate, at, strict=True)]
            axes.errorbar(at, rate, yerr=half, marker="o", markersize=3, capsize=2, linewidth=1, label=name)
        axes.set_yscale("log")
        axes.set_ylabel("million draws/s, median and quartiles")
        axes.set_xticks(range(len(lines)), [_label(line) for line in lines], rotation=60, ha="right")
        axes.grid(visible=True, which="both", linewidth=0.3)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
        pyplot.close(figure)
    return text.getvalue()[text.getvalue().index("<svg") :]


def _rows(lines: Sequence[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(name for line in lines for name in line["draws_per_second"]))
    head = "".join(f"<th>{html.escape(name)}</th>" for name in ("commit", "date", "subject", *names))
    rows = []
    for line in reversed(lines):
        figures = [line["draws_per_second"].get(name) for name in names]
        cells = [_label(line), line["date"][:10], line["subject"]]
        cells += ["" if value is None else f"{value / 1e6:.2f}" for value in figures]
        rows.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def page(files: Sequence[Path]) -> str:
    """The whole record as one HTML page."""
    parts = []
    for file in files:
        lines = read(file)
        if lines:
            title = html.escape(lines[-1]["machine"])
            parts.append(f"<h2>{title}</h2>{chart(lines)}{_rows(lines)}")
    body = "".join(parts) or "<p>Nothing is recorded yet: run <code>make bench</code>.</p>"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Throughput</title><style>{STYLE}</style>'
        f"<h1>Throughput, million draws/s</h1><p>Study {stages.STUDY}, correlations on; one thread unless "
        f"named otherwise. A star marks a tree that differed from its commit.</p>{body}</html>\n"
    )


def main() -> None:
    """Record or draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("record", "page"))
    parser.add_argument("--out", type=Path, default=Path("out/bench-history.html"))
    options = parser.parse_args()
    if options.what == "record":
        file = record()
        print(json.dumps(read(file)[-1], indent=1))
        print(file)
        return
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(page(sorted(FOLDER.glob("*.jsonl"))), encoding="utf-8")
    print(options.out)


if __name__ == "__main__":
    main()
