"""One whole job of the command line: plan, workers, course, result."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from hadoopless.coordinator import loop
from hadoopless.coordinator.journal import Journal, Past
from hadoopless.coordinator.metrics import JobMetrics
from hadoopless.coordinator.options import number_of_workers, settings_of, unused_options, wish_of
from hadoopless.coordinator.planning.plan import plan_job, remove_skipped_files
from hadoopless.coordinator.planning.stdin import remove_left_stdin
from hadoopless.coordinator.planning.total_order import bounded, needs_sample, with_boundaries
from hadoopless.coordinator.push.finding import find_workers
from hadoopless.coordinator.push.job import check_plain_workers, push_job, push_sampling
from hadoopless.coordinator.recorder import Recorder, Surroundings, recording
from hadoopless.coordinator.results import old_outputs, outputs_there, result_of
from hadoopless.coordinator.running import Job, policy_of, waiting_of
from hadoopless.entry import startup, typed
from hadoopless.entry.directories import current_directory
from hadoopless.errors import UsageError
from hadoopless.hdfs.names import is_hdfs
from hadoopless.history.profile import profile_path
from hadoopless.history.store import ENVIRONMENT, directories
from hadoopless.job import JobResult, JobSpec
from hadoopless.scheduler import Event, Snapshot
from hadoopless.ui.attempts import tell_of_stderr
from hadoopless.ui.console import Console
from hadoopless.ui.failures import FirstFailure
from hadoopless.ui.progress import progress_for
from hadoopless.ui.spinner import Spinner
from hadoopless.ui.summary import few
from hadoopless.wire import addresses, tls, tokens
from hadoopless.wire.inventory import chosen_inventory

Say = Callable[[str], None]


def run_whole(
    options: argparse.Namespace, inventory: Mapping[str, Any], console: Console
) -> JobResult:
    """Run the job of *options*, and tell of it on *console*; raises the error that ended it."""
    tokens.take()
    tls.begin(vars(options))
    inventory = chosen_inventory(options, inventory)
    # The files of the job go last: all that has been started reads them until then.
    with ExitStack() as files, ExitStack() as stack:
        return _WholeJob(options, console, stack).run(inventory, files)


class _WholeJob:
    """The job of *options*; *stack* ends what it has started."""

    def __init__(self, options: argparse.Namespace, console: Console, stack: ExitStack) -> None:
        self._started = time.monotonic()
        self._options = options
        self._console = console
        self._stack = stack
        self._say: Say = _ignore if options.quiet else console.say
        self._mode = "push" if options.listen is None else "pull"
        self._metrics = JobMetrics(self._mode, self._started)

    def run(self, inventory: Mapping[str, Any], files: ExitStack) -> JobResult:
        """Run the job to its end; *files* removes its own files."""
        options = self._options
        spec = self._planned(files)
        journal = Journal(spec, resumes=options.resume)
        self._stack.callback(journal.end)
        before = outputs_there(spec)
        self._prepare_outputs(spec)
        spec, past = _resumed(options, spec, journal, self._say)
        recorder = self._recorder(spec, resumed=past is not None)
        if options.metricsPort is not None:
            # Here, because few ask for it, and it needs a server.
            from hadoopless.coordinator.metrics_server import serve_until

            serve_until(self._stack, options.metricsPort, self._metrics.page, self._say)
        if options.listen is not None:
            job = self._job_on_joined_workers(spec, past)
        else:
            job = self._job_on_called_workers(spec, past, inventory)
        recorder.loads, recorder.own_workers = job.loads, job.own_workers
        error = self._course(job, journal, past, recorder)
        if options.profile:
            self._stack.callback(_tell_of_profile, recorder, self._say)
        if error is not None:
            if old := old_outputs(job.spec, before, past):
                text = f"warning: these are of an earlier run, not of this job: {few(old)}"
                self._console.say(text)
            raise error
        result = result_of(job.spec, job.scheduler, time.monotonic() - self._started, past)
        recorder.end(result)
        return replace(result, log=recorder.path)

    def _planned(self, files: ExitStack) -> JobSpec:
        if unused := unused_options(self._options):
            self._warn(f"not used, because the job has no reducers: {', '.join(unused)}")
        if self._options.profile:
            _check_profiling()
        return plan_job(wish_of(self._options), current_directory(), self._warn, files)

    def _warn(self, warning: str) -> None:
        self._say(f"warning: {warning}")

    def _prepare_outputs(self, spec: JobSpec) -> None:
        """Make the place where attempts write, and remove what killed jobs have left there."""
        if not is_hdfs(spec.output_dir):
            remove_left_stdin(Path(spec.cwd, spec.output_dir))
            return
        from hadoopless.coordinator import hdfs_outputs  # only here: few jobs write to HDFS

        if others := hdfs_outputs.other_jobs(spec):
            self._warn(
                f"another job writes to {spec.output_dir}, or was killed there: {few(others)}; if"
                " none runs, remove that"
            )
        self._stack.enter_context(hdfs_outputs.work_place(spec))

    def _recorder(self, spec: JobSpec, *, resumed: bool) -> Recorder:
        """The recorder of the job's events; they are shown on a page where the user wants that."""
        around = Surroundings(self._mode, settings_of(self._options), resumed)
        recorder = self._stack.enter_context(recording(spec, around, self._started))
        if self._options.dashboard:
            _show_page(recorder.path, self._console)
        return recorder

    def _course(
        self, job: Job, journal: Journal, past: Past | None, recorder: Recorder
    ) -> Exception | None:
        """Run *job* until it has ended; returns the error, if there is one."""
        options, console, metrics = self._options, self._console, self._metrics
        with loop.cancelled_by_signals(job.events):
            if past is None:
                journal.begin(job.spec)
            if not is_hdfs(job.spec.output_dir):
                startup.let_hangup_kill()  # from here on the job can be resumed
            if past is not None:
                journal.go_on()
            progress = self._stack.enter_context(progress_for(console, options.quiet))
            waiting = waiting_of(job, self._say)

            def show(snapshot: Snapshot) -> None:
                waiting.show(snapshot)
                progress.show(snapshot)
                metrics.show(snapshot)

            def hear(event: Event) -> None:
                tell_of_stderr(event)
                metrics.hear(event)

            return loop.run(
                job.scheduler,
                job.driver,
                job.events,
                show,
                journal,
                hear=hear,
                recorder=recorder,
                hear_failed=_first_failure(options, self._say, recorder, console),
            )

    # Workers ----------------------------------------------------------------------------------

    def _job_on_called_workers(
        self, spec: JobSpec, past: Past | None, inventory: Mapping[str, Any]
    ) -> Job:
        """The job on the workers of an inventory or a pool."""
        options, say = self._options, self._say
        wanted = options.workers or addresses.choice_in_environment()
        quiet: bool = options.quiet
        compiling = nullcontext if quiet else partial(_compiling, self._console)
        clients = find_workers(
            wanted, inventory, self._stack, say=say, quiet=quiet, compiling=compiling
        )
        check_plain_workers(spec, clients)
        if past is None:
            _tell_of_sample(spec, say)
            spec = with_boundaries(spec, lambda sampling: push_sampling(sampling, clients, say))
        timeout = options.workerTimeout
        return push_job(
            spec,
            clients,
            policy_of(spec, speculate=options.speculate, worker_timeout=timeout),
            self._stack,
            slots=options.slots,
            worker_timeout=timeout,
            past=past,
        )

    def _job_on_joined_workers(self, spec: JobSpec, past: Past | None) -> Job:
        """The job on workers that join this coordinator."""
        # Here, because a job on a pool needs no server.
        from hadoopless.coordinator.pull.job import Listening, pull_job
        from hadoopless.coordinator.pull.server import Metrics
        from hadoopless.wire.metrics.scraping import read_token

        options, say = self._options, self._say
        listening = Listening(
            addresses.parse_address(options.listen),
            number_of_workers(options),
            options.workerTimeout,
            Metrics(self._metrics.page, read_token(options.metricsTokenFile)),
        )
        if warning := addresses.unprotected(listening.address):
            self._warn(warning)
        if past is None:
            _tell_of_sample(spec, say)
        return pull_job(spec, past, listening, say, self._stack, speculate=options.speculate)


def _show_page(log: str, console: Console) -> None:
    """Start the live page of the job whose log is at *log*, and tell its link."""
    if not log:
        console.say("warning: --dashboard shows nothing, because no history of this job is kept")
        return
    from hadoopless.entry.dashboard import Dashboard  # only here: few ask for it

    console.say(f"see the job at {Dashboard(Path(log)).link}")


def _first_failure(
    options: argparse.Namespace, say: Say, recorder: Recorder, console: Console
) -> FirstFailure | None:
    """The teller of the first failure; None where the log lines tell of each."""
    if options.verbose:
        return None
    logs = f"{typed.subcommand('logs')} last" if recorder.path else ""
    return FirstFailure(say, logs, lambda: console.width if console.can_draw else None)


def _check_profiling() -> None:
    """Raise UsageError where --profile can give nothing."""
    from hadoopless.data.program.profiling import obstacle  # only here: few ask for it

    if not directories():
        raise UsageError(f"--profile: its file lies in the history, which {ENVIRONMENT} turns off")
    if trouble := obstacle():
        hint = "; run: pip install 'hadoopless[profile]'" if "install" in trouble else ""
        raise UsageError(f"--profile: {trouble}{hint}")


def _tell_of_profile(recorder: Recorder, say: Say) -> None:
    """Tell where the profile of the ended job lies, or why there is none."""
    profile = recorder.profile
    if profile.samples and recorder.path:
        tasks = f"{profile.tasks} task{'' if profile.tasks == 1 else 's'}"
        path = profile_path(Path(recorder.path))
        say(f"profile of {tasks} ({profile.samples:,} samples): {path}")
    else:
        say(f"no profile: {profile.note or 'no Python program of a chosen task has ended well'}")


def _ignore(line: str) -> None:
    """Say nothing: the user wants the job quiet."""


def _resumed(
    options: argparse.Namespace, spec: JobSpec, journal: Journal, say: Say
) -> tuple[JobSpec, Past | None]:
    """The job, and what an interrupted run of it has left, if --resume asks for that."""
    past = journal.past(spec) if options.resume else None
    if past is None:
        if options.resume:
            say("nothing to resume: the job starts from the beginning")
        remove_skipped_files(spec)
        return spec, None
    done = f"{len(past.committed)} of {spec.num_outputs}"
    if spec.num_reducers:
        maps = f"{len(past.maps)} of {len(spec.splits)} map tasks"
        again = "; map tasks whose workers are gone run again" if past.maps else ""
        say(f"resuming: {maps} and {done} partitions were done{again}")
    else:
        say(f"resuming: {done} map tasks were done")
    return bounded(replace(spec, job_id=past.job_id), past.boundaries), past


def _compiling(console: Console) -> Spinner:
    """The display while a pool for this job compiles kernels."""
    from hadoopless.data.machine.cache import COMPILING, USUAL_TIME  # only here: few starts compile

    return Spinner(console, COMPILING, USUAL_TIME)


def _tell_of_sample(spec: JobSpec, say: Say) -> None:
    if needs_sample(spec):
        say("total order: the mapper runs over a sample first, to find parts of the same size")
