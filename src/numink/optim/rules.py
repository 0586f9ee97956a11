"""The optimisers, sorted in order of increasing complexity. Each is one class, the equations in place.

An optimiser owns no arrays: `step(theta, grad, learning_rate, state, scratch)` changes theta (size,) in place,
reads grad (size,), and keeps what it must remember in `state`, whose vectors (size,) it names in `memory`;
`state.steps` counts this step, from 1. It may write over scratch (size,). All of it works number by number, so that
it can be called on any slice of the vectors: `update.py` does, in blocks that fit the cache.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, Protocol

import numpy as np

from numink.nn.params import Array


@dataclass
class State:
    """What an optimiser remembers of these parameters: vectors by name, and how many steps there were."""

    vectors: Mapping[str, Array]
    steps: int = 0
    weights: int = 0
    """How many of the first parameters are weights and not biases: weight decay is theirs alone."""

    def __getitem__(self, name: str) -> Array:
        return self.vectors[name]


class Optimizer(Protocol):
    """What training asks of an optimiser."""

    memory: ClassVar[tuple[str, ...]]
    """The names of the vectors that it remembers between steps; they start at 0."""

    def step(self, theta: Array, grad: Array, learning_rate: float, state: State, scratch: Array) -> None:
        """Change theta by one step against grad."""
        ...


@dataclass(frozen=True)
class GradientDescent:
    """theta <- theta - rate * grad."""

    memory: ClassVar[tuple[str, ...]] = ()

    def step(self, theta: Array, grad: Array, learning_rate: float, state: State, scratch: Array) -> None:
        """One step downhill."""
        theta -= np.multiply(grad, learning_rate, out=scratch)  # eq. 37


@dataclass(frozen=True)
class Momentum:
    """A ball that rolls: v <- mu v + grad, theta <- theta - rate v (Polyak 1964)."""

    mu: float = 0.9
    memory: ClassVar[tuple[str, ...]] = ("v",)

    def step(self, theta: Array, grad: Array, learning_rate: float, state: State, scratch: Array) -> None:
        """One step along the velocity."""
        v = state["v"]
        v *= self.mu
        v += grad  # eq. 38
        theta -= np.multiply(v, learning_rate, out=scratch)  # eq. 39


@dataclass(frozen=True)
class Nesterov:
    """Momentum that looks ahead: the step is along mu v + grad, v being new (Nesterov 1983; Sutskever et al. 2013)."""

    mu: float = 0.9
    memory: ClassVar[tuple[str, ...]] = ("v",)

    def step(self, theta: Array, grad: Array, learning_rate: float, state: State, scratch: Array) -> None:
        """One step along the velocity as it will be."""
        v = state["v"]
        v *= self.mu
        v += grad  # eq. 38
        ahead = np.multiply(v, self.mu, out=scratch)
        ahead += grad
        ahead *= learning_rate
        theta -= ahead  # eq. 40


@dataclass(frozen=True)
class RMSProp:
    """Each parameter's step divided by the recent size of its gradient (Hinton 2012, lecture 6e)."""

    rho: float = 0.9
    epsilon: float = 1e-8
    memory: ClassVar[tuple[str, ...]] = ("s",)

    def step(self, theta: Array, grad: Array, learning_rate: float, state: State, scratch: Array) -> None:
        """One step of even length."""
        s = state["s"]
        s *= self.rho
        square = np.square(grad, out=scratch)
        square *= 1 - self.rho
        s += square  # eq. 41
        size = np.sqrt(s, out=scratch)
        size += self.epsilon
        np.divide(grad, size, out=scratch)
        scratch *= learning_rate
        theta -= scratch  # eq. 42


@dataclass(frozen=True)
class Adam:
    """Momentum over its own recent size (Kingma and Ba 2015).

    The paper's averages are m <- b1 m + (1 - b1) grad and v <- b2 v + (1 - b2) grad^2. Here m and v are those
    divided by (1 - b1) and (1 - b2): two passes over the vectors fewer, the constants being put into the step.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    memory: ClassVar[tuple[str, ...]] = ("m", "v")

    def step(self, theta: Array, grad: Array, learning_rate: float, state: State, scratch: Array) -> None:
        """One step, its averages corrected for having started at 0."""
        m, v = state["m"], state["v"]
        m *= self.beta1
        m += grad  # eq. 43
        v *= self.beta2
        v += np.square(grad, out=scratch)  # eq. 44
        mean = (1 - self.beta1) / (1 - self.beta1**state.steps)  # makes m the corrected mean of gradients,
        deviation = sqrt((1 - self.beta2) / (1 - self.beta2**state.steps))  # and sqrt(v) of their squares
        size = np.sqrt(v, out=scratch)
        size += self.epsilon / deviation
        np.divide(m, size, out=scratch)
        scratch *= learning_rate * mean / deviation
        theta -= scratch  # eq. 45


@dataclass(frozen=True)
class AdamW:
    """Adam, and weights that shrink by themselves and not through the gradient (Loshchilov and Hutter 2019)."""

    weight_decay: float = 0.01
    adam: ClassVar[Adam] = Adam()
    memory: ClassVar[tuple[str, ...]] = Adam.memory

    def step(self, theta: Array, grad: Array, learning_rate: float, state: State, scratch: Array) -> None:
        """Adam's step, after weights (and not biases) have shrunk."""
        theta[: state.weights] *= 1 - learning_rate * self.weight_decay  # eq. 46
        self.adam.step(theta, grad, learning_rate, state, scratch)


OPTIMIZERS: dict[str, Callable[[float], Optimizer]] = {
    "gradient-descent": lambda weight_decay: GradientDescent(),
    "momentum": lambda weight_decay: Momentum(),
    "nesterov": lambda weight_decay: Nesterov(),
    "rmsprop": lambda weight_decay: RMSProp(),
    "adam": lambda weight_decay: Adam(),
    "adamw": AdamW,
}
"""The optimisers by their name in a recipe. Only AdamW treats weight decay itself: with the others it is L2, a
part of the cost and so of the gradient (`update.py`)."""
