"""What a classifier's figures mean, as numbers, pictures and one page: calibration, plots, sheet, report.

Everything here sees arrays alone (images, labels, probabilities, weights), never a model or a trainer.
"""
