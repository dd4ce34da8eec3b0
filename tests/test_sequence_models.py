"""Models of sequences and of images beyond LeNet-5: shapes, what each promises, errors, and that they learn."""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.models.language import draw


def trained(model, loss, steps, lr=1e-2):
    optimizer = optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
    return value.item()


# -------------------------------------------------------------------------------------------------------------- images


def test_residual_block_adds_what_its_body_makes_to_its_input():
    block = nn.ResidualBlock(3, 3).eval()
    x = ag.randn(2, 3, 5, 5)
    with ag.no_grad():
        block.body[4].weight.zero_()
    np.testing.assert_array_equal(block(x).detach().numpy(), np.maximum(x.numpy(), 0))
    assert isinstance(block.shortcut, nn.Identity)
    assert nn.ResidualBlock(3, 6).shortcut[0].weight.shape == (6, 3, 1, 1)


def test_resnet_has_the_layers_and_sizes_of_the_paper():
    model = nn.ResNet(blocks=3)
    convolutions = [m for m in model.modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)]
    assert len(convolutions) + 1 == 6 * 3 + 2  # and the linear layer
    sizes = []
    for stage in model.stages:
        stage.register_forward_hook(lambda module, args, out: sizes.append(out.shape))
    assert model(ag.zeros(1, 3, 32, 32)).shape == (1, 10)
    assert sizes == [(1, 16, 32, 32), (1, 32, 16, 16), (1, 64, 8, 8)]
    with pytest.raises(ValueError, match="needs at least one width and one block a stage, got"):
        nn.ResNet(widths=())


def test_vgg_takes_any_size_and_refuses_unknown_layers():
    model = nn.VGG(5, 1, layers=(4, "M", 8), size=2)
    assert model(ag.zeros(2, 1, 9, 7)).shape == (2, 5)
    with pytest.raises(ValueError, match=r"VGG: layers\[1\] is 'P'; it must be a number of channels or 'M'"):
        nn.VGG(layers=(4, "P"))


@pytest.mark.parametrize("size", [(8, 8), (9, 14), (1, 5), (13, 7)])
def test_fcn_gives_scores_for_every_pixel(size):
    model = nn.FCN(3, in_channels=2, widths=(4, 6))
    assert model(ag.zeros(2, 2, *size)).shape == (2, 3, *size)


def test_fcn_enlarges_by_bilinear_interpolation_at_first():
    """Inside the image; at the border a transposed convolution fades out."""
    twofold = nn.FCN(1, widths=(4,)).enlarge[0]
    x = ag.randn(1, 1, 6, 6)
    ours = twofold(x).detach().numpy()
    exact = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False).numpy()
    np.testing.assert_allclose(ours[..., 2:-2, 2:-2], exact[..., 2:-2, 2:-2], atol=1e-6)
    with pytest.raises(ValueError, match=r"bilinear_: needs weights of shape \(C, C, KH, KW\), got \(2, 3, 4, 4\)"):
        nn.init.bilinear_(ag.empty(2, 3, 4, 4))


def test_fcn_learns_to_separate_a_square_from_its_ground():
    images = np.zeros((8, 1, 12, 12), np.float32)
    for i, image in enumerate(images[:, 0]):
        image[i % 4 : i % 4 + 6, 2 : 8 + i % 3] = 1
    x, target = ag.tensor(images + 0.1), ag.tensor(images[:, 0].astype(np.int64))
    model = nn.FCN(2, in_channels=1, widths=(8, 8))
    trained(model, lambda: F.cross_entropy(model(x), target), 60)
    assert (model(x).numpy().argmax(1) == target.numpy()).mean() > 0.97


# ----------------------------------------------------------------------------------------------------------- sequences


def test_language_model_learns_a_text_and_samples_it():
    text = np.array([0, 1, 2, 3, 0, 2, 1] * 12)
    model = nn.RecurrentLM(4, width=16)
    x, y = ag.tensor(text[None, :-1]), ag.tensor(text[1:])
    loss = trained(model, lambda: F.cross_entropy(model(x)[0][0], y), 120, lr=2e-2)
    assert loss < 0.05
    assert model.sample(7, text[:7], temperature=0) == list(text[7:14])
    assert model.sample(20, text[:7], temperature=0, stop=3) == [0, 1, 2]
    assert model.training


def test_language_model_state_continues_the_text():
    model = nn.RecurrentLM(5, width=6, layers=2, kind="gru").eval()
    x = ag.randint(0, 5, (2, 7))
    whole, _ = model(x)
    first, state = model(x[:, :3])
    second, _ = model(x[:, 3:], state)
    np.testing.assert_allclose(ag.cat([first, second], 1).detach().numpy(), whole.detach().numpy(), atol=1e-6)


def test_sampling_follows_the_scores_and_their_temperature():
    scores = ag.tensor([0.0, 1.0, 2.0])
    for temperature in (0.5, 2.0):
        found = np.bincount(
            [draw(scores, temperature, ag.Generator().manual_seed(i)) for i in range(2000)], minlength=3
        )
        expected = np.exp(np.arange(3) / temperature)
        assert abs(found / 2000 - expected / expected.sum()).max() < 0.05
    model = nn.RecurrentLM(3, width=2)
    again = [model.sample(10, [0], generator=ag.Generator().manual_seed(1)) for _ in range(2)]
    assert again[0] == again[1]
    with pytest.raises(ValueError, match="temperature is -1; it must be 0 or more"):
        model.sample(1, [0], -1)
    with pytest.raises(ValueError, match="start is empty"):
        model.sample(1, [])
    with pytest.raises(ValueError, match="kind is one of rnn, gru, lstm, got 'lst'"):
        nn.RecurrentLM(3, kind="lst")


def test_tagger_looks_both_ways_and_not_at_padding():
    """The label is the symbol that follows, so only the backward direction can know it."""
    codes = np.random.default_rng(0).integers(1, 5, (64, 8))
    x, y = ag.tensor(codes), ag.tensor(np.concatenate([codes[:, 1:], np.zeros((64, 1), np.int64)], 1))
    model = nn.BidirectionalTagger(5, 5, width=12, embedding=8)
    loss = trained(model, lambda: F.cross_entropy(model(x).flatten(0, 1), y.flatten()), 80, lr=3e-2)
    assert loss < 0.1
    padded = codes.copy()
    padded[:, 5:] = 0
    short = model(ag.tensor(codes[:, :5])).detach().numpy()
    np.testing.assert_allclose(model(ag.tensor(padded), [5] * 64).detach().numpy()[:, :5], short, atol=1e-5)


@pytest.mark.parametrize("attention", [True, False])
def test_seq2seq_learns_to_copy(attention):
    rng = np.random.default_rng(0)
    source = rng.integers(1, 5, (128, 4))
    x, y = ag.tensor(source), ag.tensor(source)
    given = ag.tensor(np.concatenate([np.zeros((128, 1), np.int64), source[:, :-1]], 1))
    model = nn.Seq2Seq(5, 5, width=32, embedding=8, attention=attention)
    trained(model, lambda: F.cross_entropy(model(x, given).flatten(0, 1), y.flatten()), 120, lr=1e-2)
    written, weights = model.generate(x[:32], 4)
    assert (written == source[:32]).mean() > 0.9
    if attention:
        assert weights.shape == (32, 4, 4)
        np.testing.assert_allclose(weights.sum(2), 1, atol=1e-5)
    else:
        assert weights is None


def test_seq2seq_does_not_look_at_padding_and_stops_at_the_end():
    model = nn.Seq2Seq(6, 4, width=8, padding=0, end=3)
    model(ag.tensor([[1, 2, 0, 0], [1, 2, 3, 4]]), ag.tensor([[0, 1], [0, 1]]))
    assert (model.attention_weights.numpy()[0, :, 2:] == 0).all()
    with ag.no_grad():
        model.scores.bias.copy_(ag.tensor([0.0, 0.0, 0.0, 100.0]))
    written, _ = model.generate(ag.tensor([[1, 2, 3]]), 9)
    assert written.tolist() == [[3]]
    with pytest.raises(ValueError, match="width is 7; it must be even"):
        nn.Seq2Seq(3, 3, width=7)
    with pytest.raises(ValueError, match="length is 0; it must be at least 1"):
        model.generate(ag.tensor([[1]]), 0)


def test_recurrent_regressor_reads_images_by_rows():
    model = nn.models.RecurrentRegressor(6, 3, width=5)
    image = ag.randn(2, 1, 4, 6)
    np.testing.assert_array_equal(model(image).detach().numpy(), model(image[:, 0]).detach().numpy())
    with pytest.raises(ValueError, match="kind is one of rnn, gru, lstm, got 'elman'"):
        nn.models.RecurrentRegressor(1, 1, kind="elman")


def test_uniform_guesses_cost_the_logarithm_of_the_vocabulary():
    model = nn.RecurrentLM(7, width=4)
    with ag.no_grad():
        model.scores.weight.zero_()
        model.scores.bias.zero_()
    scores, _ = model(ag.randint(0, 7, (3, 5)))
    assert F.cross_entropy(scores.flatten(0, 1), ag.randint(0, 7, (15,))).item() == pytest.approx(math.log(7), rel=1e-5)
