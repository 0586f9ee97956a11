"""Layers on maps, the plain ones and those that a network runs, give what PyTorch's give.

PyTorch has its channels before height and width: `first` and `last` turn the axes. Sizes are drawn at random.
"""

import numpy as np
import pytest

from numink.nn.build import build
from numink.nn.conv import FastConv
from numink.nn.fast_norm import FastNorm
from numink.nn.init import initialise
from numink.nn.maps import Conv2d
from numink.nn.network import Gradient
from numink.nn.norm import EPSILON, Norm
from numink.nn.params import Layout
from numink.nn.pool import AveragePool, GlobalPool, MaxPool
from numink.nn.work import Randomness, Work

torch = pytest.importorskip("torch")
F = torch.nn.functional
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def first(maps):
    return torch.tensor(np.moveaxis(maps, -1, 1).copy())


def last(tensor):
    return np.moveaxis(tensor.detach().numpy(), 1, -1)


def close(ours, theirs, dtype, scale=0.0):
    """To 1e-5 of the largest number of the array, or of `scale` where nearly nothing is left of such numbers."""
    theirs = np.asarray(theirs)
    exact = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=exact * max(np.abs(theirs).max(), scale))


def working(dtype, training=True):
    work = Work(dtype, randomness=Randomness())
    work.randomness.begin((0,) if training else None)
    return work


def arrays(layer, rng, dtype):
    """The layer's parameters and buffers (variances above 0), and where its gradients go."""
    layout = Layout((layer.params(),), (layer.buffers(),))
    (p,) = layout.views(rng.uniform(0.2, 1.0, layout.length).astype(dtype))
    (g,) = layout.views(np.full(layout.length, np.nan, dtype))
    return p, g


def sizes_of_convolutions(count):
    """Batch, channels and sizes, kernels, strides and paddings, small enough to fit."""
    rng = np.random.default_rng(51)
    while count:
        n, c_in, c_out, stride = (int(rng.integers(1, most)) for most in (5, 6, 6, 4))
        height, width, k_h, k_w = (int(rng.integers(1, most)) for most in (14, 14, 7, 7))
        padding = tuple((int(rng.integers(0, k)), int(rng.integers(0, k))) for k in (k_h, k_w))
        if k_h <= height and k_w <= width:
            yield (n, height, width, c_in), Conv2d(c_in, c_out, (k_h, k_w), stride, padding)
            count -= 1


@DTYPES
@pytest.mark.parametrize("layer_of", [lambda conv: conv, FastConv], ids=["plain", "fast"])
def test_convolution(layer_of, dtype):
    rng = np.random.default_rng(0)
    for shape, conv in sizes_of_convolutions(25):
        layer = layer_of(conv)
        X = rng.normal(size=shape).astype(dtype)
        p, g = arrays(layer, rng, dtype)
        (top, bottom), (left, right) = conv.padding
        theirs_X = first(X).requires_grad_()
        theirs_W = torch.tensor(p.W.transpose(3, 2, 0, 1).copy(), requires_grad=True)
        theirs_b = torch.tensor(p.b, requires_grad=True)
        theirs_Z = F.conv2d(F.pad(theirs_X, (left, right, top, bottom)), theirs_W, theirs_b, conv.stride)
        dZ = rng.normal(size=(shape[0], *conv.out_shape(shape[1:]))).astype(dtype)
        theirs_Z.backward(first(dZ))

        Z, backward = layer.forward(X, p, working(dtype))
        close(Z, last(theirs_Z), dtype)
        dX = backward(dZ.copy(), g, True)

        close(dX, last(theirs_X.grad), dtype)
        close(g.W, theirs_W.grad.numpy().transpose(2, 3, 1, 0), dtype)
        close(g.b, theirs_b.grad, dtype)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@DTYPES
@pytest.mark.parametrize("stride", [1, 2, 3, 5])
def test_same_keeps_height_and_width_and_is_theirs(stride, dtype):
    """PyTorch too puts the larger half of an even kernel's margin behind; with a stride it has no "same"."""
    rng = np.random.default_rng(0)
    for kernel in [(1, 1), (2, 3), (3, 3), (4, 5), (5, 2)]:
        words = ["{}x{}".format(*kernel), "same", *(["stride", str(stride)] if stride > 1 else [])]
        network = build([f"conv 4 {' '.join(words)}", "global-pool"], in_shape=(9, 7), classes=4)
        conv = network.layers[2]
        X = rng.normal(size=(3, 9, 7, 1)).astype(dtype)
        p, _ = arrays(conv, rng, dtype)
        W = torch.tensor(p.W.transpose(3, 2, 0, 1).copy())

        Z, _ = conv.forward(X, p, working(dtype))

        assert Z.shape[1:3] == (-(-9 // stride), -(-7 // stride))
        theirs = F.conv2d(first(X), W, torch.tensor(p.b), padding="same")[:, :, ::stride, ::stride]
        close(Z, last(theirs), dtype)


POOLS = [
    (MaxPool, F.max_pool2d),
    (AveragePool, F.avg_pool2d),
]


@DTYPES
@pytest.mark.parametrize(("pool", "theirs"), POOLS, ids=["max", "average"])
def test_pooling(pool, theirs, dtype):
    """Of few different numbers, so that most windows have more than one largest."""
    rng = np.random.default_rng(1)
    for _ in range(60):
        shape = tuple(int(size) for size in (rng.integers(1, 5), *rng.integers(5, 13, 2), rng.integers(1, 5)))
        kernel = tuple(int(size) for size in rng.integers(1, 6, 2))
        X = rng.integers(-1, 3, shape).astype(dtype)
        theirs_X = first(X).requires_grad_()
        theirs_Z = theirs(theirs_X, kernel)
        dZ = rng.normal(size=last(theirs_Z).shape).astype(dtype)
        theirs_Z.backward(first(dZ))

        Z, backward = pool(kernel).forward(X, None, working(dtype))
        close(Z, last(theirs_Z), dtype)
        close(backward(dZ.copy(), None, True), last(theirs_X.grad), dtype)


@DTYPES
def test_global_pooling(dtype):
    rng = np.random.default_rng(2)
    X = rng.normal(size=(6, 7, 5, 3)).astype(dtype)
    theirs_X = first(X).requires_grad_()
    theirs_Z = F.adaptive_avg_pool2d(theirs_X, 1)[:, :, 0, 0]
    dZ = rng.normal(size=(6, 3)).astype(dtype)
    theirs_Z.backward(torch.tensor(dZ))

    Z, backward = GlobalPool().forward(X, None, working(dtype))
    close(Z, theirs_Z.detach(), dtype)
    close(backward(dZ.copy(), None, True), last(theirs_X.grad), dtype)


@DTYPES
@pytest.mark.parametrize("training", [True, False], ids=["trained", "used"])
@pytest.mark.parametrize("shape", [(8, 6, 5, 3), (64, 13, 13, 16), (9, 4), (2, 1, 1, 2)], ids=str)
@pytest.mark.parametrize("norm", [Norm, FastNorm])
def test_norm(norm, shape, training, dtype):
    """Channels of means and deviations that differ by far.

    PyTorch's running variance is the unbiased one, m / (m - 1) times ours, which is that of the batch itself; with a
    momentum of 1 its running averages are the last batch's.
    """
    rng = np.random.default_rng(3)
    channels, m = shape[-1], int(np.prod(shape[:-1]))
    layer = norm(channels)
    p, g = arrays(layer, rng, dtype)
    X = (rng.normal(size=shape) * np.linspace(0.1, 5, channels) + np.linspace(-3, 3, channels)).astype(dtype)
    dZ = rng.normal(size=shape).astype(dtype)
    theirs = torch.nn.BatchNorm1d(channels, EPSILON, 1.0, dtype=torch.tensor(X).dtype).train(training)
    for parameter, ours in zip(theirs.parameters(), (p.gamma, p.beta), strict=True):
        parameter.data = torch.tensor(ours)
    theirs.running_mean.data, theirs.running_var.data = torch.tensor(p.mean), torch.tensor(p.variance)
    theirs_X = torch.tensor(X.reshape(-1, channels), requires_grad=True)
    theirs_Z = theirs(theirs_X)
    theirs_Z.backward(torch.tensor(dZ.reshape(-1, channels)))

    Z, backward = layer.forward(X.copy(), p, working(dtype, training))
    close(Z.reshape(-1, channels), theirs_Z.detach(), dtype)
    dX = backward(dZ.copy(), g, True)

    slope = (p.gamma / np.sqrt(X.reshape(-1, channels).var(axis=0) + EPSILON)).max()
    close(dX.reshape(-1, channels), theirs_X.grad, dtype, slope)
    sums = 4 * np.sqrt(m)  # as large as sums of m random numbers are
    close(g.gamma, theirs.weight.grad, dtype, sums)
    close(g.beta, theirs.bias.grad, dtype, sums)
    close(g.mean, theirs.running_mean, dtype)
    close(g.variance, theirs.running_var * ((m - 1) / m if training else 1), dtype)


@DTYPES
def test_a_residual_network_as_a_whole(dtype):
    """Convolution, norm, residual and pooling in company, in float32 and pieces as they are trained."""
    words = ["conv 6 3x3", "norm", "relu", "pool 2x2", ["residual", "conv 6 3x3 same", "norm", "relu"]]
    network = build([*words, "average-pool 2x2", "flatten", "dense 10"], dtype=dtype, in_shape=(14, 12))
    theta = initialise(network.layout, "he", 1.0, 0, dtype)
    rng = np.random.default_rng(4)
    images, labels = rng.integers(0, 256, (40, 14, 12), np.uint8), rng.integers(0, 10, 40).astype(np.uint8)

    gradient = Gradient(network)
    network.worker().gradient(images, labels, slice(0, 40), 40, network.layout.views(theta), (0,), gradient)

    views = [view for view in network.layout.views(theta) if vars(view)]
    conv, norm, branch, dense = [{name: their(array) for name, array in vars(view).items()} for view in views]
    X = torch.tensor((images / 255).astype(dtype))[:, np.newaxis]
    X = F.max_pool2d(normed(F.conv2d(X, conv["W"], conv["b"]), norm["gamma"], norm["beta"]).relu(), 2)
    inner = F.conv2d(X, branch["0.W"], branch["0.b"], padding="same")
    X = F.avg_pool2d(X + normed(inner, branch["1.gamma"], branch["1.beta"]).relu(), 2)
    rows = X.permute(0, 2, 3, 1).flatten(1)  # maps as rows: height, width, channels
    value = F.cross_entropy(rows @ dense["W"] + dense["b"], torch.tensor(labels.astype(int)))
    value.backward()

    assert gradient.loss == pytest.approx(value.item(), rel=1e-5)
    grads = [view for view in gradient.views if vars(view)]
    for ours, theirs in zip(grads, (conv, norm, branch, dense), strict=True):
        for name, tensor in theirs.items():
            if name.split(".")[-1] not in ("mean", "variance"):
                expected = tensor.grad.numpy()
                if expected.ndim == 4:
                    expected = expected.transpose(2, 3, 1, 0)
                close(getattr(ours, name), expected, dtype, 0.1)


def their(array):
    turned = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array
    return torch.tensor(turned.copy(), requires_grad=True)


def normed(X, gamma, beta):
    return F.batch_norm(X, None, None, gamma, beta, training=True, eps=EPSILON)
