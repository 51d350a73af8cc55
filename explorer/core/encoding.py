"""From a data set to a workspace: every picture through the encoder, in batches, in bounded memory."""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from explorer.core.arrays import ArrayWriter, save_array
from explorer.core.dataset import Dataset
from explorer.core.errors import ExplorerError
from explorer.core.files import atomic_folder
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress
from explorer.core.samples import Samples, Shape, fitted, mean_squared_error, thumbnail_shape
from explorer.core.workspace import Workspace
from explorer.core.workspace_file import (
    ARRAYS,
    DESCRIPTION,
    DataReference,
    ModelReference,
    description,
    save_columns,
    write_description,
)

"""The longest side of a thumbnail in pixels."""
_BATCH = 128
_BATCH_VALUES = 1 << 24  # so that a batch of large samples stays below 64 MiB as float32
_FILES_AT_ONCE = 16
_JUDGED = 1000


class Chunk(NamedTuple):
    """Some items as read: ``rows (k,)``, ``samples (k, *shape)``, and those that failed."""

    rows: npt.NDArray[np.int64]
    samples: Samples
    failures: list[tuple[str, str]]
    done: int


def encode(pair: ModelPair, dataset: Dataset, folder: Path, progress: Progress) -> Workspace:
    """Encode a whole data set into a workspace in ``folder``.

    Files are read ahead by a few threads. What cannot be read is listed in ``unreadable`` and left
    out. The reconstruction error is that of at most 1,000 pictures, evenly spread. The files take
    their places only when all is done; cancelled (``Cancelled``) or failed, nothing of it is left, and
    a workspace that was in ``folder`` before is as it was. Other files in ``folder`` stay.

    Raises ``ExplorerError`` where nothing can be read, the model fails, or ``folder`` cannot be written.
    """
    progress(0, len(dataset), "Encoding", "images")
    with atomic_folder(folder) as beside:
        with ExitStack() as stack:
            sink = _Sink(pair, dataset, beside, stack)
            batches = stack.enter_context(closing(read_batches(dataset, pair.sample_shape, progress)))
            for batch in batches:
                sink.take(batch)
                progress(batch.done, len(dataset), "Encoding", "images")
        sink.finish(folder)
        # An older workspace goes first, its description before all: a mixture must never be found.
        for name in (DESCRIPTION, *ARRAYS):
            (folder / name).unlink(missing_ok=True)
    return Workspace.open(folder)


class _Sink:
    """Encodes batches and writes what comes out as a stream."""

    def __init__(self, pair: ModelPair, dataset: Dataset, folder: Path, stack: ExitStack) -> None:
        self._pair, self._dataset, self._folder, self._stack = pair, dataset, folder, stack
        self._latents = self._writer("latents.npy", np.float32, (pair.latent_size,))
        self._logvars: ArrayWriter | None = None
        self._thumbnails: ArrayWriter | None = None
        self._thumbnail = thumbnail_shape(pair.sample_shape)
        if dataset.stored_as_files:
            self._thumbnails = self._writer("thumbnails.npy", np.uint8, self._thumbnail)
        self._rows: list[npt.NDArray[np.int64]] = []
        self._unreadable: list[tuple[str, str]] = []
        count = len(dataset)
        self._judged = np.zeros(count, np.bool_)
        self._judged[np.linspace(0, count - 1, min(count, _JUDGED)).round().astype(np.int64)] = True
        self._errors: list[float] = []

    def take(self, batch: Chunk) -> None:
        """Encode one batch and write its rows."""
        self._unreadable += batch.failures
        if not len(batch.rows):
            return
        means, logvars = self._pair.encode(batch.samples)
        if logvars is not None and self._logvars is None:
            self._logvars = self._writer("logvars.npy", np.float32, (self._pair.latent_size,))
        self._rows.append(batch.rows)
        self._latents.append(means)
        if self._logvars is not None and logvars is not None:
            self._logvars.append(logvars)
        if self._thumbnails is not None:
            small = [fitted(sample, self._thumbnail) for sample in batch.samples]
            self._thumbnails.append(np.stack(small))
        judged = self._judged[batch.rows]
        if judged.any() and self._pair.can_decode:
            drawn = self._pair.decode(means[judged])
            pairs = zip(drawn, batch.samples[judged], strict=True)
            self._errors += [mean_squared_error(one, other) for one, other in pairs]

    def finish(self, folder: Path) -> None:
        """Write what is known only at the end; ``folder`` is where the workspace will lie."""
        pair, dataset = self._pair, self._dataset
        if not self._rows:
            raise ExplorerError(
                f"None of the {len(dataset):,} pictures in {dataset.path} could be read; "
                f"the first: {self._unreadable[0][1]}"
            )
        rows = np.concatenate(self._rows)
        fields = [one.take(rows) for one in dataset.fields]
        measures = [one.take(rows) for one in dataset.measures]
        save_array(self._folder / "rows.npy", rows)
        save_columns(self._folder, fields, measures)
        if dataset.stored_as_files:
            names = np.array([dataset.item_name(int(i)).encode() for i in rows])
            save_array(self._folder / "names.npy", names)
        facts = description(
            folder,
            ModelReference(pair.name, pair.fingerprint, pair.encoder_path, pair.decoder_path),
            DataReference(dataset.name, dataset.path, dataset.fingerprint(), len(dataset)),
            latents_shape=(len(rows), pair.latent_size),
            logvars=self._logvars is not None,
            sample_shape=pair.sample_shape,
            thumbnail_shape=self._thumbnail if self._thumbnails is not None else None,
            names=dataset.stored_as_files,
            fields=fields,
            measures=measures,
            unreadable=self._unreadable,
            reconstruction_mse=float(np.mean(self._errors)) if self._errors else None,
        )
        write_description(self._folder / DESCRIPTION, facts)

    def _writer(self, name: str, dtype: npt.DTypeLike, row_shape: tuple[int, ...]) -> ArrayWriter:
        return self._stack.enter_context(ArrayWriter(self._folder / name, dtype, row_shape))


def read_batches(dataset: Dataset, shape: Shape, progress: Progress) -> Generator[Chunk, None, None]:
    """The data set in batches for the encoder, read ahead by threads."""
    size = min(_BATCH, max(1, _BATCH_VALUES // math.prod(shape)))
    step = min(size, _FILES_AT_ONCE) if dataset.stored_as_files else size
    gathered: list[Chunk] = []
    with closing(_read_ahead(dataset, shape, step, progress)) as chunks:
        for chunk in chunks:
            progress.check()
            gathered.append(chunk)
            if sum(len(one.rows) for one in gathered) >= size or chunk.done == len(dataset):
                yield Chunk(
                    np.concatenate([one.rows for one in gathered]),
                    np.concatenate([one.samples for one in gathered]),
                    [failure for one in gathered for failure in one.failures],
                    chunk.done,
                )
                gathered = []


def _read_ahead(
    dataset: Dataset, shape: Shape, step: int, progress: Progress
) -> Generator[Chunk, None, None]:
    """The data set in small chunks, in order, a few of them ahead of the consumer."""
    workers = min(4, os.cpu_count() or 1) if dataset.stored_as_files else 1
    pool = ThreadPoolExecutor(workers, "read-ahead")
    starts = iter(range(0, len(dataset), step))
    waiting: deque[Future[Chunk]] = deque()
    try:
        while True:
            while len(waiting) < 2 * workers + 1 and (start := next(starts, None)) is not None:
                stop = min(start + step, len(dataset))
                waiting.append(pool.submit(_read, dataset, range(start, stop), shape, progress))
            if not waiting:
                return
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _read(dataset: Dataset, items: range, shape: Shape, progress: Progress) -> Chunk:
    samples = np.empty((len(items), *shape), np.uint8)
    rows: list[int] = []
    failures: list[tuple[str, str]] = []
    for item in items:
        progress.check()
        try:
            samples[len(rows)] = dataset.read(item, shape)
            rows.append(item)
        except ExplorerError as error:
            failures.append((dataset.item_name(item), str(error)))
    return Chunk(np.array(rows, np.int64), samples[: len(rows)], failures, items.stop)
