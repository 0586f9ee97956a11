"""The engine: layers, losses and networks in NumPy. It knows nothing of digits, files or screens.

Read in this order: params, work, layers, activations, losses, init, network, build, gradcheck.
"""
