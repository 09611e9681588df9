"""The options for files that go with a job: -file, -cacheFile, -cacheArchive."""

from __future__ import annotations

import os

from hadoopless.hdfs.names import is_hdfs
from hadoopless.streaming.options.draft import Draft
from hadoopless.streaming.shipping.named import cached, configured, single_files


def bundle_files(draft: Draft) -> None:
    """The files of the deprecated -file, from which Hadoop makes a jar."""
    words = draft.options.all("file")
    if not words:
        return
    draft.warn_deprecated("file", "generic option -files")
    draft.bundled = single_files(draft.file_systems, words)
    draft.bundled_paths = frozenset(
        os.path.realpath(one.path) for one in draft.bundled if os.path.isfile(one.path)
    )


def tell_jar(draft: Draft) -> None:
    """Say what Hadoop says of the jar that it would make."""
    if "file" in draft.options:
        names = ", ".join(draft.options.all("file"))
        draft.stdout.append(f"packageJobJar: [{names}] [] /tmp/{draft.jar_name} tmpDir=null")


def add_cached(draft: Draft) -> None:
    """Add what -cacheFile and -cacheArchive name; without such an option, what properties name."""
    files, archives = draft.options.all("cacheFile"), draft.options.all("cacheArchive")
    named_files, named_archives = cached(draft.file_systems, files, archives)
    for name, words, named, shipped in (
        ("mapreduce.job.cache.files", files, named_files, draft.files),
        ("mapreduce.job.cache.archives", archives, named_archives, draft.archives),
    ):
        text = draft.configuration.get(name)
        shipped.extend(named if words else configured(draft.file_systems, text))


def set_shipped(draft: Draft) -> None:
    """Tell programs of all files of the job, as properties."""
    for name, shipped in (
        ("mapreduce.job.cache.files", draft.files),
        ("mapreduce.job.cache.archives", draft.archives),
    ):
        if shipped:
            uris = ",".join(f"{_uri(one.path)}#{one.name}" for one in shipped)
            draft.configuration.set(name, uris)
    if draft.files:
        paths = ",".join(one.path for one in draft.files)
        draft.configuration.set("mapreduce.job.cache.local.files", paths)


def _uri(path: str) -> str:
    return path if is_hdfs(path) else f"file:{path}"
