"""`SummaryWriter`, which writes nothing: TensorBoard's files are not made here. It says so once."""

from __future__ import annotations

from typing import Any

from ..refusals import no_attribute, warn_once

__all__ = ["SummaryWriter"]

METHODS = (
    "add_scalar", "add_scalars", "add_histogram", "add_image", "add_images", "add_figure", "add_video", "add_audio",
    "add_text", "add_graph", "add_embedding", "add_pr_curve", "add_hparams", "add_mesh", "add_custom_scalars", "flush",
    "close",
)  # fmt: skip


class SummaryWriter:
    """Takes what would be written for TensorBoard, and drops it; a warning says so, once.

    log_dir: kept as an attribute; no folder is made.
    options: PyTorch's further ones, without effect.

    Formula: none; nothing is computed.
    Shapes: any.
    Dtypes: any.
    Raises: AttributeError for a method that PyTorch's has not.
    Source: PyTorch's `torch.utils.tensorboard.SummaryWriter`.

    >>> import warnings
    >>> from autograd_core.compat.utils.tensorboard import SummaryWriter
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     SummaryWriter("runs").add_scalar("loss", 0.5, 1)
    """

    def __init__(self, log_dir: str | None = None, **options: Any):
        self.log_dir = log_dir
        warn_once(
            "SummaryWriter: nothing is written for TensorBoard; optim.fit returns a history, and nn.plot.learning_curves "
            "draws it"
        )

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS:
            raise no_attribute("SummaryWriter", name)
        return lambda *args, **options: None

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *error: Any) -> None:
        pass


def __getattr__(name: str) -> Any:
    raise no_attribute("torch.utils.tensorboard", name)
