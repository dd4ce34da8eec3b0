"""Batched image transforms against NumPy and scipy.ndimage, and standardisation."""

import numpy as np
import pytest
from scipy import ndimage

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import DataLoader, Standardize, TensorDataset, transforms
from nn.data.transforms import crop, rotate, shift


def images(n=5, c=2, h=7, w=6, dtype=np.float64):
    return np.random.default_rng(0).standard_normal((n, c, h, w)).astype(dtype)


ALL = [
    transforms.RandomCrop((5, 4), padding=1), transforms.RandomHorizontalFlip(), transforms.RandomVerticalFlip(),
    transforms.RandomShift(2), transforms.RandomRotation(30.0), transforms.GaussianNoise(0.5), transforms.Cutout(3),
    transforms.Compose([transforms.RandomShift(1), transforms.RandomRotation(10.0)]),
]  # fmt: skip


@pytest.mark.parametrize("transform", ALL, ids=lambda t: type(t).__name__)
def test_all_of_them(transform):
    x = images(1, dtype=np.float32).repeat(64, 0)
    before = x.copy()
    ag.manual_seed(1)
    first = transform(x)
    np.testing.assert_array_equal(x, before)
    assert type(first) is np.ndarray and first.dtype == np.float32 and not np.shares_memory(first, x)
    assert len(np.unique(first, axis=0)) > 1  # each its own
    ag.manual_seed(1)
    again = transform(ag.tensor(x))
    assert isinstance(again, ag.Tensor) and again.dtype == np.float32
    np.testing.assert_array_equal(again.array, first)
    assert (transform(x) != first).any()
    assert transform(x[:0]).shape == (0, *first.shape[1:])
    if not isinstance(transform, transforms.Compose):
        with pytest.raises(ValueError, match=r"needs a batch of images \(N, C, H, W\), got shape \(2, 7, 6\)"):
            transform(x[0])
        with pytest.raises(TypeError, match="generator must be an ag.Generator or None"):
            type(transform)(1, generator=3)


@pytest.mark.parametrize("make", [
    lambda g: transforms.RandomCrop(4, generator=g), lambda g: transforms.RandomHorizontalFlip(generator=g),
    lambda g: transforms.RandomShift(2, generator=g), lambda g: transforms.RandomRotation(9.0, generator=g),
    lambda g: transforms.GaussianNoise(1.0, generator=g), lambda g: transforms.Cutout(2, generator=g),
])  # fmt: skip
def test_a_generator_of_its_own(make):
    state = ag.get_rng_state()
    np.testing.assert_array_equal(make(ag.Generator(5))(images(32)), make(ag.Generator(5))(images(32)))
    assert state == ag.get_rng_state()


def test_crop_and_shift():
    x = images()
    tops, lefts = np.array([0, 1, 2, 3, 1]), np.array([2, 0, 1, 2, 2])
    for i, window in enumerate(crop(x, tops, lefts, 4, 3)):
        np.testing.assert_array_equal(window, x[i, :, tops[i] : tops[i] + 4, lefts[i] : lefts[i] + 3])
    down, right = np.array([0, 1, -2, 9, 2]), np.array([0, -3, 1, 0, 2])
    for i, moved in enumerate(shift(x, down, right, 0.5)):
        wanted = ndimage.shift(x[i], (0, down[i], right[i]), order=0, cval=0.5)
        np.testing.assert_array_equal(moved, wanted)


def test_crops_lie_everywhere_and_inside():
    x = np.arange(16.0).reshape(1, 1, 4, 4).repeat(400, 0)
    corners = transforms.RandomCrop((2, 3))(x)[:, 0, 0, 0]
    assert set(corners) == {0, 1, 4, 5, 8, 9}
    corners = transforms.RandomCrop(4, padding=1, fill=-1.0)(x)
    assert {tuple(c[0].ravel()) for c in corners} == {
        tuple(np.pad(x[0, 0], 1, constant_values=-1)[i : i + 4, j : j + 4].ravel()) for i in range(3) for j in range(3)
    }
    moves = transforms.RandomShift((0, 2))(x)
    assert {tuple(m[0, 0]) for m in moves} == {
        (0, 1, 2, 3), (0, 0, 1, 2), (0, 0, 0, 1), (1, 2, 3, 0), (2, 3, 0, 0)
    }  # fmt: skip


@pytest.mark.parametrize("shape", [(7, 6), (6, 6), (5, 9)])
def test_rotation_as_scipy(shape):
    x = images(6, 2, *shape)
    degrees = np.array([0.0, 17.0, -33.3, 90.0, 180.0, 271.0])
    for i, rotated in enumerate(rotate(x, degrees, 0.25)):
        for channel, wanted in zip(rotated, x[i], strict=True):
            wanted = ndimage.rotate(wanted, degrees[i], order=1, reshape=False, mode="grid-constant", cval=0.25)
            np.testing.assert_allclose(channel, wanted, rtol=1e-9, atol=1e-9)


def test_right_angles_are_exact():
    x = images(3, 2, 6, 6)
    for i, rotated in enumerate(rotate(x, np.array([90.0, 180.0, -90.0]), 0.0)):
        np.testing.assert_array_equal(rotated, np.rot90(x[i], (1, 2, 3)[i], axes=(1, 2)))
    np.testing.assert_array_equal(rotate(x, np.zeros(3), 0.0), x)
    angles = transforms.RandomRotation((90, 90))(x)
    np.testing.assert_array_equal(angles, np.rot90(x, axes=(2, 3)))


def test_flips_noise_and_cutout():
    x = images(400, 1, 5, 5)
    for flip, axis in ((transforms.RandomHorizontalFlip, 3), (transforms.RandomVerticalFlip, 2)):
        out = flip(0.3)(x)
        flipped = (out == np.flip(x, axis)).all((1, 2, 3))
        assert (flipped | (out == x).all((1, 2, 3))).all() and 0.2 < flipped.mean() < 0.4
        np.testing.assert_array_equal(flip(1.0)(x), np.flip(x, axis))
    noise = transforms.GaussianNoise(2.0)(x) - x
    assert abs(noise.std() - 2) < 0.1 and abs(noise.mean()) < 0.1
    holes = transforms.Cutout(3, fill=7.0)(x) == 7.0
    sizes = {(h.any(2).sum(), h.any(1).sum()) for h in holes}
    assert sizes == {(a, b) for a in (2, 3) for b in (2, 3)}  # at an edge one row is outside
    assert all(h.sum() == h.any(2).sum() * h.any(1).sum() for h in holes)  # a full rectangle
    assert holes.any(0).all()


def test_in_a_loader_and_in_training():
    x = images(40, 1, 8, 8, np.float32)
    y = (x.mean((1, 2, 3)) > 0).astype(np.int64)
    augment = transforms.Compose([Standardize((0, 2, 3)).fit(x), transforms.RandomShift(1), transforms.Cutout(2)])
    data = TensorDataset(x, y, transform=augment)
    first = [batch[0].array for batch in DataLoader(data, batch_size=16)]
    assert [len(b) for b in first] == [16, 16, 8]
    assert (first[0] != next(iter(DataLoader(data, batch_size=16)))[0].array).any()
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    optim.fit(model, data, loss=F.cross_entropy, optimizer=optim.SGD(model.parameters(), lr=0.1), progress=False)


@pytest.mark.parametrize(("make", "message"), [
    (lambda: transforms.RandomCrop(0), "size is a height and a width of at least 1"),
    (lambda: transforms.RandomCrop(2, padding=-1), "padding at least 0, got 2 and -1"),
    (lambda: transforms.RandomShift(-1), "pixels must not be negative"),
    (lambda: transforms.RandomHorizontalFlip(1.5), "p is the probability of a flip, from 0 to 1, got 1.5"),
    (lambda: transforms.RandomRotation((5, -5)), r"a pair \(low, high\), got \(5, -5\)"),
    (lambda: transforms.GaussianNoise(-1), "std must not be negative"),
    (lambda: transforms.Cutout(0), "at least 1 pixel, got 0"),
    (lambda: transforms.RandomCrop(9)(images()), "a window of 9 × 9 does not fit into images of 7 × 6, padding included"),
])  # fmt: skip
def test_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_integers_have_no_fractions():
    pixels = np.zeros((2, 1, 4, 4), np.uint8)
    assert transforms.RandomShift(1)(pixels).dtype == np.uint8
    for t in (transforms.RandomRotation(5.0), transforms.GaussianNoise(1.0)):
        with pytest.raises(
            TypeError, match="gives fractions, which uint8 would cut off; divide the pixels by 255 first"
        ):
            t(pixels)
    with pytest.raises(TypeError, match="Compose: needs functions of a batch, got <class"):
        transforms.Compose([transforms.RandomShift])


# ------------------------------------------------------------------------------------------------------- standardisation


def test_standardize_as_numpy():
    x = np.random.default_rng(1).standard_normal((50, 3)) * [1, 100, 0] + [0, 5, 7]  # the last is constant
    scale = Standardize().fit(x[:30])
    out = scale(x)
    np.testing.assert_allclose(out[:30].mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(out[:30].std(0), [1, 1, 0], atol=1e-12)
    np.testing.assert_allclose(out[30:], (x[30:] - x[:30].mean(0)) / [*x[:30].std(0)[:2], 1], rtol=1e-12)
    np.testing.assert_allclose(scale.inverse(out), x, rtol=1e-12)
    single = scale(ag.tensor(x.astype(np.float32)))
    assert isinstance(single, ag.Tensor) and single.dtype == np.float32
    assert scale(np.ones((2, 3), int)).dtype == np.float32
    pictures = images()
    scale = Standardize((0, 2, 3)).fit(pictures)
    np.testing.assert_allclose(scale(pictures).mean((0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(scale(pictures).std((0, 2, 3)), 1, rtol=1e-12)


def test_standardize_as_scikit_learn():
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    x = np.random.default_rng(2).standard_normal((50, 3)) * [1, 100, 0] + [1e6, 5, 0.1]
    theirs = preprocessing.StandardScaler().fit(x)
    np.testing.assert_allclose(Standardize().fit(x)(x), theirs.transform(x), rtol=1e-9, atol=1e-9)


def test_standardize_refuses():
    with pytest.raises(RuntimeError, match=r"no moments before fit\(x\); fit it on the training part"):
        Standardize()(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"nan at \[1, 0\] of shape \(2, 1\) \(1 values are not finite\)"):
        Standardize().fit([[1.0], [np.nan]])
    with pytest.raises(ValueError, match=r"needs at least one row to fit, got shape \(0, 3\)"):
        Standardize().fit(np.zeros((0, 3)))
    scale = Standardize().fit(np.ones((2, 3)))
    for shape in ((2, 4), (3,), (2, 3, 1)):
        with pytest.raises(ValueError, match="give it data like that of fit"):
            scale(np.ones(shape))
