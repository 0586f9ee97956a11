"""The tutorials' network, 784-10-10, in plain NumPy: every step from pixels to gradients in sight.

The functions have the tutorials' names. One thing differs: here rows are examples (X is n x 784) and there columns
are, so their W1 X is X W1 here. docs/backprop.md derives each line. Run it: python examples/two_layer.py
"""

import numpy as np


def init_params(seed=0):
    """Weights and biases, all from U(-0.5, 0.5)."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(-0.5, 0.5, shape) for shape in [(784, 10), 10, (10, 10), 10]]


def forward(W1, b1, W2, b2, X):
    """From images X (n, 784) to probabilities A2 (n, 10), with all that lies between."""
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)  # ReLU
    Z2 = A1 @ W2 + b2
    A2 = np.exp(Z2 - Z2.max(axis=1, keepdims=True))  # less the row's maximum: exp cannot overflow
    A2 /= A2.sum(axis=1, keepdims=True)  # softmax
    return Z1, A1, Z2, A2


def one_hot(Y):
    """Labels (n,) to rows of zeros with a one where the label is, (n, 10)."""
    return np.eye(10)[Y]


def backward(Z1, A1, A2, W2, X, Y):
    """The derivatives of the mean cross-entropy with regard to W1, b1, W2 and b2."""
    dZ2 = (A2 - one_hot(Y)) / len(X)
    dW2 = A1.T @ dZ2
    db2 = dZ2.sum(axis=0)
    dZ1 = dZ2 @ W2.T * (Z1 > 0)  # the slope of ReLU is 1 or 0
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    return [dW1, db1, dW2, db2]


def update(params, gradients, alpha):
    """One step downhill, of rate alpha."""
    return [param - alpha * gradient for param, gradient in zip(params, gradients, strict=True)]


def accuracy(A2, Y):
    """The share of images whose most probable digit is the right one."""
    return np.mean(A2.argmax(axis=1) == Y)


def gradient_descent(X, Y, alpha, iterations, params):
    """Improve params by so many steps, each over all images; at every tenth, print how well they did before it."""
    for iteration in range(iterations):
        Z1, A1, _, A2 = forward(*params, X)
        params = update(params, backward(Z1, A1, A2, params[2], X, Y), alpha)
        if iteration % 10 == 0:
            print(f"iteration {iteration:3}: accuracy {accuracy(A2, Y):.4f}")
    return params


if __name__ == "__main__":
    import numink

    digits = numink.load("mnist", validation=1000)
    train, dev = digits.train, digits.validation
    params = gradient_descent(train.images.reshape(-1, 784) / 255, train.labels, 0.1, 100, init_params())
    A2 = forward(*params, dev.images.reshape(-1, 784) / 255)[-1]
    print(f"on the {len(dev)} images set aside: accuracy {accuracy(A2, dev.labels):.4f}")
