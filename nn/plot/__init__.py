"""Figures of training, of models and of their results.

Each function returns a matplotlib Figure, in one style and with a text for those who do not see it (`alt`); nothing is
shown or saved by itself: `show` does the one, `save` the other. Most draw into your own `ax=` or `figure=` as well.

style            the colours and the settings (`STYLE`, `style`), for figures of your own too
figure           how a figure is made, described, shown and saved
curves           learning curves, lines, the range test of learning rates
classification   confusion, mistakes, receiver operating characteristic
regions          models on two inputs: decision boundaries, hidden space
units            the perceptron's lines, radial units
surface          the loss over two weights or two directions, with the paths of optimisers
layers           filters, feature maps, occlusion, reconstructions
pictures         pages of images, matrices as shades
statistics       weights, activations and gradients by layer
sequences        hidden states, gates and attention over time
"""

from .classification import confusion_counts, confusion_matrix, mistakes, roc
from .curves import curves, learning_curves, lr_find
from .figure import alt, save, show
from .layers import feature_maps, filters, occlusion, reconstructions
from .pictures import heat, images
from .regions import decision_boundary, hidden_space
from .sequences import attention, gates, hidden_states
from .statistics import gradient_flow, histograms
from .style import BLUE, GREEN, GREY, INK, LIGHT, ORANGE, PALETTE, PINK, PLUM, SKY, STYLE, style
from .surface import loss_surface
from .units import perceptron_path, rbf_centers

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "LIGHT",
    "ORANGE",
    "PALETTE",
    "PINK",
    "PLUM",
    "SKY",
    "STYLE",
    "alt",
    "attention",
    "confusion_counts",
    "confusion_matrix",
    "curves",
    "decision_boundary",
    "feature_maps",
    "filters",
    "gates",
    "gradient_flow",
    "heat",
    "hidden_space",
    "hidden_states",
    "histograms",
    "images",
    "learning_curves",
    "loss_surface",
    "lr_find",
    "mistakes",
    "occlusion",
    "perceptron_path",
    "rbf_centers",
    "reconstructions",
    "roc",
    "save",
    "show",
    "style",
]
