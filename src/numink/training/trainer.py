"""The trainer: a loop that fits on one screen, over one TrainState."""

from collections.abc import Iterator, Sequence
from math import prod
from time import perf_counter

import numpy as np

from numink.crew import Crew, Task
from numink.data.digits import Part
from numink.errors import DataError, RecipeError
from numink.nn.layers import Layer
from numink.nn.maps import shape_text
from numink.nn.network import Gradient, Network
from numink.nn.norm import Norm
from numink.nn.params import Array, Shape
from numink.nn.residual import Residual
from numink.optim.schedules import SCHEDULES
from numink.optim.update import Average, Updater, follow
from numink.recipe import Train
from numink.training.callbacks import Callback
from numink.training.feed import Augment, Feed, Rows
from numink.training.state import COLUMNS, TrainState

# Below this many multiplications a step, waking a second thread costs more than it saves (docs/benchmarks.md).
WORTH_SHARING = 4_000_000
MOST_SHARD_BYTES = 4_000_000_000


class Trainer:
    """Trains one network on one set of images. What it does depends on `settings` and `seed`, not on the crew."""

    def __init__(
        self,
        network: Network,
        settings: Train,
        train: Part,
        validation: Part,
        theta: Array,
        seed: int,
        crew: Crew,
        augment: Augment | None = None,
    ) -> None:
        self.network, self.settings, self.seed, self.crew = network, settings, seed, crew
        self.train, self.validation = train, validation
        if train.labels is None or validation.labels is None:
            raise DataError("these images have no labels to train on; expected one for each image")
        if not len(train):
            raise DataError("there are no images to train on; expected one at least")
        for part in (train, validation):
            if (came := part.images.shape[1:]) != network.in_shape:
                raise DataError(f"images of {shape_text(network.in_shape)} are needed, but {shape_text(came)} came")
        self.feed = Feed(train.images, train.labels, augment, crew)
        self._validation_labels = validation.labels
        self.batch_size = len(train) if settings.batch_size == "all" else min(int(settings.batch_size), len(train))
        if network.normalises:
            _require_normalisable(network, self.batch_size, settings.shards)
        self.steps_per_epoch = -(-len(train) // self.batch_size)
        self.epochs = settings.epochs or -(-settings.iterations // self.steps_per_epoch)
        self.all_steps = settings.iterations or self.epochs * self.steps_per_epoch
        layout = network.layout
        self._learnt, self._buffers = theta[: layout.size], theta[layout.size :]
        self.updater = Updater(settings.optimizer, settings.weight_decay, self._learnt, layout.weights)
        self.average = Average(settings.average, theta) if settings.average else None
        averaged = self.average.vector if self.average else None
        self.state = TrainState(theta, self.updater.memory, theta.copy(), averaged)
        self._p, self._p_used = layout.views(theta), layout.views(self.state.used)
        self._shards = [Gradient(network) for _ in range(settings.shards)]
        self._gradients = [shard.vector[: layout.size] for shard in self._shards]
        self._statistics = [shard.vector[layout.size :] for shard in self._shards]
        self._workers = [network.worker() for _ in range(crew.size)]

    def run(self, callbacks: Sequence[Callback]) -> TrainState:
        """Train until the end, or until a callback says stop; a step that was begun is always finished."""
        state = self.state
        earlier, start = state.seconds, perf_counter()
        for callback in callbacks:
            callback.on_train_begin(self)
        with np.errstate(all="ignore"):  # what overflows ends in a loss that is not finite, which is looked for
            while state.steps < self.all_steps and state.stop is None:
                order = self.order(state.epoch)
                while state.step < self.steps_per_epoch and state.steps < self.all_steps and state.stop is None:
                    first = state.step * self.batch_size
                    self.take_step(order, first, min(first + self.batch_size, len(self.train)))
                    state.seconds = earlier + perf_counter() - start
                    for callback in callbacks:
                        callback.on_step_end(self)
                if state.step == self.steps_per_epoch or state.steps == self.all_steps:
                    self.close_epoch()
                    state.seconds = earlier + perf_counter() - start
                    for callback in callbacks:
                        callback.on_epoch_end(self)
        for callback in callbacks:
            callback.on_train_end(self)
        return state

    def take_step(self, order: Array | None, first: int, last: int) -> None:
        """Gradients of the shards, side by side; their sum; the optimiser's step."""
        state, batch, place = self.state, last - first, (self.seed, self.state.epoch, self.state.step)
        shards = self._cut(order, first, last)

        def gradient(part: int, worker: int) -> None:
            key = (*place, part)
            images, labels, rows = self.feed.take(shards[part], key)
            self._workers[worker].gradient(images, labels, rows, batch, self._p, key, self._shards[part])

        augmented = self.feed.augment is not None
        if augmented and last < len(self.train):
            following = self._cut(order, last, min(last + self.batch_size, len(self.train)))
            self.feed.prepare(following, (self.seed, state.epoch, state.step + 1))
        self._share(gradient, len(shards), augmented or self.network.multiplications * batch >= WORTH_SHARING)
        loss = sum(part.loss for part in self._shards)
        if not np.isfinite(loss):
            state.stop, state.diverged = f"the loss became {loss}", True
            return
        self._move_weights(batch)
        state.loss_sum += loss * batch
        state.right += sum(part.right for part in self._shards)
        state.seen += batch
        state.step += 1
        state.steps += 1

    def _move_weights(self, batch: int) -> None:
        """The optimiser's step, and the averages that follow it."""
        step = self.state.steps
        self.updater.update(self._learnt, self._gradients, self.learning_rate(step), step + 1)
        if self.network.normalises:
            follow(self._buffers, self._statistics, min(batch, len(self._shards)))
        if self.average:
            self.average.update(self.state.theta, step + 1)

    def learning_rate(self, step: int) -> float:
        """The rate of this step, counted from 0."""
        return self.settings.learning_rate * SCHEDULES[self.settings.schedule](step / self.all_steps)

    def _cut(self, order: Array | None, first: int, last: int) -> list[Rows]:
        """The images from `first` to `last` in this order as shards, of which some are empty where images are few."""
        batch, parts = last - first, len(self._shards)
        places = [slice(first + batch * part // parts, first + batch * (part + 1) // parts) for part in range(parts)]
        return [*places] if order is None else [order[place] for place in places]

    def order(self, epoch: int) -> Array | None:
        """In which order this epoch takes the images; None, as they lie, where one batch holds them all."""
        if self.batch_size == len(self.train):
            return None
        # A tag of its own: [seed, epoch] would be the stream of the epoch's first dropout mask, [seed, epoch, 0, 0].
        return np.random.default_rng([self.seed, epoch, *b"order"]).permutation(len(self.train))

    def close_epoch(self) -> None:
        """Judge the weights on the validation images, write the history's row, and remember the best weights."""
        state = self.state
        loss, accuracy = self.judge(self.validation.images, self._validation_labels)
        row = (
            state.epoch + 1,
            state.steps,
            state.seconds,
            self.learning_rate(state.steps - 1),  # of the last step
            state.loss_sum / state.seen,
            state.right / state.seen,
            loss,
            accuracy,
        )
        for name, value in zip(COLUMNS, row, strict=True):
            state.history[name].append(value)
        if not np.isfinite(loss if len(self.validation) else state.used).all():  # the last step was too long
            state.stop, state.diverged = f"the loss became {loss}", True
        elif accuracy >= state.best_accuracy or not len(self.validation):
            state.best_accuracy, state.best_epoch = accuracy, state.epoch + 1
            state.best_theta[:] = state.used
        state.epoch, state.step = state.epoch + 1, 0
        state.loss_sum, state.right, state.seen = 0.0, 0, 0

    def judge(self, images: Array, labels: Array) -> tuple[float, float]:
        """Mean loss and accuracy of the weights that would be used now; NaN, NaN where there is no image."""
        count = len(images)
        if count == 0:
            return float("nan"), float("nan")
        size = self.network.piece
        pieces = -(-count // size)
        losses, right = [0.0] * pieces, [0] * pieces

        def piece(number: int, worker: int) -> None:
            here = slice(number * size, (number + 1) * size)
            y, hand = labels[here], self._workers[worker]
            Z, _ = hand.forward(images[here], self._p_used)
            right[number] = self.network.right(Z, y)
            losses[number] = self.network.loss(Z, y, count, hand.loss_work)[0]

        self._share(piece, pieces, self.network.multiplications * count >= WORTH_SHARING)
        return sum(losses), sum(right) / count

    def _share(self, task: Task, parts: int, worth_it: bool) -> None:
        if worth_it:
            self.crew.share(task, parts)
        else:
            for part in range(parts):
                task(part, 0)


def _require_normalisable(network: Network, batch_size: int, shards: int) -> None:
    """RecipeError where a shard has too few images to take statistics of, or too many to work on at once."""
    inside = list(_inside(network.layers, network.in_shape))
    fewest, most = max(batch_size // shards, 1), -(-batch_size // shards)
    if any(isinstance(layer, Norm) and fewest * prod(shape[:-1]) < 2 for layer, shape in inside):
        raise RecipeError(
            f"norm on rows needs two images a shard: with train.shards = {shards}, batches of {2 * shards} "
            f"or more, but of {batch_size} came; raise train.batch_size or lower train.shards"
        )
    # An estimate: what enters the layers is half to twice the memory that they take.
    shard_bytes = most * sum(prod(shape) for _, shape in inside) * np.dtype(network.dtype).itemsize
    if shard_bytes > MOST_SHARD_BYTES:
        raise RecipeError(
            f"norm takes a shard's images all at once, and {most:,} of them ask for about {shard_bytes / 1e9:.1f} GB, "
            f"of at most {MOST_SHARD_BYTES / 1e9:.0f}; lower train.batch_size or raise train.shards"
        )


def _inside(layers: Sequence[Layer], shape: Shape) -> Iterator[tuple[Layer, Shape]]:
    """Every layer, those of branches too, with the shape of one example that enters it."""
    for layer in layers:
        yield layer, shape
        if isinstance(layer, Residual):
            yield from _inside(layer.layers, shape)
        shape = layer.out_shape(shape)
