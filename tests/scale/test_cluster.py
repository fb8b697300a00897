"""Replicates on a real Dask cluster of worker processes on this machine: same bits, whatever happens to the workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from mcengine import load_study, run
from mcengine.cli.main import main
from mcengine.engine.problem import Problem, build_problem
from mcengine.engine.replicates import Portion
from mcengine.engine.run import Local, Silent
from mcengine.errors import AnswerNo, InputError, InterruptedRun, NonFiniteError
from mcengine.scale.campaign import GROWTH, MOST, Pace
from mcengine.scale.cluster import Cluster, order_of
from mcengine.scale.remote import compute, facts
from mcengine.store.results import read_run

from ..engine import make
from .conftest import compute as compute_batch
from .conftest import journal
from .test_batch import OWN_MODEL, OWN_STUDY, own

pytest.importorskip("distributed", reason="needs the extra `cluster`")

ROOT = Path(__file__).parents[2]
ISHIGAMI = {"draws": 2**18, "replicates": 64, "seed": 7}
SHORT = 0.05  # seconds a task, so that a small run has many


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster(workers=2, seconds=SHORT) as started:
        yield started


@pytest.fixture(scope="module")
def digest() -> str:
    return run(load_study("textbook/ishigami"), **ISHIGAMI).digest


@dataclass
class Acts:
    """An observer that does something once, when `after` replicates are finished."""

    act: Callable[[], None]
    after: int = 1
    firsts: list[int] = field(default_factory=list)
    draws: int = 0

    def drawn(self, count: int) -> None:
        self.draws += count

    def finished(self, portion: Portion) -> None:
        before = len(self.firsts)
        self.firsts += range(portion.first, portion.stop)
        if before < self.after <= len(self.firsts):
            self.act()


def process_ids(cluster: Cluster) -> dict[str, int]:
    return dict(cluster._client.run(os.getpid))


@contextmanager
def process(*words: str, folder: Path = ROOT) -> Iterator[subprocess.Popen[str]]:
    """A part of Dask in a process of its own, with the mcengine in `folder`."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, *words]
    started = subprocess.Popen(
        command, env=environment, cwd=folder, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@contextmanager
def scheduler() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A scheduler: its address and its process."""
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-jupyter")
    with process("-m", "distributed.cli.dask_scheduler", *words) as started:
        assert started.stderr is not None
        for line in started.stderr:
            if "Scheduler at:" in line:
                yield line.split()[-1], started
                return
    raise AssertionError("the scheduler did not start")


@contextmanager
def worker(address: str, folder: Path = ROOT) -> Iterator[subprocess.Popen[str]]:
    """A worker of one thread."""
    words = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--memory-limit", "0")
    with process("-m", "distributed.cli.dask_worker", address, *words, folder=folder) as started:
        yield started


def eventually(found: Callable[[], Any], seconds: float = 30.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError("did not happen")


def test_same_bits_as_one_machine_in_order(cluster: Cluster, digest: str) -> None:
    heard = Acts(lambda: None)
    result = run(load_study("textbook/ishigami"), **ISHIGAMI, source=cluster, observer=lambda *_: heard)
    assert result.digest == digest
    assert heard.firsts == list(range(64))
    assert heard.draws == 2**18
    assert result.to_dict() == run(load_study("textbook/ishigami"), **ISHIGAMI).to_dict()


def test_a_pooled_study_with_lhs_and_a_stopping_rule(cluster: Cluster) -> None:
    asked: dict[str, Any] = {
        "draws": 2**12, "replicates": 8, "seed": 3, "sampler": "lhs", "until": "npv.mean=1%", "cap": 2**16,
        "outputs": ("cash_flow[2030]",),
    }  # fmt: skip
    study = load_study("evidence", horizon=2035)
    found = run(study, **asked, source=cluster)
    assert found.to_dict() == run(study, **asked).to_dict()
    assert found.stopping is not None


def test_part_of_a_run(cluster: Cluster) -> None:
    """A batch that goes on asks for replicates from the middle."""
    problem = build_problem(load_study("textbook/ishigami"), seed=7, draws=2**12, luck=True)
    rows = [p.rows.tobytes() for p in cluster(problem, 2**12, range(5, 40), observer=Silent())]
    local = [p.rows.tobytes() for p in Local(2)(problem, 2**12, range(5, 40), observer=Silent())]
    assert b"".join(rows) == b"".join(local)


def test_a_worker_killed_in_the_middle(cluster: Cluster, digest: str) -> None:
    before = process_ids(cluster)
    heard = Acts(lambda: os.kill(next(iter(before.values())), signal.SIGKILL), after=3)
    result = run(load_study("textbook/ishigami"), **ISHIGAMI, source=cluster, observer=lambda *_: heard)
    assert result.digest == digest
    assert heard.draws == 2**18  # none counted twice
    after = eventually(lambda: len(found := process_ids(cluster)) == 2 and found)
    assert set(after.values()) != set(before.values())


def test_non_finite_output_in_one_of_ten_thousand_draws(cluster: Cluster, tmp_path: Path) -> None:
    """The error is that of one machine: the first replicate by index, its draw and inputs; those before it are kept."""
    own(tmp_path, 0.0001)  # the square root of a number below 0 for u < 0.0001
    study = load_study(tmp_path / "own.toml")
    asked: dict[str, Any] = {"draws": 2**15, "replicates": 64, "seed": 2, "sampler": "random"}
    errors, kept = [], []
    for source in (None, cluster):
        heard = Acts(lambda: None)
        with pytest.raises(NonFiniteError) as caught:
            run(study, **asked, source=source, observer=lambda *_, heard=heard: heard)
        errors.append(caught.value)
        kept.append(heard.firsts)
    assert str(errors[0]) == str(errors[1])
    assert errors[1].inputs["u"] < 0.0001
    assert 0 < errors[1].draws[0][0] < 64
    assert errors[0].draws == errors[1].draws
    assert kept[0] == kept[1]


def test_an_own_model_is_sent(cluster: Cluster, tmp_path: Path) -> None:
    own(tmp_path, -1.0)
    study = load_study(tmp_path / "own.toml")
    order = order_of(build_problem(study, seed=1, draws=64), 64)
    (tmp_path / "own.py").write_text("raise RuntimeError('workers must not read this')")
    answer = cluster._client.submit(compute, order.key, order.packed(), 0, 4).result()
    assert answer.finished == 4, answer


def test_an_own_model_that_needs_more_than_its_file(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "limit.txt").write_text("-1.0")
    text = OWN_MODEL.replace("{limit}", "float((Path(__file__).parent / 'limit.txt').read_text())")
    (tmp_path / "own.py").write_text("from pathlib import Path\n" + text)
    (tmp_path / "own.toml").write_text(OWN_STUDY)
    with pytest.raises(InputError, match=r"does not work on a worker, where its file is sent alone: .*limit\.txt"):
        run(load_study(tmp_path / "own.toml"), draws=256, seed=1, source=cluster)


@pytest.mark.slow
def test_replicates_that_end_every_worker(tmp_path: Path) -> None:
    """As by want of memory: Dask tries again on other workers, then the run fails, which other runs survive."""
    kill = "import multiprocessing, os\nif multiprocessing.parent_process(): os.kill(os.getpid(), 9)\n"
    (tmp_path / "own.py").write_text(kill + OWN_MODEL.replace("{limit}", "-1.0"))
    (tmp_path / "own.toml").write_text(OWN_STUDY)
    with Cluster(workers=2) as own_cluster, pytest.raises(AnswerNo, match=r"replicates \d+ to \d+ ended every worker"):
        run(load_study(tmp_path / "own.toml"), draws=256, seed=1, source=own_cluster)


def test_a_model_made_in_python_is_refused_with_advice(cluster: Cluster) -> None:
    study = make.simple({"u": make.UNIT})
    model = make.model(make.first_input, ["u"])
    with pytest.raises(InputError, match=r"tests: .*cannot be sent .* model = \"file.py:name\""):
        run(study, draws=256, seed=1, model=model, source=cluster)


def test_a_worker_that_joins_late_and_one_of_another_version(tmp_path: Path, digest: str) -> None:
    """The run begins with one worker; one more joins, and one of another version, which is told of and left out."""
    other = another_version(tmp_path)
    said: list[str] = []
    with scheduler() as (address, _), worker(address), Cluster(address, seconds=SHORT, say=said.append) as cluster:
        eventually(cluster._client.nthreads)
        with worker(address, other), worker(address) as late:
            heard = Acts(lambda: eventually(lambda: len(cluster._client.nthreads()) == 3), after=2)
            result = run(load_study("textbook/ishigami"), **ISHIGAMI, source=cluster, observer=lambda *_: heard)
            assert result.digest == digest
            assert late.poll() is None
            cluster._fleet.examine()
            assert len(cluster._fleet.fit) == 2
            with pytest.raises(InputError, match=r"--scheduler = .*has mcengine 0\.0\.9, not .*same versions"):
                Cluster(address).__enter__()
    assert any("is given no work: it has mcengine 0.0.9, not" in sentence for sentence in said)


def another_version(folder: Path) -> Path:
    """A copy of the package that says it is another version."""
    for name in ("mcengine", "distributions", "studies"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "mcengine").unlink()
    (folder / "mcengine").mkdir()
    for entry in (ROOT / "mcengine").iterdir():
        if entry.name not in ("version.py", "__pycache__"):
            (folder / "mcengine" / entry.name).symlink_to(entry)
    (folder / "mcengine" / "version.py").write_text('__version__ = "0.0.9"\n')
    return folder


def test_other_processors_are_refused_unless_mixed() -> None:
    """What a worker compares before it builds anything, with the facts of a machine that is not there."""
    problem = build_problem(load_study("textbook/ishigami"), seed=1, draws=64)
    order = order_of(problem, 64)
    elsewhere = {**facts(), "processor": "riscv64 sifive-u74 (features 0)"}
    strict = replace(order, key="a" * 64, facts=elsewhere)
    assert compute("strict", strict.packed(), 0, 1).unfit.startswith("has processor ")
    mixed = replace(strict, mixed=True)
    answer = compute("mixed", mixed.packed(), 0, 3)
    assert answer.finished == 3
    assert answer.portion(mixed.key).rows.shape[0] == 3
    changed = replace(order, seed=2)
    assert compute("changed", changed.packed(), 0, 1).unfit == "builds another problem of the same study"


def test_a_batch_whose_scheduler_goes_can_be_resumed(tmp_path: Path) -> None:
    manifest = """
    schema = 1
    name = "gone"
    seed = 5
    draws = 262_144
    reports = false
    studies = ["textbook/ishigami"]
    """
    whole = compute_batch(tmp_path, manifest, out=tmp_path / "whole")
    with (
        scheduler() as (address, started),
        worker(address),
        Cluster(address, seconds=SHORT, patience=1.0) as cluster,
    ):
        began = time.monotonic()
        with pytest.raises(InterruptedRun, match="the scheduler of the cluster can no longer be reached"):
            compute_batch(tmp_path, manifest, source=Killing(cluster, started))
        assert time.monotonic() - began < 25
    assert list((tmp_path / "out" / "work").glob("*/*.segment"))
    resumed = compute_batch(tmp_path, manifest, resume=True)
    assert [state.digest for state in resumed.runs] == [state.digest for state in whole.runs]
    assert any(entry["event"] == "finished" for entry in journal(tmp_path / "out"))


@dataclass
class Killing:
    """A source that kills the scheduler when some replicates have come from it."""

    cluster: Cluster
    started: subprocess.Popen[str]

    def __call__(self, problem: Problem, draws: int, indices: Sequence[int], *, observer: Any) -> Iterator[Portion]:
        portions = self.cluster(problem, draws, indices, observer=observer)
        yield next(portions)
        self.started.kill()
        yield from portions


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["run", "textbook/ishigami", "--draws", "65536", "--seed", "7", "--quiet"]
    assert main([*command, "--out", str(tmp_path / "alone")]) == 0
    assert main([*command, "--workers", "1", "--out", str(tmp_path / "cluster")]) == 0
    alone, found = (read_run(tmp_path / name) for name in ("alone", "cluster"))
    assert found.summary == alone.summary
    assert capsys.readouterr().err == ""


@pytest.mark.slow  # waits for the ends of three processes, which a loaded machine can draw out past any limit
def test_ctrl_c_ends_a_batch_and_its_workers(tmp_path: Path) -> None:
    """The terminal sends the interrupt to every process of the command: one message, exit 3, nobody left."""
    manifest = tmp_path / "long.toml"
    text = 'schema = 1\nname = "long"\nseed = 5\ndraws = 1_000_000_000\nreports = false\nstudies = ["evidence"]'
    manifest.write_text(text)
    command = [sys.executable, "-m", "mcengine", "batch", str(manifest), "--out", str(tmp_path / "out")]
    started = subprocess.Popen(
        [*command, "--workers", "2"], cwd=ROOT, start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    eventually(lambda: list((tmp_path / "out").glob("work/*/*.segment")), 60.0)
    os.killpg(started.pid, signal.SIGINT)
    _, errors = started.communicate(timeout=30)
    assert started.returncode == 3
    assert errors.startswith("mcengine: stopped by the user; 0 of 1 runs are finished, and the finished replicates")
    assert "--workers 2 --resume" in errors
    assert "Traceback" not in errors
    eventually(lambda: gone(started.pid))


def gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "leave out either this or --scheduler"),
        (["--allow-mixed"], "is about the workers of a --scheduler"),
        (["--workers", "none"], "--workers = 'none': must be a whole number from 1 to 1024"),
        (["--scheduler", "nowhere"], "no scheduler can be reached there"),
    ],
)
def test_options_that_cannot_be(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "textbook/ishigami", *options]) == 2
    assert words in capsys.readouterr().err


def test_without_the_extra_one_message_says_how_to_get_it() -> None:
    code = """
    import importlib.util, sys
    found = importlib.util.find_spec
    importlib.util.find_spec = lambda name, *rest: None if name == "distributed" else found(name, *rest)
    from mcengine.cli.main import main
    sys.exit(main(["run", "textbook/ishigami", "--workers", "2", "--quiet"]))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert answer.returncode == 2
    assert "pip install 'mcengine[cluster]'" in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 2  # the fault, and what to try


def test_dask_is_loaded_only_when_asked_for() -> None:
    code = "import sys, mcengine.cli.app, mcengine.scale.cluster; sys.exit('distributed' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_pace() -> None:
    """Tasks grow from one replicate to the wanted seconds, and shrink again near the end so that all have work."""
    pace = Pace(2.0, 10**6)
    assert pace.size(10**6, 4) == 1
    pace.measured(1, 0.001)
    assert pace.size(10**6, 4) == GROWTH
    pace.measured(GROWTH, 0.4)  # 50 ms each: the average is 15.7 ms
    assert pace.size(10**6, 4) == GROWTH * GROWTH
    pace.measured(64, 3.2)
    assert pace.size(10**6, 4) == int(2.0 / (0.7 * (0.7 * 0.001 + 0.3 * 0.05) + 0.3 * 0.05))
    assert pace.size(16, 4) == 2
    assert pace.size(1, 4) == 1
    slow = Pace(2.0, 10)
    slow.measured(1, 60.0)
    assert slow.size(10, 1) == 1
    fast = Pace(2.0, 10**9)
    for size in (1, 8, 64, 512):
        fast.measured(size, 1e-6 * size)
    assert fast.size(10**9, 1) == MOST
    assert json.dumps(facts())  # plain values
