"""The very same network in PyTorch: from the words of a recipe, with the weights that numink starts from.

The loss of a peer that differs in its network is a comparison of nothing: `same_network` builds both, and stops the
benchmark unless both give the same probabilities.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from numink.model import Model, initial_weights
from numink.nn.layers import Pixels
from numink.nn.params import Views
from numink.recipe import Recipe

LAYOUTS = {"contiguous": torch.contiguous_format, "channels-last": torch.channels_last}
# ReLU in place is a little faster in PyTorch, and as correct
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": lambda: nn.ReLU(inplace=True),
    "leaky-relu": lambda: nn.LeakyReLU(0.01, inplace=True),
    "elu": nn.ELU,
    "gelu": lambda: nn.GELU(approximate="tanh"),
    "silu": nn.SiLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}


class Rows(nn.Module):
    """Maps (n, channels, height, width) as rows in numink's order: of maps that are channels-last, without a copy."""

    def forward(self, X: Tensor) -> Tensor:
        """(n, height * width * channels)."""
        return X.permute(0, 2, 3, 1).flatten(1)


def same_network(recipe: Recipe, pixels: Pixels, seed: int, layout: str = "contiguous") -> nn.Sequential:
    """The recipe's network in PyTorch, in training mode, with numink's initial weights for this seed.

    It takes images as `tensor_of` makes them, and gives Z (n, 10). Stops the program where its probabilities are not
    numink's.
    """
    model = Model(recipe, pixels, initial_weights(recipe, pixels, seed))
    network = _built(recipe)
    learnt = [module for module in network if hasattr(module, "weight")]
    ours = [views for views in model.network.layout.views(model.theta) if vars(views)]
    with torch.no_grad():
        for module, views in zip(learnt, ours, strict=True):
            _copy(views, module)
    network.to(memory_format=LAYOUTS[layout])
    images = np.random.default_rng(0).integers(0, 256, (64, 28, 28), dtype=np.uint8)
    with torch.inference_mode():
        theirs = torch.softmax(network.eval()(tensor_of(images, pixels, layout)), 1).numpy()
    if not np.allclose(model.probabilities(images), theirs, atol=1e-4):
        raise SystemExit(f"PyTorch's network is not the same as numink's: {recipe.network.layers}")
    return network.train()


def tensor_of(images: np.ndarray, pixels: Pixels, layout: str = "contiguous") -> Tensor:
    """Images uint8 (n, 28, 28) as float32 (n, 1, 28, 28), ready in memory."""
    X = torch.from_numpy(images).unsqueeze(1).float().mul_(pixels.factor).add_(pixels.shift)
    return X.contiguous(memory_format=LAYOUTS[layout])


class Average:
    """The weights' running average (eq. 73), of which `network` is made; without a decay, the network itself."""

    def __init__(self, network: nn.Sequential, decay: float) -> None:
        self.network, self.decay, self._steps = deepcopy(network) if decay else network, decay, 0
        self._ours, self._theirs = _vectors(self.network), _vectors(network)

    def step(self) -> None:
        """Follow the network by one step."""
        if not self.decay:
            return
        self._steps += 1
        decay = min(self.decay, self._steps / (self._steps + 9))
        with torch.no_grad():
            torch._foreach_lerp_(self._ours, self._theirs, 1 - decay)


def _vectors(network: nn.Sequential) -> list[Tensor]:
    """What is learnt, and the running averages of normalisation; not the count of its batches."""
    return [tensor for tensor in [*network.parameters(), *network.buffers()] if tensor.is_floating_point()]


def _built(recipe: Recipe) -> nn.Sequential:
    X = torch.zeros(2, 1, 28, 28)  # taken along, so that each layer knows what comes
    network = nn.Sequential()
    for word in recipe.network.layers:
        if isinstance(word, str):
            word = recipe.network.activation if word == "activation" else word
            if word.startswith("dense") and X.ndim == 4:
                network.append(Rows())
                X = Rows()(X)
            network.append(_layer(word.split(), X))
            X = network[-1](X)
        else:
            raise SystemExit(f"the benchmarks' PyTorch network has no branches, but {word} came")
    return network


def _layer(words: Sequence[str], X: Tensor) -> nn.Module:
    match words:
        case ["conv", maps, kernel, *options]:
            sides = _sides(kernel)
            stride = int(options[options.index("stride") + 1]) if "stride" in options else 1
            if "same" in options and any(side % 2 == 0 for side in sides):
                raise SystemExit(f'the benchmarks\' PyTorch network has no even kernels with "same": {" ".join(words)}')
            padding = tuple(side // 2 for side in sides) if "same" in options else 0
            return nn.Conv2d(X.shape[1], int(maps), sides, stride, padding)
        case ["pool", kernel]:
            return nn.MaxPool2d(_sides(kernel))
        case ["average-pool", kernel]:
            return nn.AvgPool2d(_sides(kernel))
        case ["global-pool"]:
            return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        case ["norm"]:
            return nn.BatchNorm2d(X.shape[1]) if X.ndim == 4 else nn.BatchNorm1d(X.shape[1])
        case ["flatten"]:
            return Rows()
        case ["dense", units]:
            return nn.Linear(X.shape[1], int(units))
        case ["dropout", rate]:
            return nn.Dropout(float(rate))
        case ["drop-maps", rate]:
            return nn.Dropout2d(float(rate))
        case [name] if name in ACTIVATIONS:
            return ACTIVATIONS[name]()
    raise SystemExit(f'the benchmarks\' PyTorch network knows no layer "{" ".join(words)}"')


def _sides(kernel: str) -> tuple[int, int]:
    height, width = map(int, kernel.split("x"))
    return height, width


def _copy(views: Views, module: nn.Module) -> None:
    """numink's arrays into PyTorch's layer, whose axes lie otherwise."""
    if isinstance(module, nn.Conv2d):
        arrays = {"weight": views.W.transpose(3, 2, 0, 1), "bias": views.b}
    elif isinstance(module, nn.Linear):
        arrays = {"weight": views.W.T, "bias": views.b}
    else:
        arrays = {
            "weight": views.gamma,
            "bias": views.beta,
            "running_mean": views.mean,
            "running_var": views.variance,
        }
    for name, array in arrays.items():
        getattr(module, name).copy_(torch.from_numpy(np.ascontiguousarray(array)))
