"""What the docstrings of `nn.functional` say of dtypes, held against what the functions do."""

import inspect
import re
import warnings

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F

label, labels = ag.tensor(1), ag.tensor([0, 1])


def pairs(name, count=2):
    return lambda d: getattr(F, name)(*[ag.ones(2, 3).to(d)] * count)


def of(f, *args, **options):
    """f of ones of a shape, or of several."""
    shapes = [s for s in args if isinstance(s, list)]
    others = [a for a in args if not isinstance(a, list)]
    return lambda d: f(*[ag.ones(*s).to(d) for s in shapes], *others, **options)


# name -> a call with operands of a dtype
CALLS = {
    "conv_tbc": of(F.conv_tbc, [3, 1, 2], [2, 2, 2], [2]),
    "unfold": of(F.unfold, [1, 2, 4, 4], 2),
    "fold": of(F.fold, [1, 4, 1], 2, 2),
    "kmax_pool1d": of(F.kmax_pool1d, [2, 4], 2),
    "dropout": of(F.dropout, [4]),
    "alpha_dropout": of(F.alpha_dropout, [4], training=True),
    "feature_alpha_dropout": of(F.feature_alpha_dropout, [1, 2, 2], training=True),
    "dropout1d": of(F.dropout1d, [1, 2, 2]),
    "dropout2d": of(F.dropout2d, [1, 2, 2, 2]),
    "dropout3d": of(F.dropout3d, [1, 2, 2, 2, 2]),
    "drop_connect": of(F.drop_connect, [1, 2], [3, 2], [3]),
    "gaussian_noise": of(F.gaussian_noise, [4]),
    "embedding": lambda d: F.embedding(labels, ag.ones(3, 2).to(d)),
    "embedding_bag": lambda d: F.embedding_bag(labels[None], ag.ones(3, 2).to(d)),
    "one_hot": lambda d: F.one_hot(labels.to(d)),
    "linear_activation": of(F.linear_activation, [1, 2], [3, 2], [3], "relu"),
    "scaled_dot_product_attention": of(F.scaled_dot_product_attention, [1, 2, 2], [1, 2, 2], [1, 2, 2]),
    "multi_head_attention_forward": lambda d: F.multi_head_attention_forward(
        *[ag.ones(1, 1, 2).to(d)] * 3,
        2,
        1,
        ag.ones(6, 2).to(d),
        None,
        None,
        None,
        False,
        0.0,
        ag.ones(2, 2).to(d),
        None,
    )[0],
    "batch_norm": of(F.batch_norm, [3, 2], None, None, training=True),
    "instance_norm": of(F.instance_norm, [1, 2, 3]),
    "group_norm": of(F.group_norm, [1, 4], 2),
    "layer_norm": of(F.layer_norm, [2, 3], 3),
    "rms_norm": of(F.rms_norm, [2, 3], 3),
    "local_response_norm": of(F.local_response_norm, [1, 3, 2], 2),
    "rbf": of(F.rbf, [2, 3], [1, 3]),
    "squared_distance": of(F.squared_distance, [2, 3], [1, 3]),
    "interpolate": of(F.interpolate, [1, 1, 3], 2),
    "upsample": of(F.upsample, [1, 1, 3], 2),
    "upsample_nearest": of(F.upsample_nearest, [1, 1, 3], 2),
    "upsample_bilinear": of(F.upsample_bilinear, [1, 1, 3, 3], 2),
    "grid_sample": of(F.grid_sample, [1, 1, 2, 2], [1, 1, 1, 2]),
    "affine_grid": of(F.affine_grid, [1, 2, 3], (1, 1, 2, 2)),
    "pixel_shuffle": of(F.pixel_shuffle, [4, 1, 1], 2),
    "pixel_unshuffle": of(F.pixel_unshuffle, [1, 2, 2], 2),
    "channel_shuffle": of(F.channel_shuffle, [1, 4, 1], 2),
    "cosine_embedding_loss": of(F.cosine_embedding_loss, [2, 3], [2, 3], [2]),
    "multi_margin_loss": of(F.multi_margin_loss, [2, 3], labels),
    "multilabel_margin_loss": of(F.multilabel_margin_loss, [2, 3], ag.zeros(2, 3, dtype=np.int64)),
    "cross_entropy": of(F.cross_entropy, [2, 3], labels),
    "nll_loss": of(F.nll_loss, [2, 3], labels),
    "linear_cross_entropy": of(F.linear_cross_entropy, [2, 3], [4, 3], labels),
    "ctc_loss": of(F.ctc_loss, [3, 2], label[None], ag.tensor(3), label),
}
for name in (
    "mse_loss l1_loss huber_loss smooth_l1_loss kl_div soft_margin_loss poisson_nll_loss binary_cross_entropy "
    "binary_cross_entropy_with_logits hinge_embedding_loss multilabel_soft_margin_loss"
).split():
    CALLS[name] = pairs(name)
for name in ("gaussian_nll_loss margin_ranking_loss triplet_margin_loss triplet_margin_with_distance_loss").split():
    CALLS[name] = pairs(name, 3)
for dims in (1, 2, 3):
    for name in ("max_pool", "avg_pool", "adaptive_max_pool", "adaptive_avg_pool"):
        CALLS[f"{name}{dims}d"] = of(getattr(F, f"{name}{dims}d"), [1, 2, *(4,) * dims], 2)
    CALLS[f"lp_pool{dims}d"] = of(getattr(F, f"lp_pool{dims}d"), [1, 2, *(4,) * dims], 2, 2)
    CALLS[f"max_unpool{dims}d"] = of(
        getattr(F, f"max_unpool{dims}d"), [1, *(1,) * dims], ag.zeros(1, *(1,) * dims, dtype=np.int64), 2
    )
    for name in ("conv", "conv_transpose"):
        CALLS[f"{name}{dims}d"] = of(getattr(F, f"{name}{dims}d"), [1, 2, *(4,) * dims], [2, 2, *(2,) * dims], [2])
for dims in (2, 3):
    CALLS[f"fractional_max_pool{dims}d"] = of(getattr(F, f"fractional_max_pool{dims}d"), [1, 2, *(4,) * dims], 2, 2)


def documented():
    """The public functions of those files, by name."""
    found = {}
    for name in F.__all__:
        f = getattr(F, name)
        code = getattr(f, "__code__", None)
        where = (code.co_filename if code else "").replace("\\", "/")
        if re.search(r"autograd_core/ops/(network|loss|signal)/(?!names)", where) and not name.endswith("_"):
            found[f.__name__] = f
    return found


def test_every_function_has_a_call():
    assert documented().keys() <= CALLS.keys()


@pytest.mark.parametrize("name", CALLS)
def test_dtypes(name):
    """float16, integers and complex numbers are taken as the line "Dtypes:" says, or raise a TypeError that names the
    function."""
    doc = inspect.cleandoc(F.__dict__[name].__doc__)
    text = re.search(r"^Dtypes: (.*(?:\n .*)*)", doc, re.M)[1]
    own = re.sub(r"; (target|targets|the others|indices|input and offsets)\b.*", "", text)

    def result(dtype):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = CALLS[name](dtype)
        return out.dtype

    for dtype in (np.float32, np.float64):
        assert name == "one_hot" or result(dtype) == dtype
    taken = {
        np.float16: "float32 or float64" not in own and name != "one_hot",
        np.int64: bool(re.search(r"\bany\b|integers", own)),
        np.complex64: bool(re.search(r"\bany\b|complex", own)),
    }
    for dtype, is_taken in taken.items():
        if is_taken:
            out = result(dtype)
            if dtype is np.int64:
                wanted = np.float32 if "default float" in own else out
            else:
                wanted = {"l1_loss": np.float32}.get(name, dtype) if dtype is np.complex64 else dtype
            assert out == wanted, dtype
        else:
            with pytest.raises(TypeError, match=r"^\w+: "):
                result(dtype)
